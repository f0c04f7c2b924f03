import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CREDENTIAL_SECRET } from '../../credentials/session/credential-text.ts';
import type { LiveSession } from '../../model/live-session.ts';
import {
  type CredentialList,
  credentialListSchema,
  type IssuedCredential,
  issuedCredentialSchema,
  type RevokedCredential,
  revokedCredentialSchema,
} from '../contract/credential.ts';
import { type ApiFixture, createApiFixture, problemOf } from '../testing/api-fixture.ts';

const PATH = '/v1/credentials';

async function mint(fixture: ApiFixture, body: object = {}, token = 'agent'): Promise<IssuedCredential> {
  const answer = await fixture.read(PATH, { token, body: { resource: 'shop', ...body } });
  const issued = issuedCredentialSchema.parse(answer);
  // The contract leaves nothing out.
  expect(issued).toEqual(answer);
  return issued;
}

async function list(fixture: ApiFixture, token: string, query = ''): Promise<CredentialList> {
  return credentialListSchema.parse(await fixture.read(`${PATH}${query}`, { token }));
}

async function revoke(fixture: ApiFixture, id: string, token: string): Promise<RevokedCredential> {
  const answer = await fixture.read(`${PATH}/${id}`, { token, method: 'DELETE' });
  return revokedCredentialSchema.parse(answer);
}

function addLive(fixture: ApiFixture, id: string, credential: string | undefined): string[] {
  const told: string[] = [];
  const principal = {
    issuer: 'https://idp.example',
    subject: 'agent',
    groups: [],
    delegation: [],
    tokenDigest: '',
    expiresAtMs: 0,
  };
  const session: LiveSession = {
    id,
    credential,
    protocol: 'postgres',
    principal,
    resource: 'shop',
    account: 'app_ro',
    openedMs: 0,
    kill: (message) => told.push(message),
    regroup: () => undefined,
  };
  fixture.live.push(session);
  return told;
}

/** Everything that the gateway has written, of all files. */
function everythingIn(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile())
    .map((file) => readFileSync(file, 'latin1'))
    .join('\n');
}

describe('POST /v1/credentials', () => {
  it('gives a URL that works as it is, for the account that the policy permits', async () => {
    const fixture = await createApiFixture();
    const issued = await mint(fixture, {
      expiresIn: 600,
      uses: 3,
      run: 'run 7',
      sslrootcert: '/tmp/my ca.pem',
    });
    expect(issued).toMatchObject({
      account: 'app_ro',
      resource: 'shop',
      protocol: 'postgres',
      host: 'gateway.example',
      port: 6432,
      user: `app_ro+${issued.id}`,
      principal: { subject: 'agent', groups: ['agents'] },
      run: 'run 7',
      maxUses: 3,
      uses: 0,
      state: 'valid',
      sessions: [],
    });
    expect(Date.parse(issued.expiresAt) - Date.parse(issued.issuedAt)).toBe(600_000);
    expect(issued.secret).toMatch(CREDENTIAL_SECRET);
    const url = new URL(issued.url);
    expect(decodeURIComponent(url.username)).toBe(issued.user);
    expect(url.password).toBe(issued.secret);
    expect(url.pathname).toBe('/shop');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      sslmode: 'verify-full',
      sslrootcert: '/tmp/my ca.pem',
    });
    expect(issued.url, 'a plus that some clients read as a space').not.toContain('+');
    expect(await fixture.events()).toEqual(expect.arrayContaining(['api.access', 'credential.issued']));
  });

  it('P6: the secret is in the answer and nowhere else', async () => {
    const fixture = await createApiFixture();
    const { secret, id } = await mint(fixture);
    await list(fixture, 'agent');
    await revoke(fixture, id, 'agent');
    await fixture.events();
    const written = everythingIn(fixture.folder);
    expect(written).toContain(id);
    expect(written).not.toContain(secret);
    expect(fixture.logLines.join('\n')).not.toContain(secret);
  });

  it('is for another database where the caller names one', async () => {
    const fixture = await createApiFixture();
    const { url } = await mint(fixture, { database: 'reports' });
    expect(new URL(url).pathname).toBe('/shop/reports');
  });

  it.each([
    ['an account that is not permitted', 'agent', { account: 'app_rw' }],
    ['anything, by somebody without a group', 'stranger', {}],
  ])('P1: the policy denies %s, in words that an agent can act on, on record', async (_name, token, body) => {
    const fixture = await createApiFixture();
    const response = await fixture.ask(PATH, { token, body: { resource: 'shop', ...body } });
    expect(response.status).toBe(403);
    const problem = await problemOf(response);
    expect(problem.code).toBe('ERR_API_DENIED');
    expect(problem.detail).toMatch(/^POLICY_DENIED \[dec_/);
    expect(await fixture.events()).toContain('credential.denied');
    expect((await list(fixture, 'admin')).credentials).toEqual([]);
  });

  it.each([
    ['an unknown resource', { resource: 'nowhere' }],
    ['a resource that takes none', { resource: 'payroll' }],
    ['another protocol', { protocol: 'ssh' }],
    ['an unknown account', { account: 'root' }],
    ['an unknown database', { database: 'template1' }],
  ])('answers 404 to %s', async (_name, body) => {
    const fixture = await createApiFixture();
    const response = await fixture.ask(PATH, { token: 'agent', body: { resource: 'shop', ...body } });
    expect(response.status).toBe(404);
    expect(await problemOf(response)).toMatchObject({ code: 'ERR_API_UNKNOWN_RESOURCE' });
  });

  it.each([
    [{ expiresIn: 9 }],
    [{ expiresIn: 86_401 }],
    [{ expiresIn: '600' }],
    [{ uses: 0 }],
    [{ uses: 1.5 }],
    [{ run: 'two\nlines' }],
    [{ sslrootcert: '' }],
    [{ principal: { subject: 'somebody else' } }],
    [{ groups: ['admins'] }],
  ])('P11: answers 400 to %j', async (body) => {
    const fixture = await createApiFixture();
    const response = await fixture.ask(PATH, { token: 'agent', body: { resource: 'shop', ...body } });
    expect(response.status).toBe(400);
  });

  it('P4: without a record there is no credential', async () => {
    const fixture = await createApiFixture();
    fixture.fillDisk();
    const response = await fixture.ask(PATH, { token: 'agent', body: { resource: 'shop' } });
    expect(response.status).toBe(503);
    expect(await response.text()).not.toMatch(/slp_/);
    await fixture.freeDisk();
    expect((await list(fixture, 'admin')).credentials).toEqual([]);
  });
});

