/** Who gets in, and what the others are told. */
import { createServer } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestCertificate } from '../../support/certificates.ts';
import { type AuditRecord, startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { startTestIssuer } from '../../support/issuer.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: agents-connect, effect: allow, on: connect, match: { groups: [agents], accounts: [app] } }
  - { id: agents-read, effect: allow, on: sql, match: { groups: [agents], kinds: [SELECT] } }
`;

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({ policy: POLICY });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
});

/** Connects and returns the error a driver sees, or undefined. */
async function connectError(url: string): Promise<(Error & { code?: string }) | undefined> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.end();
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

const refusalsOf = (records: readonly AuditRecord[]): readonly AuditRecord[] =>
  records.filter((record) => record['type'] === 'authentication.failed');

const unsigned = (claims: object): string =>
  [{ alg: 'none', typ: 'at+jwt' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.') + '.';

describe('admission', () => {
  it('lets in a good token, on the account and resource that policy allows', async () => {
    expect(await connectError(await gateway.url())).toBeUndefined();
    expect(await connectError(await gateway.url({ database: 'shop/postgres' }))).toBeUndefined();
  });

  it('P11: a token that is expired, foreign, unsigned or not a token is refused, and never told back', async () => {
    await using other = await startTestIssuer();
    const now = Math.floor(Date.now() / 1000);
    const tokens: readonly (readonly [string, RegExp])[] = [
      [await gateway.issuer.token({ expiresIn: -600 }), /expired/],
      [await gateway.issuer.token({ audience: 'someone-else' }), /audience/],
      [await other.token(), /issuer/],
      [
        unsigned({
          iss: gateway.issuer.url,
          sub: 'agent-1',
          aud: 'sallyport-test',
          exp: now + 600,
          groups: ['agents'],
        }),
        /algorithm/,
      ],
      ['not-a-token', /token/],
    ];
    for (const [token, says] of tokens) {
      const error = await connectError(await gateway.url({ token }));
      expect(error).toMatchObject({ code: '28000', message: expect.stringMatching(says) });
      expect(error?.message).not.toContain(token.slice(0, 40));
    }
    const records = await gateway.recordsUntil((all) => refusalsOf(all).length >= tokens.length);
    const refusals = refusalsOf(records);
    for (const [token] of tokens) expect(JSON.stringify(refusals)).not.toContain(token);
  });

  it('default deny: a group without a rule, or another account, gets the policy’s own answer', async () => {
    const denied = { code: '42501', message: expect.stringMatching(/^POLICY_DENIED \[dec_/) };
    expect(await connectError(await gateway.url({ claims: { groups: ['strangers'] } }))).toMatchObject(
      denied,
    );
    expect(await connectError(await gateway.url({ user: 'postgres' }))).toMatchObject(denied);
  });

  it('tells of an unknown resource only after the token was verified', async () => {
    const unknown = await connectError(await gateway.url({ database: 'nowhere' }));
    expect(unknown).toMatchObject({ code: '3D000' });
    const stranger = await connectError(await gateway.url({ database: 'nowhere', token: 'not-a-token' }));
    expect(stranger).toMatchObject({ code: '28000' });
  });

  it('refuses a token outside TLS', async () => {
    const client = new pg.Client({ connectionString: (await gateway.url()).replace(/\?.*/, ''), ssl: false });
    client.on('error', () => undefined);
    await expect(client.connect()).rejects.toMatchObject({
      code: '28000',
      message: expect.stringMatching(/TLS is required/),
    });
  });

  it('judges settings of the startup packet like the SET statements they are', async () => {
    const url = await gateway.url();
    const connect = async (options: string): Promise<unknown> =>
      connectError(`${url}&options=${encodeURIComponent(options)}`);
    expect(await connect('-c statement_timeout=5s -c datestyle=iso')).toBeUndefined();
    expect(await connect('-c session_replication_role=replica')).toMatchObject({ code: '42501' });
    expect(await connect('-c search_path=pg_temp')).toMatchObject({ code: '0A000' });
    expect(await connect('-c standard_conforming_strings=off')).toMatchObject({ code: '0A000' });
    expect(await connect('-c client_encoding=SJIS')).toMatchObject({ code: '0A000' });
    expect(await connect('--role=postgres')).toMatchObject({ code: '0A000' });
  });

  it('P6: the upstream’s trouble is told without host, port or login', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const address = closed.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await new Promise((resolve) => closed.close(resolve));
    using folder = createTemporaryFolder('other-ca');
    const other = await createTestCertificate(folder.path);
    const cases = [{ port }, { tls: { mode: 'verify-full', ca: other.caFile } }];
    for (const resource of cases) {
      await using broken = await startTestGateway({ policy: POLICY, postgres: gateway.postgres, resource });
      const error = await connectError(await broken.url());
      expect(error).toMatchObject({ code: '58000', message: expect.stringMatching(/database server/) });
      expect(error?.message).not.toMatch(/127\.0\.0\.1|localhost|\bapp\b|\d{4,5}/);
      await broken.recordsUntil((all) =>
        all.some((record) => record['type'] === 'session.closed' && record['reason'] === 'refused'),
      );
    }
  });
});
