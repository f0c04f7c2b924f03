import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { certificateFromFiles, type ServerCertificate } from './certificates.ts';
import { createServerCertificate } from './x509.ts';

const DAY_MS = 86_400_000;
const START = Date.UTC(2027, 0, 1);
const authority = { subject: 'test CA', ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) };
let directory: string;
let now: number;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-cert-'));
  now = START;
});
afterEach(() => rm(directory, { recursive: true }));

/** Writes a certificate for 90 days from START with its key; the test may put other text in either file. */
async function write(change: { certificate?: string; key?: string; rsaBits?: number } = {}): Promise<void> {
  const { publicKey, privateKey } =
    change.rsaBits === undefined
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: change.rsaBits });
  const fields = {
    serial: Buffer.from([1]),
    subject: 'gw',
    publicKey,
    notBeforeMs: START,
    notAfterMs: START + 90 * DAY_MS,
  };
  const certificate = createServerCertificate(fields, ['localhost'], authority);
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  await writeFile(join(directory, 'gw.crt'), change.certificate ?? certificate);
  await writeFile(join(directory, 'gw.key'), change.key ?? key, { mode: 0o600 });
}

async function load(): Promise<ServerCertificate> {
  const files = { certificateFile: join(directory, 'gw.crt'), keyFile: join(directory, 'gw.key') };
  return await certificateFromFiles(files, { nowMs: () => now }).load();
}

describe('a certificate from files', () => {
  it('is taken with its key', async () => {
    await write();
    const { leaf, warnings, caFile } = await load();
    expect(leaf.subject).toBe('CN=gw');
    expect(warnings).toEqual([]);
    expect(caFile).toBeUndefined();
  });

  it('is warned of two weeks before its end and for a key that all can read', async () => {
    await write();
    await chmod(join(directory, 'gw.key'), 0o644);
    now = START + 77 * DAY_MS;
    const { warnings } = await load();
    expect(warnings.map((text) => text.replace(directory, ''))).toEqual([
      '/gw.key can be read by every user; remove that permission',
      '/gw.crt expires at 2027-04-01T00:00:00.000Z; renew it',
    ]);
  });

  it.each([
    ['has ended', 'expired at', () => write().then(() => void (now = START + 90 * DAY_MS))],
    ['has not begun', 'not valid before', () => write().then(() => void (now = START - 1))],
    ['is no certificate', 'no certificate', () => write({ certificate: 'hello' })],
    ['has a key that is none', 'no unencrypted private key', () => write({ key: 'secret-canary' })],
    [
      'has an encrypted key',
      'no unencrypted private key',
      () => {
        const { privateKey } = generateKeyPairSync('ed25519');
        const key = privateKey.export({
          type: 'pkcs8',
          format: 'pem',
          cipher: 'aes-256-cbc',
          passphrase: 'x',
        });
        return write({ key: key.toString() });
      },
    ],
    [
      'has the key of another',
      'not the key of',
      () => write({ key: authority.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }),
    ],
    ['has a short RSA key', '1024 bits', () => write({ rsaBits: 1024 })],
  ])('that %s is refused', async (_name, problem, prepare) => {
    await prepare();
    const error: unknown = await load().catch((reason) => reason);
    expect(error).toMatchObject({ code: 'ERR_LISTENER_CERTIFICATE_INVALID', source: 'config' });
    expect(String(error)).toContain(problem);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('canary');
  });

  it('that is not there, or is far too long to be one, is refused', async () => {
    await expect(load()).rejects.toMatchObject({ code: 'ERR_LISTENER_CERTIFICATE_UNREADABLE' });
    await write({ certificate: 'x'.repeat(1024 * 1024 + 1) });
    await expect(load()).rejects.toMatchObject({ code: 'ERR_LISTENER_CERTIFICATE_UNREADABLE' });
  });
});
