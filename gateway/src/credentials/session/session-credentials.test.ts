import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Principal } from '../../model/principal.ts';
import { openStore, type Store } from '../../store/open-store.ts';
import type { CredentialBounds } from './credential-repository.ts';
import { CREDENTIAL_ID, CREDENTIAL_SECRET } from './credential-text.ts';
import { type Issued, openSessionCredentials, type SessionCredentials } from './session-credentials.ts';
import { credentialSchema, sqliteCredentials } from './sqlite-credentials.ts';

const START = Date.UTC(2026, 10, 27);
const HOUR = 3_600_000;
const PRINCIPAL: Principal = {
  issuer: 'https://idp.example',
  subject: 'ada',
  groups: ['agents'],
  agent: 'bot',
  delegation: [{ subject: 'bot' }],
  tokenDigest: 'ab'.repeat(16),
  expiresAtMs: START + HOUR,
};
const HERE = { protocol: 'postgres', resource: 'shop', account: 'app' };

let folder = '';
let store: Store;
let nowMs = START;
let mapped: readonly string[] | undefined = ['agents'];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'credentials-'));
  store = openStore(join(folder, 'state.sqlite'), [credentialSchema]);
  nowMs = START;
  mapped = ['agents'];
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

function open(bounds?: CredentialBounds): Promise<SessionCredentials> {
  return openSessionCredentials({
    repository: sqliteCredentials(store),
    clock: { nowMs: () => nowMs },
    principals: {
      providerGroupsOf: () => ['idp-agents'],
      principalOf: (claims) => (mapped === undefined ? undefined : { ...claims, groups: mapped }),
    },
    ...(bounds === undefined ? {} : { bounds }),
  });
}

interface Wish {
  readonly principal?: Principal;
  readonly lifetimeMs?: number;
  readonly maxUses?: number;
  readonly run?: string;
}

function issue(credentials: SessionCredentials, wish: Wish = {}): Promise<Issued> {
  return credentials.issue({
    principal: PRINCIPAL,
    ...HERE,
    lifetimeMs: HOUR,
    makeVerifier: async (secret, salt) => `${secret.length} ${salt.length}`,
    ...wish,
  });
}

