/** Bytes both ways between two streams, counted and not looked at. Whoever does not read holds up whoever writes. */
import type { Duplex } from 'node:stream';
import { type ChunkSource, whenWritable } from '../chunk-source.ts';
import { HttpError } from '../errors.ts';

/** One side. */
export interface RelaySide {
  readonly stream: Duplex;
  readonly source: ChunkSource;
}

/** How much went each way. */
export interface Relayed {
  sent: number;
  received: number;
}

/** What bounds it. */
export interface RelayBounds {
  /** Longest silence of both sides, and of one that takes nothing, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** Called before bytes are handed to the client; throws where they are too many. */
  readonly take: (bytes: number) => void;
}

/**
 * Relays until both sides have ended. That one of them goes first is how tunnels end, and no error: what it does not take any
 * more ends the other. Counts into `relayed` as it goes, so that it is known of a relay that is cut, too. Rejects with
 * HttpError where a bound is passed; the streams are then the caller's to close.
 */
export async function relayBytes(
  client: RelaySide,
  service: RelaySide,
  { bounds, relayed }: { readonly bounds: RelayBounds; readonly relayed: Relayed },
): Promise<void> {
  const { idleTimeoutMs } = bounds;
  let lastMs = performance.now();
  const pump = async (from: RelaySide, to: Duplex, count: (bytes: number) => void): Promise<void> => {
    for (;;) {
      const chunk = await from.source.next(idleTimeoutMs);
      if (chunk === 'end') {
        if (!to.writableEnded) to.end();
        return;
      }
      if (chunk === 'timeout') {
        if (performance.now() - lastMs < idleTimeoutMs) continue;
        throw stalled();
      }
      lastMs = performance.now();
      count(chunk.length);
      const isTaken = !to.destroyed && !to.writableEnded;
      if (isTaken) to.write(chunk);
      if (isTaken && (await whenWritable(to, idleTimeoutMs))) continue;
      if (isTaken && !to.destroyed) throw stalled();
      from.stream.destroy();
      return;
    }
  };
  await Promise.all([
    pump(client, service.stream, (bytes) => {
      relayed.sent += bytes;
    }),
    pump(service, client.stream, (bytes) => {
      bounds.take(bytes);
      relayed.received += bytes;
    }),
  ]);
}

function stalled(): HttpError {
  return new HttpError('ERR_HTTP_CLIENT_TIMEOUT', 408, 'nothing moved in the tunnel for too long');
}
