import type { Duplex } from 'node:stream';
import { encodeAuthenticationCleartextPassword } from '../wire/backend/authentication.ts';
import { decodePassword } from '../wire/frontend/password.ts';
import { readHandshakeMessage } from './read-handshake-message.ts';

/** Longest password message: tokens of identity providers with many groups reach some 16 KiB. */
const MAX_PASSWORD_BYTES = 64 * 1024;

/**
 * Asks for a cleartext password and reads it. SCRAM and MD5 are never offered for a token: the client would hash it.
 * The caller makes sure that the connection is encrypted.
 */
export async function readPassword(stream: Duplex, signal: AbortSignal): Promise<string> {
  stream.write(encodeAuthenticationCleartextPassword());
  const how = { maxBytes: MAX_PASSWORD_BYTES, signal };
  return (await readHandshakeMessage(stream, decodePassword, how)).password;
}
