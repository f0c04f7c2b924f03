import type { ServerMessage, ServerPeer } from '../../../src/protocols/postgres/upstream/message-channel.ts';

/** A server in memory: each packet that the gateway sends is answered by the next step of the script. */
export interface ScriptedPeer extends ServerPeer {
  readonly sent: readonly Buffer[];
}

/** What the server sends after the packet; the packet is the argument. */
export type Step = (packet: Buffer) => readonly Buffer[];

/** Makes a peer that follows the script; reading past its end rejects. */
export function createScriptedPeer(steps: readonly Step[]): ScriptedPeer {
  const sent: Buffer[] = [];
  const queue: Buffer[] = [];
  return {
    sent,
    send(bytes) {
      const packet = Buffer.from(bytes);
      queue.push(...(steps[sent.length]?.(packet) ?? []));
      sent.push(packet);
    },
    async receive(): Promise<ServerMessage> {
      const bytes = queue.shift();
      if (bytes === undefined) throw new Error('the script is over');
      return { type: bytes[0] ?? 0, bytes, start: 0, end: bytes.length };
    },
  };
}
