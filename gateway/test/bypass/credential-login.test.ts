/** Session credentials in the hands of whoever should not have them, or wants more of them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IssuedCredential } from '../../src/api/contract/credential.ts';
import {
  encodeSaslInitialResponse,
  encodeSaslResponse,
} from '../../src/protocols/postgres/wire/frontend/password.ts';
import { askApi } from '../e2e/api/api-client.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { RawClient, rawLogin } from '../support/raw-client.ts';
import { type ScramLogin, type ScramOutcome, scramLogin } from '../support/scram-client.ts';
import { mintCredential, revokeCredential } from '../support/session-credentials.ts';

const UNKNOWN = 'cred_zzzzzzzzzzzzzzzz';
const PLUS = 'SCRAM-SHA-256-PLUS';
const PLAIN = 'SCRAM-SHA-256';

let gateway: TestGateway;
let good: IssuedCredential;

beforeAll(async () => {
  gateway = await startTestGateway({
    api: {},
    policy: `apiVersion: sallyport.dev/v1
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents], accounts: [app] } }
  - { id: all, effect: allow, on: sql, match: { groups: [agents] } }
`,
    listener: { allowLoopbackPlaintext: true },
  });
  good = await mintCredential(gateway);
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
});

function attempt(
  more: Partial<ScramLogin> = {},
  of: Pick<IssuedCredential, 'user' | 'secret'> = good,
): Promise<ScramOutcome> {
  const { host, port, caFile } = gateway;
  return scramLogin({ host, port, caFile, user: of.user, secret: of.secret, ...more });
}

describe('who has no secret', () => {
  it('P11: cannot tell a credential that exists from one that does not, was revoked, or is over', async () => {
    const revoked = await mintCredential(gateway);
    await revokeCredential(gateway, revoked.id);
    const spent = await mintCredential(gateway, { uses: 1 });
    expect((await attempt({}, spent)).isIn).toBe(true);
    const wrong = { secret: 'slp_000000000000000000000000000000000000' };
    const outcomes = await Promise.all([
      attempt(wrong),
      attempt({ ...wrong, user: `app+${UNKNOWN}` }),
      attempt(wrong, revoked),
      attempt(wrong, spent),
      attempt({ ...wrong, database: 'elsewhere' }),
      attempt({ ...wrong, user: `nobody+${good.id}` }),
      // With their secrets, which prove nothing any more.
      attempt({}, revoked),
      attempt({}, spent),
    ]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        isIn: false,
        isServerProved: false,
        offered: [PLUS, PLAIN],
        steps: ['sasl', 'saslContinue', 'error'],
        error: outcomes[0]?.error,
      });
    }
    expect(outcomes[0]?.error).toMatchObject({ severity: 'FATAL', code: '28P01' });
    const form = (text = ''): string => text.replace(/s=[^,]*/, (salt) => `${salt.length}`);
    expect(new Set(outcomes.map(({ challenge }) => form(challenge))).size).toBe(1);
    // Asked twice, the salt of nobody is the same, as that of somebody is.
    const again = await attempt({ ...wrong, user: `app+${UNKNOWN}` });
    expect(again.challenge).toBe(outcomes[1]?.challenge);
  });

  it('P10: is refused unheard after ten wrong secrets, and locks nobody else out', async () => {
    const target = await mintCredential(gateway);
    const wrong = { secret: 'wrong' };
    for (let count = 0; count < 10; count += 1)
      expect((await attempt(wrong, target)).steps).toContain('sasl');
    expect(await attempt(wrong, target)).toMatchObject({ steps: ['error'], error: { code: '28P01' } });
    for (let count = 0; count < 10; count += 1) await attempt({ ...wrong, user: `app+${UNKNOWN}` });
    expect(await attempt({ ...wrong, user: `app+${UNKNOWN}` })).toMatchObject({ steps: ['error'] });
    expect((await attempt()).isIn).toBe(true);
  });

  it('P11: gets nothing by sending the secret, a token or a hash where SCRAM is asked for', async () => {
    const { host, port, caFile } = gateway;
    for (const password of [good.secret, await gateway.issuer.token(), `SCRAM-SHA-256$4096:x$y:z`]) {
      await using client = await RawClient.connect({ host, port, caFile, user: good.user, token: password });
      expect(client.greeting.closed).toBe(true);
      expect(client.greeting.errors[0]?.severity).toBe('FATAL');
    }
  });
});

describe('a credential elsewhere', () => {
  it('P11: opens no other resource and no other account, and is worth no more at the API', async () => {
    expect((await attempt({ database: 'payroll' })).error).toMatchObject({
      code: '28P01',
      message: expect.stringContaining('another resource'),
    });
    expect((await attempt({ user: `admin+${good.id}` })).error?.message).toContain('another account');
    expect((await attempt({ user: `+${good.id}` })).isIn).toBe(false);
    for (const token of [good.secret, good.id]) {
      expect((await askApi(gateway, '/v1/whoami', { token })).status).toBe(401);
    }
    const basic = Buffer.from(`${good.user}:${good.secret}`).toString('base64');
    const headers = { authorization: `Basic ${basic}` };
    expect((await askApi(gateway, '/v1/whoami', { headers })).status).toBe(401);
  });

  it('P11: its secret as a cleartext password opens nothing, and is told where it belongs', async () => {
    await using client = await RawClient.connect(await rawLogin(gateway, { token: good.secret }));
    expect(client.greeting.errors[0]).toMatchObject({ code: '28000' });
    expect(client.greeting.errors[0]?.message).toContain('ACCOUNT+CREDENTIAL-ID');
  });

  it('P6: its secret in a startup parameter is refused, and not recorded', async () => {
    const { host, port, caFile } = gateway;
    for (const place of [{ user: `app+${good.secret}` }, { database: good.secret }]) {
      await using client = await RawClient.connect({ host, port, caFile, ...place });
      expect(client.greeting.errors[0]?.message).toContain('it belongs in the password');
    }
    const failed = await gateway.recordsUntil((records) =>
      records.some((one) => String(one['code']) === 'ERR_POSTGRES_MISPLACED_TOKEN'),
    );
    expect(JSON.stringify(failed)).not.toContain(good.secret);
    expect(gateway.logLines.join('')).not.toContain(good.secret);
  });

  it('P11: a plus in a user name is no credential unless an id follows it, to the end', async () => {
    for (const user of [
      'app+x',
      'app+',
      '+',
      `app+${good.id}x`,
      `app+${good.id.toUpperCase()}`,
      `app ${good.id}`,
    ]) {
      expect((await attempt({ user })).steps, user).toEqual(['cleartextPassword']);
    }
    expect((await attempt({ user: `app+${UNKNOWN}+${good.id}` })).error?.message).toContain(
      'another account',
    );
  });
});

