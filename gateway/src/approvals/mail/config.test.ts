import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { approvalsSchema } from '../config.ts';
import { ApprovalsSite } from '../testing/approvals-fixture.ts';
import { CONSOLE, plan } from '../testing/mail-scene.ts';

describe('the config of mail', () => {
  const parse = (more: object): boolean =>
    approvalsSchema.safeParse({
      mail: { host: 'smtp.example.com', from: 'a@example.com', to: { dba: ['b@example.com'] }, ...more },
    }).success;

  it('demands TLS, but to this machine', () => {
    expect(parse({})).toBe(true);
    expect(parse({ tls: 'none' })).toBe(false);
    expect(parse({ tls: 'none', host: '127.0.0.1.example.com' })).toBe(false);
    expect(parse({ tls: 'none', host: '::1' })).toBe(true);
    expect(parse({ tls: 'opportunistic' })).toBe(false);
    expect(parse({ login: { user: 'a', password: { none: true } } })).toBe(false);
  });

  it.each([
    'a b@example.com',
    'A <a@example.com>',
    'a@example.com, b@example.com',
    'a@example.com\r\nBcc: b@example.com',
    'a@example.com\n',
    '"a"@example.com',
    'a@',
    'a',
    'a@b@c',
    'a@[127.0.0.1]',
  ])('takes %j as no address', (address) => {
    expect(parse({ from: address })).toBe(false);
    expect(parse({ to: { dba: [address] } })).toBe(false);
  });

  it('takes a console by https alone', () => {
    expect(parse({ console: CONSOLE })).toBe(true);
    for (const console of ['http://x.example/console', 'https://u:p@x.example/', 'https://x.example/?a', 'x'])
      expect(parse({ console })).toBe(false);
  });

  it('refuses certificates that are none, at the start', async () => {
    const site = new ApprovalsSite();
    const ca = `${site.folder}/ca.pem`;
    const { mail } = plan({ port: 1 }, { tls: 'starttls', ca });
    await expect(site.open({ mail })).rejects.toMatchObject({ code: 'ERR_APPROVALS_MAIL' });
    writeFileSync(ca, 'nothing');
    await expect(site.open({ mail })).rejects.toMatchObject({ code: 'ERR_APPROVALS_MAIL' });
  });
});