describe('a session credential', () => {
  it('P6: has a secret of 40 characters and 180 bits that no file of the store holds', async () => {
    const credentials = await open();
    const { credential, secret } = await issue(credentials);
    expect(credential.id).toMatch(CREDENTIAL_ID);
    expect(secret.reveal()).toMatch(CREDENTIAL_SECRET);
    expect(secret.reveal()).toHaveLength(40);
    expect(JSON.stringify({ secret })).not.toContain(secret.reveal());
    for (const file of readdirSync(folder)) {
      expect(readFileSync(join(folder, file)).includes(secret.reveal()), file).toBe(false);
    }
    expect(Object.keys(credential)).not.toContain('verifier');
  });

  it('P11: opens what it was minted for, as the token proved its holder, with the groups of today', async () => {
    const credentials = await open();
    const { credential } = await issue(credentials, { lifetimeMs: HOUR / 2, run: 'run-7' });
    mapped = ['readers'];
    expect(await credentials.redeem(credential.id, HERE)).toEqual({
      ok: true,
      credential,
      principal: { ...PRINCIPAL, groups: ['readers'], expiresAtMs: START + HOUR / 2 },
    });
    expect(credential).toMatchObject({ run: 'run-7', principal: { subject: 'ada' } });
    expect(credential.principal).not.toHaveProperty('run');
  });

  it.each([
    ['protocol', { ...HERE, protocol: 'mysql' }],
    ['resource', { ...HERE, resource: 'payroll' }],
    ['account', { ...HERE, account: 'admin' }],
  ])('P11: opens no other %s, and loses no use by the attempt', async (reason, use) => {
    const credentials = await open();
    const { credential } = await issue(credentials, { maxUses: 1 });
    expect(await credentials.redeem(credential.id, use)).toEqual({ ok: false, reason });
    expect(await credentials.redeem(credential.id, HERE)).toMatchObject({ ok: true });
  });

  it('P12: opens nothing once its issuer is trusted no more', async () => {
    const credentials = await open();
    const { credential } = await issue(credentials);
    mapped = undefined;
    expect(await credentials.redeem(credential.id, HERE)).toEqual({ ok: false, reason: 'issuer' });
  });

  it('P12: never outlives its token, and one whose token ends is not minted', async () => {
    const credentials = await open();
    expect((await issue(credentials, { lifetimeMs: 9 * HOUR })).credential.expiresAtMs).toBe(START + HOUR);
    nowMs = START + HOUR - 500;
    await expect(issue(credentials)).rejects.toMatchObject({ code: 'ERR_CREDENTIALS_SESSION_TOKEN_ENDS' });
  });

  it('P11: does not name another run than the token proves', async () => {
    const credentials = await open();
    const principal = { ...PRINCIPAL, run: 'run-1' };
    await expect(issue(credentials, { principal, run: 'run-2' })).rejects.toMatchObject({
      code: 'ERR_CREDENTIALS_SESSION_RUN',
    });
    await expect(issue(credentials, { principal, run: 'run-1' })).resolves.toBeDefined();
  });

  it('P12: ends by the clock, and a clock set back does not bring it to life again', async () => {
    const credentials = await open();
    const { credential } = await issue(credentials, { lifetimeMs: 60_000 });
    nowMs = START + 59_999;
    expect(await credentials.isValid(credential.id)).toBe(true);
    nowMs = START + 60_000;
    expect(await credentials.redeem(credential.id, HERE)).toEqual({ ok: false, reason: 'expired' });
    nowMs = START + 1;
    expect(await credentials.redeem(credential.id, HERE)).toEqual({ ok: false, reason: 'unknown' });
  });

  it('P12: a clock that jumps back behind its minting does not prolong it', async () => {
    const credentials = await open();
    const { credential } = await issue(credentials);
    nowMs = START - 61_000;
    expect(await credentials.redeem(credential.id, HERE)).toEqual({ ok: false, reason: 'early' });
    expect(await credentials.isValid(credential.id)).toBe(false);
  });

  it('P12: is over at once when it is revoked, and stays listed until it would have ended', async () => {
    const credentials = await open();
    const { credential } = await issue(credentials);
    nowMs += 5;
    expect(await credentials.revoke(credential.id)).toBe(true);
    expect(await credentials.revoke(credential.id)).toBe(false);
    expect(await credentials.revoke('cred_0000000000000000')).toBe(false);
    expect(await credentials.redeem(credential.id, HERE)).toEqual({ ok: false, reason: 'revoked' });
    expect(await credentials.isValid(credential.id)).toBe(false);
    expect(await credentials.list(PRINCIPAL, 10)).toEqual([{ ...credential, revokedAtMs: START + 5 }]);
    nowMs = START + HOUR;
    expect(await credentials.list(PRINCIPAL, 10)).toEqual([]);
  });

  it('is listed to the same subject by the same agent, and to nobody else', async () => {
    const credentials = await open();
    const { credential } = await issue(credentials);
    const newToken = { ...PRINCIPAL, tokenDigest: 'cd'.repeat(16), groups: [] };
    expect(await credentials.list(newToken, 10)).toEqual([credential]);
    for (const other of [
      { ...PRINCIPAL, subject: 'bo' },
      { ...PRINCIPAL, issuer: 'https://other.example' },
      { ...PRINCIPAL, agent: 'rival' },
      { ...PRINCIPAL, delegation: [] },
    ]) {
      expect(await credentials.list(other, 10)).toEqual([]);
    }
    expect(await credentials.list(undefined, 10)).toEqual([credential]);
  });

  it('survives a restart, uses and salts too', async () => {
    const before = await open();
    const { credential } = await issue(before, { maxUses: 2 });
    await before.redeem(credential.id, HERE);
    const salts = [
      await before.challenge(credential.id, 'postgres'),
      await before.challenge('x', 'postgres'),
    ];
    store.close();
    store = openStore(join(folder, 'state.sqlite'), [credentialSchema]);
    const after = await open();
    expect(await after.find(credential.id)).toEqual({ ...credential, uses: 1 });
    expect([
      await after.challenge(credential.id, 'postgres'),
      await after.challenge('x', 'postgres'),
    ]).toEqual(salts);
  });

  it('P11: of another protocol, or of nobody, is challenged like any other', async () => {
    const credentials = await open();
    const { credential } = await issue(credentials);
    const known = await credentials.challenge(credential.id, 'postgres');
    expect(known.verifier).toBe('40 16');
    expect(await credentials.challenge(credential.id, 'mysql')).toEqual({ salt: known.salt });
    const nobody = await credentials.challenge('cred_zzzzzzzzzzzzzzzz', 'postgres');
    expect(nobody).toEqual({ salt: expect.objectContaining({ length: 16 }) });
    expect(nobody.salt.equals(known.salt)).toBe(false);
  });
});

describe('uses', () => {
  it('P12: are exact, whatever races for them', async () => {
    const credentials = await open();
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 12 }),
        async (max, tries) => {
          const { credential } = await issue(credentials, { maxUses: max });
          const results = await Promise.all(
            Array.from({ length: tries }, () => credentials.redeem(credential.id, HERE)),
          );
          const opened = results.filter(({ ok }) => ok).length;
          expect(opened).toBe(Math.min(max, tries));
          expect((await credentials.find(credential.id))?.uses).toBe(opened);
          await credentials.withdraw(credential.id);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('P12: are shared with another process on the same file', async () => {
    const credentials = await open();
    const { credential } = await issue(credentials, { maxUses: 1 });
    const other = openStore(join(folder, 'state.sqlite'), [credentialSchema]);
    const theirs = sqliteCredentials(other);
    expect([await credentials.redeem(credential.id, HERE), await theirs.take(credential.id, nowMs)]).toEqual([
      expect.objectContaining({ ok: true }),
      'spent',
    ]);
    other.close();
  });
});

describe('vulnerability class 34: the table of credentials', () => {
  it('P10: is bounded by owner and in all, and makes room with what is revoked', async () => {
    const credentials = await open({ perOwner: 2, total: 3 });
    const [first] = [await issue(credentials), await issue(credentials)];
    await expect(issue(credentials)).rejects.toMatchObject({ code: 'ERR_CREDENTIALS_SESSION_LIMIT' });
    await credentials.revoke(first.credential.id);
    await issue(credentials);
    const bo = { ...PRINCIPAL, subject: 'bo' };
    await issue(credentials, { principal: bo });
    await expect(issue(credentials, { principal: bo })).rejects.toMatchObject({
      code: 'ERR_CREDENTIALS_SESSION_LIMIT',
    });
    nowMs = START + HOUR;
    const later = { ...bo, expiresAtMs: nowMs + HOUR };
    await issue(credentials, { principal: later });
    expect(store.database.prepare('SELECT count(*) AS n FROM credentials').get()).toEqual({ n: 1 });
  });
});