describe('GET /v1/credentials', () => {
  it('lists to everybody their own, and to admins all', async () => {
    const fixture = await createApiFixture();
    const { secret: _, url: __, user: ___, host: ____, port: _____, ...first } = await mint(fixture);
    addLive(fixture, 'ses_1', first.id);
    addLive(fixture, 'ses_2', undefined);
    expect(await list(fixture, 'agent')).toEqual({
      credentials: [{ ...first, sessions: ['ses_1'] }],
      truncated: false,
    });
    expect((await list(fixture, 'reader')).credentials).toEqual([]);
    const second = await mint(fixture);
    expect((await list(fixture, 'admin')).credentials.map(({ id }) => id)).toEqual([second.id, first.id]);
    expect(await list(fixture, 'admin', '?limit=1')).toMatchObject({
      credentials: [{ id: second.id }],
      truncated: true,
    });
  });
});

describe('DELETE /v1/credentials/{id}', () => {
  it('P12: ends its sessions at once and no others, and is on record', async () => {
    const fixture = await createApiFixture();
    const { id } = await mint(fixture);
    const mine = addLive(fixture, 'ses_1', id);
    const other = addLive(fixture, 'ses_2', 'cred_0000000000000000');
    expect(await revoke(fixture, id, 'agent')).toEqual({
      credential: id,
      revoked: true,
      sessions: ['ses_1'],
    });
    expect(mine).toEqual(['the session credential of this connection was revoked']);
    expect(other).toEqual([]);
    expect((await list(fixture, 'agent')).credentials).toMatchObject([{ id, state: 'revoked' }]);
    expect(await fixture.events()).toContain('credential.revoked');
    // Once more changes nothing and is no error.
    expect(await revoke(fixture, id, 'admin')).toMatchObject({ revoked: true });
  });

  it('is for its owner and admins: to others it does not exist', async () => {
    const fixture = await createApiFixture();
    const { id } = await mint(fixture);
    for (const [token, path] of [
      ['reader', id],
      ['stranger', id],
      ['agent', 'cred_0123456789abcdef'],
    ] as const) {
      const response = await fixture.ask(`${PATH}/${path}`, { token, method: 'DELETE' });
      expect(response.status).toBe(404);
      expect(await problemOf(response)).toMatchObject({ code: 'ERR_API_UNKNOWN_CREDENTIAL' });
    }
    expect((await fixture.ask(`${PATH}/..%2F`, { token: 'agent', method: 'DELETE' })).status).toBe(400);
    expect((await list(fixture, 'agent')).credentials).toMatchObject([{ id, state: 'valid' }]);
  });

  it('P12: acts although the audit cannot be written', async () => {
    const fixture = await createApiFixture();
    const { id } = await mint(fixture);
    const told = addLive(fixture, 'ses_1', id);
    fixture.fillDisk();
    const response = await fixture.ask(`${PATH}/${id}`, { token: 'agent', method: 'DELETE' });
    expect(response.status).toBe(503);
    expect(told).toHaveLength(1);
    await fixture.freeDisk();
    expect(await fixture.events()).toContain('credential.revoked');
  });
});
