import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createScramExchange } from '../../upstream/scram.ts';
import { makeScramVerifier, mockScramKeys, parseScramVerifier, type ScramKeys } from './scram-keys.ts';
import { createScramServer, type ScramMechanism } from './scram-server.ts';

const SALT = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
const CERTIFICATE = Buffer.alloc(32, 7);

async function keysOf(password: string, iterations?: number): Promise<ScramKeys> {
  const keys = parseScramVerifier(await makeScramVerifier(password, SALT, iterations));
  if (keys === undefined) throw new Error('the verifier cannot be read');
  return keys;
}

interface Setting {
  readonly keys: ScramKeys;
  readonly mechanism?: ScramMechanism;
  readonly offered?: boolean;
}

const server = ({ keys, mechanism = 'SCRAM-SHA-256', offered = false }: Setting) =>
  createScramServer({
    keys,
    mechanism,
    binding: offered ? CERTIFICATE : undefined,
    nonce: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
  });

describe('SCRAM-SHA-256, the server side', () => {
  it('is that of the example in RFC 7677 section 3', async () => {
    const scram = server({ keys: await keysOf('pencil', 4096) });
    expect(scram.first('n,,n=user,r=rOprNGfwEbeRWgbNEkqO')).toEqual({
      ok: true,
      answer: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    });
    const final =
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=';
    expect(scram.final(final)).toEqual({
      ok: true,
      answer: { isProved: true, serverFinal: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=' },
    });
    expect(scram.final(final), 'a step that is taken twice').toEqual({ ok: false, fault: 'malformed' });
  });

  it('agrees with a client on any password, bound to the channel or not, and on no other', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.constantFrom(...'abcxyz0189_,= '), minLength: 1 }),
        fc.boolean(),
        fc.boolean(),
        async (password, isBound, isRight) => {
          const keys = await keysOf(password);
          const scram = server({
            keys,
            mechanism: isBound ? 'SCRAM-SHA-256-PLUS' : 'SCRAM-SHA-256',
            offered: isBound,
          });
          const client = createScramExchange({
            binding: isBound ? { kind: 'endpoint', data: CERTIFICATE } : { kind: 'none' },
            nonce: 'abc',
            minIterations: 4096,
            maxIterations: 4096,
          });
          const first = scram.first(client.clientFirst);
          if (!first.ok) throw new Error(first.fault);
          const final = scram.final(await client.answer(first.answer, isRight ? password : `${password}!`));
          if (!final.ok) throw new Error(final.fault);
          expect(final.answer.isProved).toBe(isRight);
          if (isRight) expect(() => client.verify(final.answer.serverFinal)).not.toThrow();
          else expect(() => client.verify(final.answer.serverFinal)).toThrow();
        },
      ),
      { numRuns: 25 },
    );
  });

  it('P11: mock keys are proved by nobody', async () => {
    const scram = server({ keys: mockScramKeys(SALT) });
    const client = createScramExchange({
      binding: { kind: 'none' },
      nonce: 'abc',
      minIterations: 4096,
      maxIterations: 4096,
    });
    const first = scram.first(client.clientFirst);
    if (!first.ok) throw new Error(first.fault);
    expect(scram.final(await client.answer(first.answer, 'x'))).toMatchObject({
      answer: { isProved: false },
    });
  });

  it.each([
    ['binding without offer', 'SCRAM-SHA-256', false, 'p=tls-server-end-point,,n=,r=abc', 'malformed'],
    [
      'binding in the plain mechanism',
      'SCRAM-SHA-256',
      true,
      'p=tls-server-end-point,,n=,r=abc',
      'malformed',
    ],
    ['another binding', 'SCRAM-SHA-256-PLUS', true, 'p=tls-unique,,n=,r=abc', 'malformed'],
    ['PLUS without binding', 'SCRAM-SHA-256-PLUS', true, 'n,,n=,r=abc', 'malformed'],
    ['PLUS with y', 'SCRAM-SHA-256-PLUS', true, 'y,,n=,r=abc', 'malformed'],
    ['an offer that somebody took away', 'SCRAM-SHA-256', true, 'y,,n=,r=abc', 'downgrade'],
    ['another identity', 'SCRAM-SHA-256', false, 'n,a=root,n=,r=abc', 'authzid'],
    ['a mandatory extension', 'SCRAM-SHA-256', false, 'n,,m=x,n=,r=abc', 'malformed'],
    ['no nonce', 'SCRAM-SHA-256', false, 'n,,n=,r=', 'malformed'],
    ['a comma in the nonce', 'SCRAM-SHA-256', false, 'n,,n=,r=a,b', 'malformed'],
    ['a huge nonce', 'SCRAM-SHA-256', false, `n,,n=,r=${'a'.repeat(10_000)}`, 'malformed'],
    ['nothing', 'SCRAM-SHA-256', false, '', 'malformed'],
    ['a NUL', 'SCRAM-SHA-256', false, 'n,,n=\0,r=abc', 'malformed'],
  ] as const)('P11: refuses a first message with %s', async (_name, mechanism, offered, text, fault) => {
    const scram = server({ keys: await keysOf('x'), mechanism, offered });
    expect(scram.first(text)).toEqual({ ok: false, fault });
  });

  it('takes "could bind, but you do not offer it" where it is true, and optional extensions', async () => {
    const keys = await keysOf('x');
    expect(server({ keys }).first('y,,n=,r=abc')).toMatchObject({ ok: true });
    expect(server({ keys }).first('n,,n=someone=2C,r=abc,x=1')).toMatchObject({ ok: true });
  });

  it('P11: refuses a final message of another exchange, channel or form', async () => {
    const keys = await keysOf('x');
    const whole = 'abc%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
    const proof = Buffer.alloc(32).toString('base64');
    const finals = {
      malformed: [
        `c=biws,r=abc,p=${proof}`,
        `c=biws,r=${whole},p=`,
        `c=biws,r=${whole},p=${Buffer.alloc(31).toString('base64')}`,
        `r=${whole},c=biws,p=${proof}`,
        `c=biws,r=${whole},p=${proof},x=1`,
        `c=biws,r=${whole}`,
        '',
      ],
      channel: [
        `c=eSws,r=${whole},p=${proof}`,
        `c=${Buffer.concat([Buffer.from('n,,'), CERTIFICATE]).toString('base64')},r=${whole},p=${proof}`,
        `c=biwA,r=${whole},p=${proof}`,
      ],
    };
    for (const [fault, texts] of Object.entries(finals)) {
      for (const text of texts) {
        const scram = server({ keys });
        scram.first('n,,n=,r=abc');
        expect(scram.final(text), text).toEqual({ ok: false, fault });
      }
    }
    expect(server({ keys }).final(`c=biws,r=${whole},p=${proof}`)).toEqual({ ok: false, fault: 'malformed' });
  });

  it('P11: refuses the certificate of somebody in between', async () => {
    const scram = server({ keys: await keysOf('x'), mechanism: 'SCRAM-SHA-256-PLUS', offered: true });
    const client = createScramExchange({
      binding: { kind: 'endpoint', data: Buffer.alloc(32, 8) },
      nonce: 'abc',
      minIterations: 4096,
      maxIterations: 4096,
    });
    const first = scram.first(client.clientFirst);
    if (!first.ok) throw new Error(first.fault);
    expect(scram.final(await client.answer(first.answer, 'x'))).toEqual({ ok: false, fault: 'channel' });
  });

  it('P10: any text is answered or refused', async () => {
    const keys = await keysOf('x');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (first, final) => {
        const scram = server({ keys });
        scram.first(`n,,n=${first}`);
        scram.first('n,,n=,r=abc');
        expect(scram.final(final).ok).toBe(false);
      }),
    );
  });
});

describe('the text of a verifier', () => {
  it('is the one PostgreSQL stores for RFC 7677', async () => {
    expect(await makeScramVerifier('pencil', SALT)).toBe(
      'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
    );
  });

  it.each(['', 'SCRAM-SHA-256$0:AA==$x:y', 'md5abc', 'SCRAM-SHA-256$4096:$a:b'])('%j is none', (text) => {
    expect(parseScramVerifier(text)).toBeUndefined();
  });
});
