import type { Duplex } from 'node:stream';
import { PostgresError } from '../errors.ts';
import { FrameSplitter } from '../wire/frame-splitter.ts';
import { FrontendType } from '../wire/frontend/frontend-type.ts';
import { readChunk } from './chunk-reader.ts';

/**
 * The one message of type `p` that a client sends in answer to an authentication request.
 * @param decode reads it; which of the messages of this type it is, the request before decides
 * @throws PostgresError or WireError when it sends anything else, or anything behind it
 */
export async function readHandshakeMessage<Message>(
  stream: Duplex,
  decode: (bytes: Buffer, start: number, end: number) => Message,
  how: { readonly maxBytes: number; readonly signal: AbortSignal },
): Promise<Message> {
  const splitter = new FrameSplitter({ maxFrameBytes: how.maxBytes });
  for (;;) {
    splitter.push(await readChunk(stream, how.signal));
    const frame = splitter.next();
    if (frame === undefined) continue;
    if (frame.type !== FrontendType.Password) throw handshakeError('a password message was expected');
    // At once: the splitter uses its frame again.
    const message = decode(frame.bytes, frame.start, frame.end);
    // What follows was not sent by a client that waits for its answer; part of it would be lost here.
    if (splitter.next() !== undefined || splitter.retainedBytes > 0) {
      throw handshakeError('a message was sent before authentication was over');
    }
    return message;
  }
}

/** The client broke the order of the handshake, or its form. */
export function handshakeError(message: string): PostgresError {
  return new PostgresError('ERR_POSTGRES_HANDSHAKE', message, {
    source: 'downstream',
    publicMessage: message,
  });
}
