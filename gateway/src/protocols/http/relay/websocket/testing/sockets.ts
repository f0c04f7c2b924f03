/** WebSockets as the tests of the relay open them. */
import { type SocketBench, type SocketBenchOptions, startSocketBench } from './socket-bench.ts';

export const CHAT = `
  - { id: chat, effect: allow, on: http, match: { paths: [/live], websocket: [open, text] } }
  - { id: no-deletes, effect: deny, on: http, match: { websocket: [text, binary] }, when: "http.body.action == 'delete'", message: Archive it instead. }
`;
export const ANYTHING = `
  - { id: any, effect: allow, on: http, match: { websocket: [open, text, binary, long] } }
`;

export const open = (rules: string, more: Partial<SocketBenchOptions> = {}): Promise<SocketBench> =>
  startSocketBench({ rules, ...more });

/** Ends it from the client's side, so that the test waits for nothing else. */
export async function bye({
  client,
  service,
  outcome,
}: SocketBench): ReturnType<SocketBench['outcome']['then']> {
  client.close(1000);
  await service.until((side) => side.closed !== undefined);
  service.close(1000);
  return outcome;
}
