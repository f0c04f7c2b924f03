import { beforeEach, describe, expect, it } from 'vitest';
import { createAuthority } from '../../../../test/e2e/upstream/certificate-authority.ts';
import { ClientCertificates } from './client-certificate.ts';

const DAY_MS = 86_400_000;
const authority = createAuthority('clients');
const first = authority.issue({ commonName: 'gateway' });
const second = authority.issue({ commonName: 'gateway' });
const config = { certificate: { env: 'CERT' }, key: { env: 'KEY' } };
const { signal } = new AbortController();

let nowMs: number;
let files: Record<string, string | undefined>;
let warnings: string[];
let certificates: ClientCertificates;

beforeEach(() => {
  nowMs = Date.now();
  files = { CERT: first.cert, KEY: first.key };
  warnings = [];
  certificates = new ClientCertificates({
    clock: { nowMs: () => nowMs },
    read: async (source) =>
      files['env' in source ? source.env : ''] ?? Promise.reject(new Error('it is gone')),
    onWarning: (message) => warnings.push(message),
  });
});

const failure = (): Promise<unknown> => certificates.of(config, signal).catch((error: unknown) => error);

describe('a client certificate', () => {
  it('is read anew, and parsed once', async () => {
    const one = await certificates.of(config, signal);
    expect(await certificates.of(config, signal)).toBe(one);
    files = { CERT: second.cert, KEY: second.key };
    const other = await certificates.of(config, signal);
    expect(other).toMatchObject({ cert: second.cert, key: second.key });
    expect(other.digest).not.toBe(one.digest);
  });

  it.each<readonly [string, () => void, RegExp]>([
    ['no certificate', () => (files['CERT'] = 'hello'), /holds no certificate/],
    ['no key', () => (files['KEY'] = 'hello'), /has no unencrypted key/],
    ['the key of another', () => (files['KEY'] = second.key), /is not of the key beside it/],
    ['its end behind it', () => (nowMs += 31 * DAY_MS), /ended at .*; renew it/],
    ['its beginning ahead', () => (nowMs -= 2 * DAY_MS), /begins at .*; check the clock/],
    ['a file that cannot be read', () => (files['CERT'] = undefined), /it is gone/],
  ])('is refused with %s', async (_what, spoil, message) => {
    spoil();
    const error = await failure();
    expect(String(error)).toMatch(message);
    expect(String(error)).not.toContain(first.key.split('\n')[1]);
  });

  it('that was good is shown further while a renewal is half done, and said once', async () => {
    const one = await certificates.of(config, signal);
    files['CERT'] = second.cert;
    expect(await certificates.of(config, signal)).toBe(one);
    expect(await certificates.of(config, signal)).toBe(one);
    expect(warnings).toEqual([expect.stringContaining('is not of the key beside it')]);
    files['KEY'] = second.key;
    expect(await certificates.of(config, signal)).toMatchObject({ cert: second.cert });
  });

  it('P12: is not shown beyond its end, whatever cannot be read', async () => {
    await certificates.of(config, signal);
    files['CERT'] = undefined;
    nowMs += 31 * DAY_MS;
    expect(String(await failure())).toMatch(/it is gone/);
    files['CERT'] = first.cert;
    expect(String(await failure())).toMatch(/ended at/);
  });
});