describe('the exchange', () => {
  it('P11: is bound to the channel: an offer that was taken away, or another certificate, ends it', async () => {
    expect((await attempt()).isIn).toBe(true);
    expect((await attempt({ mechanism: PLAIN })).isIn).toBe(true);
    const downgraded = await attempt({ mechanism: PLAIN, binding: { kind: 'unoffered' } });
    expect(downgraded.error).toMatchObject({
      code: '28000',
      message: expect.stringContaining('channel binding'),
    });
    const between = await attempt({ binding: { kind: 'endpoint', data: Buffer.alloc(32, 1) } });
    expect(between.error).toMatchObject({
      code: '28000',
      message: expect.stringContaining('channel binding'),
    });
    expect((await attempt({ mechanism: PLUS, binding: { kind: 'none' } })).isIn).toBe(false);
    expect(
      (await attempt({ mechanism: PLAIN, binding: { kind: 'endpoint', data: Buffer.alloc(32) } })).isIn,
    ).toBe(false);
  });

  it('P11: without TLS offers no binding, and takes none', async () => {
    const plain = { caFile: undefined };
    expect(await attempt({ ...plain, binding: { kind: 'unoffered' } })).toMatchObject({
      offered: [PLAIN],
      isIn: true,
    });
    expect((await attempt({ ...plain, mechanism: PLUS })).isIn).toBe(false);
  });

  it('P11: does not go on with a proof of another exchange', async () => {
    let recorded = '';
    const once = await attempt({
      mechanism: PLAIN,
      final: (message) => {
        recorded = message;
        return message;
      },
    });
    expect(once.isIn).toBe(true);
    expect(await attempt({ mechanism: PLAIN, final: () => recorded })).toMatchObject({
      isIn: false,
      isServerProved: false,
    });
  });

  it('P10: of cut, oversized, repeated or foreign messages ends in an error', async () => {
    const nul = Buffer.from('n,,n=\0,r=abc');
    const cases: Readonly<Record<string, Partial<ScramLogin>>> = {
      'an unknown mechanism': { mechanism: 'GS2-KRB5' },
      'an empty mechanism': { mechanism: '' },
      'no first message': { first: () => '' },
      'half a first message': { first: (text) => text.slice(0, 5) },
      'half a last message': { final: (text) => text.slice(0, -10) },
      'an empty last message': { final: () => '' },
      'a NUL': { first: () => nul },
      'a long nonce': { first: () => `n,,n=,r=${'x'.repeat(3_000)}` },
      'another nonce': { final: (text) => text.replace('clientnonce', 'clientn0nce') },
      'two messages at once': {
        raw: Buffer.concat([encodeSaslInitialResponse(PLAIN, 'n,,n=,r=abc'), encodeSaslResponse('x')]),
      },
      'five kilobytes': { raw: encodeSaslInitialResponse(PLAIN, 'x'.repeat(5_000)) },
      'a length that lies': { raw: Buffer.from([0x70, 0, 0, 0, 4]) },
      'no initial data': { raw: encodeSaslInitialResponse(PLAIN, undefined) },
      'a query': { raw: Buffer.from('Q\0\0\0\x0dSELECT 1\0', 'latin1') },
    };
    for (const [name, login] of Object.entries(cases)) {
      const outcome = await attempt({ mechanism: PLAIN, ...login });
      expect(outcome.isIn, name).toBe(false);
      expect(outcome.error?.severity, name).toBe('FATAL');
    }
    expect((await attempt()).isIn).toBe(true);
  });
});

describe('uses', () => {
  it('P12: two logins that race for the last one: one gets it', async () => {
    for (let round = 0; round < 5; round += 1) {
      const credential = await mintCredential(gateway, { uses: 2 });
      const outcomes = await Promise.all(Array.from({ length: 6 }, () => attempt({}, credential)));
      expect(outcomes.filter(({ isIn }) => isIn)).toHaveLength(2);
      expect(outcomes.filter(({ isServerProved }) => isServerProved)).toHaveLength(2);
    }
  });
});

describe('who may mint', () => {
  it('P1: nobody for an account that the policy does not let them use', async () => {
    const token = await gateway.issuer.token({ groups: ['others'] });
    const denied = await askApi(gateway, '/v1/credentials', { token, body: { resource: 'shop' } });
    expect(denied.status).toBe(403);
    expect(denied.text).toContain('POLICY_DENIED');
  });

  it('P11: no credential mints another one', async () => {
    const answer = await askApi(gateway, '/v1/credentials', {
      token: good.secret,
      body: { resource: 'shop' },
    });
    expect(answer.status).toBe(401);
  });
});
