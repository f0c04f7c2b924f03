import { describe, expect, it } from 'vitest';
import type { HostLookup } from '../../protocol.ts';
import { type HttpDestinationsConfig, httpResourceSchema } from '../config.ts';
import { checkDestinations } from './destination-checks.ts';

function configOf(keys: object): HttpDestinationsConfig {
  const config = httpResourceSchema.parse({ credential: { none: true }, ...keys });
  if (!('destinations' in config)) throw new Error('no destinations');
  return config;
}

const lookup: HostLookup = async (host) => {
  if (host === 'gone.example') throw Object.assign(new Error('no'), { code: 'ENOTFOUND' });
  return host === 'inner.example' ? ['10.0.0.7'] : ['8.8.8.8'];
};
const how = { clock: { nowMs: () => 0 }, signal: new AbortController().signal, lookup };

describe('the doctor of destinations', () => {
  it('finds those that resolve to what is permitted', async () => {
    const config = configOf({
      destinations: ['a.example', 'b.example:8443', '*.c.example', '192.0.2.7'],
      allowAddresses: ['192.0.2.7'],
    });
    expect(await checkDestinations('resource web', config, how)).toEqual([
      {
        check: 'resource web',
        level: 'ok',
        message:
          '3 of 3 hosts lead to addresses that are permitted; 1 wildcards are looked up when clients ask',
      },
    ]);
  });

  it('says which do not, and why', async () => {
    const config = configOf({ destinations: ['a.example', 'inner.example', 'gone.example'] });
    expect(await checkDestinations('resource web', config, how)).toMatchObject([
      { level: 'warn', message: 'inner.example is 10.0.0.7, which is private, and not among allowAddresses' },
      {
        level: 'warn',
        message: 'gone.example cannot be resolved: ENOTFOUND',
        remedy: expect.stringContaining('allowAddresses'),
      },
      { level: 'ok', message: expect.stringMatching(/^1 of 3 hosts/) },
    ]);
  });

  it('says that the credential for them cannot be had', async () => {
    const config = configOf({
      destinations: ['a.example'],
      credential: { bearer: { env: 'SALLYPORT_TEST_NOT_SET' } },
    });
    expect(await checkDestinations('resource web', config, how)).toMatchObject([
      { level: 'fail' },
      { level: 'ok' },
    ]);
  });
});
