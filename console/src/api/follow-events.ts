/** Follows what happens at the gateway, by server-sent events, and begins anew whenever the stream ends. */
import { open } from './ask.ts';
import { readLines } from './read-lines.ts';

/** How the stream is. */
export type FollowState = 'connecting' | 'live' | 'away';

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 15_000;

/** Calls `onEvent` for each event until the signal. Events have no text here: whoever hears one asks anew. */
export async function followEvents(options: {
  /** Of the API, such as `/v1/approvals/events`. */
  readonly path: string;
  readonly signal: AbortSignal;
  readonly onEvent: () => void;
  readonly onState: (state: FollowState) => void;
}): Promise<void> {
  const { path, signal, onEvent, onState } = options;
  let retryMs = FIRST_RETRY_MS;
  let lastId: string | undefined;
  while (!signal.aborted) {
    try {
      const headers = {
        accept: 'text/event-stream',
        ...(lastId === undefined ? {} : { 'last-event-id': lastId }),
      };
      const response = await open(path, { signal, headers });
      onState('live');
      retryMs = FIRST_RETRY_MS;
      for await (const line of readLines(response)) {
        if (line.startsWith('id: ')) lastId = line.slice(4);
        if (line.startsWith('event: ')) onEvent();
      }
    } catch {
      // Told by the state; the next try says more.
    }
    if (signal.aborted) return;
    onState('away');
    await new Promise((resolve) => setTimeout(resolve, retryMs));
    retryMs = Math.min(LAST_RETRY_MS, retryMs * 2);
  }
}
