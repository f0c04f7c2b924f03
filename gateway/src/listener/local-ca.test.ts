import { execFileSync, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ServerCertificate } from './certificates.ts';
import { certificateFromLocalCa } from './local-ca.ts';

const DAY_MS = 86_400_000;
const START = Date.UTC(2027, 0, 1);
let directory: string;
let now: number;

beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'sallyport-tls-')), 'tls');
  now = START;
});
afterEach(() => rm(join(directory, '..'), { recursive: true }));

async function load(names: readonly string[] = []): Promise<ServerCertificate> {
  return await certificateFromLocalCa({ directory, names, clock: { nowMs: () => now } }).load();
}

function path(name: string): string {
  return join(directory, name);
}

async function ca(): Promise<X509Certificate> {
  return new X509Certificate(await readFile(path('ca.crt')));
}

describe('the local CA', () => {
  it('is made at first start; its keys are for the owner only', async () => {
    const { leaf, caFile, warnings } = await load();
    expect((await readdir(directory)).sort()).toEqual(['ca.crt', 'ca.key', 'server.crt', 'server.key']);
    for (const [name, mode] of [
      ['ca.key', 0o600],
      ['server.key', 0o600],
      ['ca.crt', 0o644],
      ['server.crt', 0o644],
    ] as const) {
      expect((await stat(path(name))).mode & 0o777).toBe(mode);
    }
    expect(caFile).toBe(path('ca.crt'));
    expect(warnings).toEqual([]);
    const authority = await ca();
    expect(authority.ca).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(leaf.verify(authority.publicKey) && leaf.checkIssued(authority)).toBe(true);
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  });

  it('vouches for loopback and the configured names, and for nothing else', async () => {
    const { leaf } = await load(['gw.example', '*.gw.example', '10.0.0.7', '2001:db8::7', 'localhost']);
    for (const host of ['localhost', 'gw.example', 'a.gw.example']) expect(leaf.checkHost(host)).toBeTruthy();
    for (const ip of ['127.0.0.1', '::1', '10.0.0.7', '2001:db8::7']) expect(leaf.checkIP(ip)).toBeTruthy();
    expect(leaf.checkHost('other.example')).toBeUndefined();
    expect(leaf.checkIP('10.0.0.8')).toBeUndefined();
  });

  it.each([
    '-bad.example',
    'a..b',
    'a b',
    'a\0b',
    'http://gw.example',
    '',
    '*',
    'a.*.example',
    '1.2.3.4.5/8',
    'x'.repeat(254),
  ])('refuses to vouch for %j', async (name) => {
    await expect(load([name])).rejects.toMatchObject({ code: 'ERR_LISTENER_CERTIFICATE_INVALID' });
  });

  it('goes on with what it made', async () => {
    const first = await load(['gw.example']);
    now += 10 * DAY_MS;
    const second = await load(['gw.example']);
    expect(second.leaf.fingerprint256).toBe(first.leaf.fingerprint256);
  });

  it('makes a new server certificate 30 days before the end, of the same CA', async () => {
    const first = await load();
    const authority = (await ca()).fingerprint256;
    now += 60 * DAY_MS + 1000;
    const second = await load();
    expect(second.leaf.fingerprint256).not.toBe(first.leaf.fingerprint256);
    expect(second.leaf.validToDate.getTime()).toBeGreaterThan(now + 89 * DAY_MS);
    expect((await ca()).fingerprint256).toBe(authority);
  });

  it.each([
    ['one more', [], ['gw.example']],
    ['one less', ['gw.example'], []],
    ['another', ['gw.example'], ['gw2.example']],
  ])('makes a new server certificate for %s name', async (_name, before, after) => {
    const first = await load(before);
    const second = await load(after);
    expect(second.leaf.fingerprint256).not.toBe(first.leaf.fingerprint256);
  });

  it('makes a new CA in its last year, and says so', async () => {
    await load();
    const first = (await ca()).fingerprint256;
    now += 3651 * DAY_MS - 365 * DAY_MS;
    const { leaf, warnings } = await load();
    expect((await ca()).fingerprint256).not.toBe(first);
    expect(leaf.verify((await ca()).publicKey)).toBe(true);
    expect(warnings.join()).toContain('clients must trust it anew');
  });

  it.each(['server.crt', 'server.key'])('makes %s anew when it is lost or cut off', async (name) => {
    await load();
    await rm(path(name));
    const { leaf } = await load();
    await writeFile(path(name), '-----BEGIN');
    expect((await load()).leaf.fingerprint256).not.toBe(leaf.fingerprint256);
  });

  it('starts again when it was stopped between the key and the certificate of the CA', async () => {
    await load();
    await rm(path('ca.crt'));
    const { leaf } = await load();
    expect(leaf.verify((await ca()).publicKey)).toBe(true);
  });

  it('refuses to replace a CA that clients trust when its key is lost or another', async () => {
    await load();
    const other = await readFile(path('server.key'));
    await rm(path('ca.key'));
    await expect(load()).rejects.toMatchObject({ code: 'ERR_LISTENER_LOCAL_CA_BROKEN' });
    await writeFile(path('ca.key'), other, { mode: 0o600 });
    await expect(load()).rejects.toMatchObject({
      code: 'ERR_LISTENER_LOCAL_CA_BROKEN',
      message: expect.stringContaining('delete both'),
    });
  });

  it('is not served while the clock says that it does not yet exist, and comes back with the clock', async () => {
    const { leaf } = await load();
    now -= 2 * DAY_MS;
    await expect(load()).rejects.toMatchObject({
      code: 'ERR_LISTENER_LOCAL_CA_BROKEN',
      message: expect.stringContaining('check the clock'),
    });
    now = START;
    expect((await load()).leaf.fingerprint256).toBe(leaf.fingerprint256);
  });

  it('P6: closes a key that others can read, and says so', async () => {
    await load();
    await chmod(path('ca.key'), 0o644);
    const { warnings } = await load();
    expect(warnings.join()).toContain('could be read by others');
    expect((await stat(path('ca.key'))).mode & 0o777).toBe(0o600);
  });

  it('is loaded once by two listeners at the same time', async () => {
    const source = certificateFromLocalCa({ directory, names: [], clock: { nowMs: () => now } });
    const [a, b] = await Promise.all([source.load(), source.load()]);
    expect(a?.leaf.fingerprint256).toBe(b?.leaf.fingerprint256);
    expect(await readdir(directory)).toHaveLength(4);
  });
});

const openssl = 'openssl';
const hasOpenssl = spawnSync(openssl, ['version']).status === 0;

describe('OpenSSL in its strict mode', () => {
  it.skipIf(!hasOpenssl).each(['localhost', 'gw.example'])('accepts the certificate for %s', async (host) => {
    now = Date.now();
    await load(['gw.example']);
    const purpose = ['-x509_strict', '-purpose', 'sslserver', '-verify_hostname', host];
    const verdict = execFileSync('openssl', [
      'verify',
      ...purpose,
      '-CAfile',
      path('ca.crt'),
      path('server.crt'),
    ]);
    expect(verdict.toString()).toContain('server.crt: OK');
  });
});
