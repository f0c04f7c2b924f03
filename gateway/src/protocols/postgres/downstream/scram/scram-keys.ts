/** What a SCRAM server keeps instead of a password (RFC 5802 section 3), in PostgreSQL's own notation. */
import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto';

/** Checks proofs; the password cannot be found from it. */
export interface ScramKeys {
  readonly iterations: number;
  readonly salt: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

/**
 * RFC 7677 section 4 asks for 4096 at least. More would only slow down clients: what is hashed here is no word that
 * somebody chose but 180 random bits, which no number of guesses finds.
 */
export const SCRAM_ITERATIONS = 4096;
const KEY_BYTES = 32;
const FORM =
  /^SCRAM-SHA-256\$([1-9][0-9]{3,6}):([A-Za-z0-9+/]+={0,2})\$([A-Za-z0-9+/]{43}=):([A-Za-z0-9+/]{43}=)$/;

/**
 * The verifier of a password as text, as `rolpassword` of PostgreSQL has it (pg_authid in its documentation). PBKDF2 runs on a
 * thread of the pool.
 * @param password ASCII, so that SASLprep changes nothing
 */
export async function makeScramVerifier(
  password: string,
  salt: Buffer,
  iterations: number = SCRAM_ITERATIONS,
): Promise<string> {
  const salted = await saltPassword(password, salt, iterations);
  const stored = sha256(hmac(salted, 'Client Key')).toString('base64');
  const server = hmac(salted, 'Server Key').toString('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${server}`;
}

/** `Hi` of RFC 5802 section 2.2. */
function saltPassword(password: string, salt: Buffer, iterations: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    pbkdf2(password, salt, iterations, KEY_BYTES, 'sha256', (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

/** Reads {@link makeScramVerifier}'s text; undefined for any other. */
export function parseScramVerifier(text: string): ScramKeys | undefined {
  const [, iterations, salt, storedKey, serverKey] = FORM.exec(text) ?? [];
  if (iterations === undefined || salt === undefined || storedKey === undefined || serverKey === undefined)
    return undefined;
  return {
    iterations: Number(iterations),
    salt: Buffer.from(salt, 'base64'),
    storedKey: Buffer.from(storedKey, 'base64'),
    serverKey: Buffer.from(serverKey, 'base64'),
  };
}

/** Keys that no password has, for the exchange with somebody who is not known. */
export function mockScramKeys(salt: Buffer): ScramKeys {
  return {
    iterations: SCRAM_ITERATIONS,
    salt,
    storedKey: randomBytes(KEY_BYTES),
    serverKey: randomBytes(KEY_BYTES),
  };
}

/** HMAC-SHA-256 over the bytes of a message that was read as Latin-1. */
export function hmac(key: Buffer, message: string): Buffer {
  return createHmac('sha256', key).update(message, 'latin1').digest();
}

/** SHA-256. */
export function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
