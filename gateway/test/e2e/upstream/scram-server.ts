import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';

/** Ways in which a server can be wrong; each absent by default. */
export interface ScramFaults {
  readonly iterations?: string;
  readonly nonce?: (clientNonce: string) => string;
  readonly salt?: string;
  readonly serverFinal?: (honest: string) => string;
}

/** The server side of SCRAM-SHA-256 for one exchange, honest but for `faults` (RFC 5802 section 3). */
export interface ScramServer {
  first(clientFirst: string): string;
  /** Throws if the client's proof is wrong. */
  final(clientFinal: string): string;
}

const SALT = Buffer.from('fixed salt of 16');

/** Makes a server that knows the password. */
export function createScramServer(password: string, faults: ScramFaults = {}): ScramServer {
  const iterations = faults.iterations ?? '4096';
  let clientFirstBare = '';
  let serverFirst = '';
  return {
    first(clientFirst) {
      clientFirstBare = clientFirst.split(',').slice(2).join(',');
      const clientNonce = /r=([^,]+)/.exec(clientFirstBare)?.[1] ?? '';
      const nonce = faults.nonce?.(clientNonce) ?? `${clientNonce}server`;
      serverFirst = `r=${nonce},s=${faults.salt ?? SALT.toString('base64')},i=${iterations}`;
      return serverFirst;
    },
    final(clientFinal) {
      const salted = pbkdf2Sync(password, SALT, Number(iterations), 32, 'sha256');
      const [withoutProof = '', proof = ''] = clientFinal.split(',p=');
      const signed = `${clientFirstBare},${serverFirst},${withoutProof}`;
      const clientKey = hmac(salted, 'Client Key');
      const signature = hmac(createHash('sha256').update(clientKey).digest(), signed);
      const expected = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0)));
      if (expected.toString('base64') !== proof) throw new Error('the client sent a wrong proof');
      const honest = `v=${hmac(hmac(salted, 'Server Key'), signed).toString('base64')}`;
      return faults.serverFinal?.(honest) ?? honest;
    },
  };
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
