import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKeyFiles } from '../../../listener/key-files.ts';
import { ntHash } from '../nla/ntlm/keys.ts';
import { openCredentialSecrets } from './credential-secrets.ts';
import { openCredentialForm } from './open-credential-form.ts';

const SECRET = 'slp_0123456789abcdefghjkmnpqrstvwxyz0123';
const salt = Buffer.alloc(16, 1);

describe('session credentials of RDP', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rdp-keys-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('P6: the hash is kept encrypted, and opens after a restart', async () => {
    const { makeVerifier } = await openCredentialForm(createKeyFiles(folder));
    const verifier = await makeVerifier(SECRET, salt);
    const hash = ntHash(SECRET);
    expect(verifier).toMatch(/^nt-hash\.aes-256-gcm:/);
    for (const encoding of ['hex', 'base64', 'base64url'] as const)
      expect(verifier).not.toContain(hash.toString(encoding));
    expect(await makeVerifier(SECRET, salt)).not.toBe(verifier);
    const secrets = await openCredentialSecrets(createKeyFiles(folder));
    expect(secrets.ntHashOf({ salt, verifier })).toEqual(hash);
    expect(statSync(join(folder, 'rdp_credentials_key')).mode & 0o777).toBe(0o600);
  });

  it('P6: one is of no use for another credential, changed, or under another key', async () => {
    const { makeVerifier } = await openCredentialForm(createKeyFiles(folder));
    const verifier = await makeVerifier(SECRET, salt);
    const secrets = await openCredentialSecrets(createKeyFiles(folder));
    expect(secrets.ntHashOf({ salt: Buffer.alloc(16, 2), verifier })).toBeUndefined();
    const last = verifier.at(-2) === 'A' ? 'B' : 'A';
    const changed = verifier.slice(0, -2) + last + verifier.slice(-1);
    for (const bad of [changed, verifier.slice(0, -4), `x${verifier}`, '', 'a:b:c', 'hmac-sha256:00'])
      expect(secrets.ntHashOf({ salt, verifier: bad })).toBeUndefined();
    writeFileSync(join(folder, 'rdp_credentials_key'), 'ab'.repeat(32));
    const other = await openCredentialSecrets(createKeyFiles(folder));
    expect(other.ntHashOf({ salt, verifier })).toBeUndefined();
    expect(other.isSecret(SECRET, { salt, verifier })).toBe(false);
  });

  it('P11: a secret that is sent is the credential’s or not; there is none for one that does not exist', async () => {
    const { makeVerifier } = await openCredentialForm(createKeyFiles(folder));
    const { isSecret } = await openCredentialSecrets(createKeyFiles(folder));
    const verifier = await makeVerifier(SECRET, salt);
    expect(isSecret(SECRET, { salt, verifier })).toBe(true);
    expect(isSecret(`${SECRET}x`, { salt, verifier })).toBe(false);
    expect(isSecret('', { salt, verifier })).toBe(false);
    expect(isSecret(SECRET, { salt, verifier: undefined })).toBe(false);
    expect(isSecret('', { salt, verifier: undefined })).toBe(false);
  });

  it('a file that holds no key is said, and is left as it is', async () => {
    writeFileSync(join(folder, 'rdp_credentials_key'), 'short');
    await expect(openCredentialSecrets(createKeyFiles(folder))).rejects.toThrow('holds no key');
    expect(readFileSync(join(folder, 'rdp_credentials_key'), 'utf8')).toBe('short');
  });

  it('P6: the user name has no secret in it, and a URL that a client takes has', async () => {
    const form = await openCredentialForm(createKeyFiles(folder));
    const details = { id: 'cred_0123456789abcdef', secret: SECRET, account: 'admin', resource: 'desk' };
    const where = { database: undefined, host: '::1', port: 3389, caFile: '' };
    expect(form.login({ ...details, ...where })).toEqual({
      user: 'admin+desk+cred_0123456789abcdef',
      url: `rdp://admin%2Bdesk%2Bcred_0123456789abcdef:${SECRET}@[::1]:3389`,
    });
  });
});
