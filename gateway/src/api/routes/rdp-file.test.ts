import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../test/audit/audit-fixture.ts';
import { createKeyFiles } from '../../listener/key-files.ts';
import { openCredentialForm } from '../../protocols/rdp/downstream/open-credential-form.ts';
import { issuedCredentialSchema } from '../contract/credential.ts';
import { type ApiFixture, createApiFixture, problemOf } from '../testing/api-fixture.ts';

async function desktops(): Promise<ApiFixture> {
  const form = await openCredentialForm(createKeyFiles(join(temporaryFolder(), 'keys')));
  return createApiFixture({ shop: { protocol: 'rdp', form } });
}

async function mint({ read }: ApiFixture): Promise<{ readonly id: string; readonly secret: string }> {
  const body = { resource: 'shop', expiresIn: 600 };
  return issuedCredentialSchema.parse(await read('/v1/credentials', { token: 'agent', body }));
}

describe('GET /v1/credentials/{id}/rdp', () => {
  it('P6: is the file that opens the desktop, on record, without the secret', async () => {
    const fixture = await desktops();
    const { id, secret } = await mint(fixture);
    const response = await fixture.ask(`/v1/credentials/${id}/rdp`, { token: 'agent' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/x-rdp');
    expect(response.headers.get('cache-control')).toBe('no-store');
    const text = await response.text();
    expect(text).toContain('full address:s:gateway.example:6432\r\n');
    expect(text).toContain(`username:s:app_ro+shop+${id}\r\n`);
    expect(text).toContain('redirectclipboard:i:0\r\ndrivestoredirect:s:\r\n');
    expect(text).not.toContain(secret);
    expect(text).not.toContain('slp_');
    expect((await fixture.accesses()).at(-1)).toMatchObject({
      route: '/v1/credentials/{id}/rdp',
      outcome: 'permit',
      details: { credential: id, clipboard: '0', drives: '0' },
    });
  });

  it('offers of the client’s machine what it is told to', async () => {
    const fixture = await desktops();
    const { id } = await mint(fixture);
    const response = await fixture.ask(`/v1/credentials/${id}/rdp?clipboard=1&drives=1`, { token: 'agent' });
    expect(await response.text()).toContain('redirectclipboard:i:1\r\ndrivestoredirect:s:*\r\n');
    for (const query of ['clipboard=yes', 'printers=1', 'clipboard=1&clipboard=0']) {
      const refused = await fixture.ask(`/v1/credentials/${id}/rdp?${query}`, { token: 'agent' });
      expect((await problemOf(refused)).code).toBe('ERR_API_INVALID');
    }
  });

  it.each(['stranger', 'viewer', 'reader', 'admin'])(
    'P1: does not exist for %s, who did not mint the credential',
    async (token) => {
      const fixture = await desktops();
      const { id } = await mint(fixture);
      const problem = await problemOf(await fixture.ask(`/v1/credentials/${id}/rdp`, { token }));
      const none = await problemOf(
        await fixture.ask(`/v1/credentials/cred_${'0'.repeat(16)}/rdp`, { token }),
      );
      expect(problem).toEqual(none);
      expect(problem).toMatchObject({ status: 404, code: 'ERR_API_UNKNOWN_CREDENTIAL' });
    },
  );

  it('P4: is not told without its record', async () => {
    const fixture = await desktops();
    const { id } = await mint(fixture);
    fixture.fillDisk();
    const response = await fixture.ask(`/v1/credentials/${id}/rdp`, { token: 'agent' });
    expect((await problemOf(response)).code).toBe('ERR_API_UNRECORDED');
  });

  it('is none for what no client of RDP opens', async () => {
    const fixture = await createApiFixture();
    const { id } = await mint(fixture);
    const problem = await problemOf(await fixture.ask(`/v1/credentials/${id}/rdp`, { token: 'agent' }));
    expect(problem).toMatchObject({ status: 404, code: 'ERR_API_NO_FILE' });
  });

  it.each(['two words', 'a\r\nalternate shell:s:cmd.exe'])(
    'is none where the account is called %j, which could write lines of its own',
    async (account) => {
      const form = await openCredentialForm(createKeyFiles(join(temporaryFolder(), 'keys')));
      const file = { id: 'cred_1', resource: 'desk', host: 'gw', port: 1, clipboard: false, drives: false };
      expect(form.rdpFile?.({ ...file, account: 'svc' })).toContain('username:s:svc+desk+cred_1\r\n');
      expect(form.rdpFile?.({ ...file, account })).toBeUndefined();
    },
  );
});
