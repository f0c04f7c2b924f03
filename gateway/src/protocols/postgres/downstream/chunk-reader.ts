import type { Duplex } from 'node:stream';
import { PostgresError } from '../errors.ts';

/**
 * The next bytes of a stream that nobody else reads; used during the handshake only, before the relay takes over.
 * @throws PostgresError when the stream ends first, or the signal's reason.
 */
export async function readChunk(stream: Duplex, signal: AbortSignal): Promise<Buffer> {
  for (;;) {
    signal.throwIfAborted();
    const chunk: unknown = stream.read();
    if (Buffer.isBuffer(chunk)) return chunk;
    if (stream.readableEnded || stream.destroyed) throw gone();
    await readableOrOver(stream, signal);
  }
}

function readableOrOver(stream: Duplex, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const settle = (): void => resolve();
  const abort = (): void => reject(signal.reason);
  const events = ['readable', 'end', 'close', 'error'] as const;
  for (const event of events) stream.on(event, settle);
  signal.addEventListener('abort', abort, { once: true });
  return promise.finally(() => {
    for (const event of events) stream.off(event, settle);
    signal.removeEventListener('abort', abort);
  });
}

function gone(): PostgresError {
  return new PostgresError('ERR_POSTGRES_HANDSHAKE', 'the client went away during the handshake', {
    source: 'downstream',
  });
}
