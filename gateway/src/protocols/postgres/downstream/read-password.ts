import type { Duplex } from 'node:stream';
import { PostgresError } from '../errors.ts';
import { encodeAuthenticationCleartextPassword } from '../wire/backend/authentication.ts';
import { FrameSplitter } from '../wire/frame-splitter.ts';
import { FrontendType } from '../wire/frontend/frontend-type.ts';
import { decodePassword } from '../wire/frontend/password.ts';
import { readChunk } from './chunk-reader.ts';

/** Longest password message: tokens of identity providers with many groups reach some 16 KiB. */
const MAX_PASSWORD_BYTES = 64 * 1024;

/**
 * Asks for a cleartext password and reads it. SCRAM and MD5 are never offered for a token: the client would hash it.
 * The caller makes sure that the connection is encrypted.
 */
export async function readPassword(stream: Duplex, signal: AbortSignal): Promise<string> {
  stream.write(encodeAuthenticationCleartextPassword());
  const splitter = new FrameSplitter({ maxFrameBytes: MAX_PASSWORD_BYTES });
  for (;;) {
    splitter.push(await readChunk(stream, signal));
    const frame = splitter.next();
    if (frame === undefined) continue;
    if (frame.type !== FrontendType.Password) throw refuse('a password message was expected');
    const { password } = decodePassword(frame.bytes, frame.start, frame.end);
    // What follows the password was not sent by a client that waits for its answer; part of it would be lost here.
    if (splitter.next() !== undefined || splitter.retainedBytes > 0) {
      throw refuse('a message was sent before authentication was over');
    }
    return password;
  }
}

function refuse(message: string): PostgresError {
  return new PostgresError('ERR_POSTGRES_HANDSHAKE', message, {
    source: 'downstream',
    publicMessage: message,
  });
}
