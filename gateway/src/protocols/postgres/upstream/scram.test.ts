import { createHmac, pbkdf2Sync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { UpstreamError } from './errors.ts';
import { createScramExchange, type ScramOptions } from './scram.ts';

const CLIENT_NONCE = 'rOprNGfwEbeRWgbNEkqO';
const SERVER_NONCE = `${CLIENT_NONCE}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0`;
const SALT = 'W22ZaJ0SNY7soEsUEjb6gQ==';
const SERVER_FIRST = `r=${SERVER_NONCE},s=${SALT},i=4096`;
const PROOF = 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=';
const SIGNATURE = '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=';

const vector: ScramOptions = {
  binding: { kind: 'none' },
  nonce: CLIENT_NONCE,
  minIterations: 4096,
  maxIterations: 100_000,
  user: 'user',
};

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return error instanceof UpstreamError ? error.code : String(error);
  }
}

test('the exchange of RFC 7677 section 3 is reproduced byte for byte', async () => {
  const scram = createScramExchange(vector);
  expect(scram.clientFirst).toBe(`n,,n=user,r=${CLIENT_NONCE}`);
  expect(await scram.answer(SERVER_FIRST, 'pencil')).toBe(`c=biws,r=${SERVER_NONCE},p=${PROOF}`);
  expect(() => scram.verify(`v=${SIGNATURE}`)).not.toThrow();
});

test('the channel binding data is bound into the proof and announced in the header', async () => {
  const scram = createScramExchange({
    ...vector,
    binding: { kind: 'endpoint', data: Buffer.from('certificate hash') },
  });
  expect(scram.clientFirst).toMatch(/^p=tls-server-end-point,,n=user,/);
  const answer = await scram.answer(SERVER_FIRST, 'pencil');
  const bound = Buffer.from('p=tls-server-end-point,,certificate hash').toString('base64');
  expect(answer).toContain(`c=${bound},r=`);
  expect(answer).not.toContain(PROOF);
});

test('a client that could bind but was not offered to says so, so that the server sees a downgrade', async () => {
  const scram = createScramExchange({ ...vector, binding: { kind: 'unoffered' } });
  expect(scram.clientFirst).toMatch(/^y,,/);
  expect(await scram.answer(SERVER_FIRST, 'pencil')).toMatch(/^c=eSws,/);
});

test('a name with = and , cannot add attributes', () => {
  const scram = createScramExchange({ ...vector, user: 'a=b,r=c' });
  expect(scram.clientFirst).toBe(`n,,n=a=3Db=2Cr=3Dc,r=${CLIENT_NONCE}`);
});

describe('the server-first message is refused', () => {
  test.each([
    ['with 2^31 iterations', `r=${SERVER_NONCE},s=${SALT},i=2147483648`],
    ['with one iteration over the cap', `r=${SERVER_NONCE},s=${SALT},i=100001`],
    ['with fewer iterations than RFC 7677 asks for', `r=${SERVER_NONCE},s=${SALT},i=4095`],
    ['with no iterations', `r=${SERVER_NONCE},s=${SALT},i=0`],
    ['with negative iterations', `r=${SERVER_NONCE},s=${SALT},i=-4096`],
    ['with iterations in exponent form', `r=${SERVER_NONCE},s=${SALT},i=4.096e3`],
    ['with iterations in hexadecimal', `r=${SERVER_NONCE},s=${SALT},i=0x1000`],
    ['with a nonce that is not ours', `r=x${SERVER_NONCE},s=${SALT},i=4096`],
    ['with our nonce alone', `r=${CLIENT_NONCE},s=${SALT},i=4096`],
    ['with our nonce in other case', `r=${SERVER_NONCE.toLowerCase()},s=${SALT},i=4096`],
    ['with a nonce without end', `r=${CLIENT_NONCE}${'x'.repeat(2000)},s=${SALT},i=4096`],
    ['without salt', `r=${SERVER_NONCE},s=,i=4096`],
    ['with a salt that is not base64', `r=${SERVER_NONCE},s=W22,i=4096`],
    ['with a salt without end', `r=${SERVER_NONCE},s=${'AAAA'.repeat(1000)},i=4096`],
    ['with an unknown mandatory extension', `m=x,r=${SERVER_NONCE},s=${SALT},i=4096`],
    ['with attributes after the known ones', `${SERVER_FIRST},x=y`],
    ['with attributes in another order', `s=${SALT},r=${SERVER_NONCE},i=4096`],
    ['with an error', 'e=other-error'],
    ['with nothing', ''],
    ['with a trailing newline', `${SERVER_FIRST}\n`],
  ])('P10: %s', async (_, message) => {
    const error = await createScramExchange(vector)
      .answer(message, 'pencil')
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'UpstreamError', code: 'ERR_UPSTREAM_PROTOCOL' });
    expect(String(error)).not.toContain('pencil');
  });
});

describe('the server-final message is refused', () => {
  test.each([
    ['with a wrong signature', `v=${SIGNATURE.replace('6', '7')}`, 'ERR_UPSTREAM_AUTHENTICATION'],
    ['with a cut signature', 'v=6rriTRBi23WpRR/wtup+mMhUZUn/', 'ERR_UPSTREAM_AUTHENTICATION'],
    ['with no signature', 'v=', 'ERR_UPSTREAM_PROTOCOL'],
    ['with an error', 'e=invalid-proof', 'ERR_UPSTREAM_AUTHENTICATION'],
    ['with nothing', '', 'ERR_UPSTREAM_PROTOCOL'],
    ['with more than a signature', `v=${SIGNATURE},x=y`, 'ERR_UPSTREAM_PROTOCOL'],
  ])('%s', async (_, message, code) => {
    const scram = createScramExchange(vector);
    await scram.answer(SERVER_FIRST, 'pencil');
    expect(codeOf(() => scram.verify(message))).toBe(code);
    expect(codeOf(() => scram.verify(`v=${SIGNATURE}`))).toBe('ERR_UPSTREAM_PROTOCOL');
  });
});

test('steps out of order are refused, so that no signature passes before a proof was made', async () => {
  const scram = createScramExchange(vector);
  expect(codeOf(() => scram.verify(`v=${SIGNATURE}`))).toBe('ERR_UPSTREAM_PROTOCOL');
  expect(codeOf(() => scram.verify('v='))).toBe('ERR_UPSTREAM_PROTOCOL');
  await scram.answer(SERVER_FIRST, 'pencil');
  await expect(scram.answer(SERVER_FIRST, 'pencil')).rejects.toMatchObject({ code: 'ERR_UPSTREAM_PROTOCOL' });
});

test('a password outside ASCII is prepared with SASLprep before it is hashed', async () => {
  const scram = createScramExchange(vector);
  const answer = await scram.answer(SERVER_FIRST, 'I\u00adX \u2168');
  const salted = pbkdf2Sync('IX IX', Buffer.from(SALT, 'base64'), 4096, 32, 'sha256');
  const serverKey = createHmac('sha256', salted).update('Server Key').digest();
  const signed = `n=user,r=${CLIENT_NONCE},${SERVER_FIRST},${answer.split(',p=')[0]}`;
  const signature = createHmac('sha256', serverKey).update(signed).digest('base64');
  expect(() => scram.verify(`v=${signature}`)).not.toThrow();
});
