import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FakeUpstream, startFakeUpstream } from '../../../test/e2e/upstream/fake-upstream.ts';
import {
  authentication,
  checkAnswer,
  rawMessage,
  WELCOME,
} from '../../../test/e2e/upstream/server-messages.ts';
import { createCredentialSource } from '../../credentials/credential-source.ts';
import { UpstreamError } from './upstream/errors.ts';
import { encodeAuthenticationSasl } from './wire/backend/authentication.ts';

let upstream: FakeUpstream;
beforeAll(async () => {
  upstream = await startFakeUpstream();
});
afterAll(async () => await upstream[Symbol.asyncDispose]());

const HONEST = Buffer.concat([...WELCOME, ...checkAnswer()]);

/**
 * Connects to a server that sends these chunks at once and ends. Whatever they are, the outcome is a connection or an
 * UpstreamError with the socket closed; nothing else, and the password never in it.
 */
async function outcome(chunks: readonly Uint8Array[], password?: string): Promise<string> {
  upstream.behave = (socket) => {
    socket.resume();
    for (const chunk of chunks) socket.write(chunk);
    socket.end();
  };
  const credential =
    password === undefined
      ? createCredentialSource({ none: true })
      : createCredentialSource({ env: 'PW' }, { env: { PW: password } });
  const attempt = upstream.connect({}, { credential, minor: 2 });
  const result = await attempt.then(
    (connection) => {
      connection.socket.destroy();
      return 'connected';
    },
    (error: unknown) => {
      if (!(error instanceof UpstreamError)) throw new Error('not an UpstreamError', { cause: error });
      if (password !== undefined && error.message.includes(password))
        throw new Error('the password is in it');
      if (error.publicMessage === undefined) throw new Error('a client would be told nothing');
      return error.code;
    },
  );
  await upstream.allClosed();
  return result;
}

const cut = (bytes: Buffer, places: readonly number[]): Buffer[] => {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return at.slice(1).map((end, index) => bytes.subarray(at[index] ?? 0, end));
};

test('P10: random bytes never connect and never do worse than an UpstreamError', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }), async (chunks) => {
      expect(await outcome(chunks)).toMatch(/^ERR_UPSTREAM_/);
    }),
    { numRuns: 150 },
  );
});

test('P10: well-framed messages of random types and bodies never do worse than an UpstreamError', async () => {
  const type = fc.constantFrom(...'RKZSENvTDCAGHWdc13snt?'.split(''));
  const message = fc
    .tuple(type, fc.uint8Array({ maxLength: 60 }))
    .map(([letter, body]) => rawMessage(letter, body));
  const kind = fc.oneof(fc.constantFrom(0, 2, 3, 5, 7, 8, 9, 10, 11, 12), fc.integer({ min: -1, max: 20 }));
  const request = fc
    .tuple(kind, fc.uint8Array({ maxLength: 60 }))
    .map(([code, body]) => authentication(code, body));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(message, request), { maxLength: 12 }),
      fc.boolean(),
      async (messages, hasSecret) => {
        expect(await outcome(messages, hasSecret ? 'canary-3c5a' : undefined)).toBeTruthy();
      },
    ),
    { numRuns: 250 },
  );
});

test('P10: an honest conversation connects in whatever pieces it arrives', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: 10_000 }), { maxLength: 12 }), async (places) => {
      expect(await outcome(cut(HONEST, places))).toBe('connected');
    }),
    { numRuns: 60 },
  );
});

test('P10: an honest conversation with one byte changed connects or is an UpstreamError', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: HONEST.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      async (at, change) => {
        const bytes = Buffer.from(HONEST);
        bytes[at] = (bytes[at] ?? 0) ^ change;
        expect(await outcome([bytes])).toBeTruthy();
      },
    ),
    { numRuns: 250 },
  );
});

test('P10: a scram exchange of random texts never authenticates', async () => {
  const text = fc.oneof(
    fc.string({ maxLength: 80 }),
    fc
      .tuple(fc.string({ maxLength: 30 }), fc.base64String({ maxLength: 40 }), fc.integer())
      .map(([nonce, salt, count]) => `r=${nonce},s=${salt},i=${count}`),
    fc.base64String({ maxLength: 60 }).map((signature) => `v=${signature}`),
  );
  await fc.assert(
    fc.asyncProperty(text, text, async (first, final) => {
      const offer = encodeAuthenticationSasl(['SCRAM-SHA-256']);
      const messages = [offer, authentication(11, first), authentication(12, final), ...WELCOME];
      expect(await outcome([...messages, ...checkAnswer()], 'canary-9d21')).toBe('ERR_UPSTREAM_PROTOCOL');
    }),
    { numRuns: 100 },
  );
});
