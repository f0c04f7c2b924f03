import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto';
import { UpstreamError } from './errors.ts';
import { saslprep } from './saslprep.ts';

/** What a SCRAM exchange needs. */
export interface ScramOptions {
  /**
   * Channel binding: the data for `tls-server-end-point`, or why there is none. `unoffered` says that this side could
   * but the server did not offer, by which a server notices a downgrade (RFC 5802 section 6).
   */
  readonly binding:
    | { readonly kind: 'endpoint'; readonly data: Buffer }
    | { readonly kind: 'unoffered' }
    | { readonly kind: 'none' };
  /** At least 18 random bytes in base64, which has no comma. */
  readonly nonce: string;
  readonly minIterations: number;
  readonly maxIterations: number;
  /** Name sent in the first message; PostgreSQL ignores it in favour of the startup packet, so it is empty. */
  readonly user?: string;
}

/** The client side of one SCRAM-SHA-256(-PLUS) exchange (RFC 5802, RFC 7677). Any deviation is an UpstreamError. */
export interface ScramExchange {
  readonly clientFirst: string;
  /** Answers the server's first message with the proof. Runs PBKDF2 off the main thread. */
  answer(serverFirst: string, password: string): Promise<string>;
  /** Checks that the server knows the password too. */
  verify(serverFinal: string): void;
}

/** Begins an exchange. Its two steps must be called in order, once each. */
export function createScramExchange(options: ScramOptions): ScramExchange {
  const header = gs2Header(options.binding);
  const clientFirstBare = `n=${escapeName(options.user ?? '')},r=${options.nonce}`;
  let state: 'first' | 'final' | 'over' = 'first';
  let expected: Buffer = Buffer.alloc(0);

  return {
    clientFirst: header + clientFirstBare,
    async answer(serverFirst, password) {
      if (state !== 'first') throw broken('server-first message out of order');
      state = 'over';
      const first = parseServerFirst(serverFirst, options);
      const data = options.binding.kind === 'endpoint' ? options.binding.data : Buffer.alloc(0);
      const binding = Buffer.concat([Buffer.from(header), data]).toString('base64');
      const withoutProof = `c=${binding},r=${first.nonce}`;
      const signed = `${clientFirstBare},${serverFirst},${withoutProof}`;
      const salted = await saltPassword(saslprep(password), first);
      const clientKey = hmac(salted, 'Client Key');
      const clientSignature = hmac(createHash('sha256').update(clientKey).digest(), signed);
      expected = hmac(hmac(salted, 'Server Key'), signed);
      state = 'final';
      return `${withoutProof},p=${xor(clientKey, clientSignature).toString('base64')}`;
    },
    verify(serverFinal) {
      if (state !== 'final') throw broken('server-final message out of order');
      state = 'over';
      const signature = parseServerFinal(serverFinal);
      if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) {
        throw new UpstreamError(
          'ERR_UPSTREAM_AUTHENTICATION',
          'the server did not prove that it knows the password (wrong scram server signature)',
        );
      }
    },
  };
}

/** `Hi` of RFC 5802 section 2.2, on a thread of the pool. */
function saltPassword(password: string, first: ServerFirst): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    pbkdf2(password, first.salt, first.iterations, 32, 'sha256', (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

interface ServerFirst {
  readonly nonce: string;
  readonly salt: Buffer;
  readonly iterations: number;
}

const MAX_SALT_BYTES = 1024;
const MAX_NONCE_LENGTH = 1024;

/** `r=<client nonce><server nonce>,s=<salt>,i=<count>` (RFC 5802 section 7). Extensions are refused: none is known. */
function parseServerFirst(text: string, options: ScramOptions): ServerFirst {
  const match = /^r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/=]+),i=([1-9][0-9]{0,9})$/.exec(text);
  const [, nonce = '', salt64 = '', count = ''] = match ?? [];
  if (match === null) throw broken('malformed server-first message');
  if (nonce.length > MAX_NONCE_LENGTH) throw broken('a server nonce too long');
  if (!nonce.startsWith(options.nonce)) throw broken('a nonce that does not begin with ours');
  if (nonce.length === options.nonce.length) throw broken('no nonce of its own');
  const salt = decodeBase64(salt64);
  if (salt === undefined || salt.length === 0 || salt.length > MAX_SALT_BYTES) throw broken('a bad salt');
  const iterations = Number(count);
  if (iterations < options.minIterations || iterations > options.maxIterations) {
    throw broken(
      `${iterations} scram iterations, allowed are ${options.minIterations} to ${options.maxIterations} ` +
        '(minScramIterations, maxScramIterations)',
    );
  }
  return { nonce, salt, iterations };
}

/** `v=<signature>`, or `e=<error>` whose text is not repeated. */
function parseServerFinal(text: string): Buffer {
  const match = /^v=([A-Za-z0-9+/=]+)$/.exec(text);
  const signature = match?.[1] === undefined ? undefined : decodeBase64(match[1]);
  if (signature !== undefined) return signature;
  if (text.startsWith('e=')) {
    throw new UpstreamError('ERR_UPSTREAM_AUTHENTICATION', 'the server refused the scram proof');
  }
  throw broken('malformed server-final message');
}

function gs2Header(binding: ScramOptions['binding']): string {
  if (binding.kind === 'endpoint') return 'p=tls-server-end-point,,';
  return binding.kind === 'unoffered' ? 'y,,' : 'n,,';
}

/** RFC 5802 section 5.1: `=` and `,` in a name. */
function escapeName(name: string): string {
  return name.replaceAll('=', '=3D').replaceAll(',', '=2C');
}

/** Strict base64: what does not encode back to itself is refused. */
function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function xor(left: Buffer, right: Buffer): Buffer {
  return Buffer.from(left.map((byte, index) => byte ^ (right[index] ?? 0)));
}

function broken(what: string): UpstreamError {
  return new UpstreamError('ERR_UPSTREAM_PROTOCOL', `the server sent ${what} in the scram exchange`);
}
