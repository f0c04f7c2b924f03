import { describe, expect, it } from 'vitest';
import type { HostLookup } from '../../protocol.ts';
import { answering, permittedAddresses, type Resolving } from './permitted-addresses.ts';

const how = (lookup: HostLookup, more: Partial<Resolving> = {}): Resolving => ({
  allowed: [],
  lookup,
  timeoutMs: 10_000,
  signal: new AbortController().signal,
  ...more,
});

describe('the addresses of a name that a client chose', () => {
  it('are all of those that it has, resolved once', async () => {
    let asked = 0;
    const lookup: HostLookup = async () => {
      asked += 1;
      return ['8.8.8.8', '2606:4700:4700::1111'];
    };
    expect(await permittedAddresses('api.example.com', how(lookup))).toEqual([
      '8.8.8.8',
      '2606:4700:4700::1111',
    ]);
    expect(asked).toBe(1);
  });

  it.each<readonly [string, readonly string[]]>([
    ['the only one', ['127.0.0.1']],
    ['the first', ['10.0.0.1', '8.8.8.8']],
    ['the last', ['8.8.8.8', '8.8.4.4', '169.254.169.254']],
    ['of the other family', ['8.8.8.8', 'fd00:ec2::254']],
    ['in disguise', ['8.8.8.8', '::ffff:127.0.0.1']],
    ['no address at all', ['8.8.8.8', 'localhost']],
    ['behind a hundred others', [...Array.from({ length: 100 }, () => '8.8.8.8'), '192.168.0.1']],
  ])('P3: are refused as a whole where one is not permitted: %s', async (_what, addresses) => {
    await expect(
      permittedAddresses(
        'api.example.com',
        how(async () => addresses),
      ),
    ).rejects.toMatchObject({
      code: 'ERR_HTTP_UPSTREAM_ADDRESS',
      status: 403,
    });
  });

  it('P3: are looked at where the host is an address itself', async () => {
    const none: HostLookup = () => Promise.reject(new Error('not to be asked'));
    await expect(permittedAddresses('10.0.0.1', how(none))).rejects.toMatchObject({
      code: 'ERR_HTTP_UPSTREAM_ADDRESS',
    });
    await expect(permittedAddresses('::1', how(none))).rejects.toMatchObject({
      code: 'ERR_HTTP_UPSTREAM_ADDRESS',
    });
    expect(await permittedAddresses('10.0.0.1', how(none, { allowed: ['10.0.0.0/8'] }))).toEqual([
      '10.0.0.1',
    ]);
  });

  it('P6: are not told to the client', async () => {
    await expect(
      permittedAddresses(
        'api.example.com',
        how(async () => ['10.9.8.7']),
      ),
    ).rejects.toMatchObject({
      message: expect.stringContaining('10.9.8.7'),
      publicMessage: expect.not.stringMatching(/10\.9\.8\.7|api\.example/),
    });
  });

  it('P10: are not waited for longer than a connection may take, nor when nobody waits any more', async () => {
    const never: HostLookup = () => new Promise(() => undefined);
    await expect(permittedAddresses('a.example', how(never, { timeoutMs: 1 }))).rejects.toMatchObject({
      code: 'ERR_HTTP_UPSTREAM_TIMEOUT',
    });
    const stop = new AbortController();
    const asking = permittedAddresses('a.example', how(never, { signal: stop.signal }));
    stop.abort(new Error('gone'));
    await expect(asking).rejects.toThrow('gone');
    await expect(
      permittedAddresses('a.example', how(never, { signal: AbortSignal.abort(new Error('gone')) })),
    ).rejects.toThrow('gone');
  });

  it.each<readonly [string, HostLookup]>([
    ['there is no such name', () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' }))],
    ['it has no address', async () => []],
  ])('cannot be reached where %s', async (_what, lookup) => {
    await expect(permittedAddresses('a.example', how(lookup))).rejects.toMatchObject({
      code: 'ERR_HTTP_UPSTREAM_UNREACHABLE',
    });
  });

  it('are what a socket gets that asks, whatever it asks for', () => {
    const lookup = answering(['8.8.8.8', '2606:4700:4700::1111']);
    const told: unknown[] = [];
    lookup('evil.example', { all: true }, (...answer) => told.push(answer));
    lookup('evil.example', {}, (...answer) => told.push(answer));
    expect(told).toEqual([
      [
        null,
        [
          { address: '8.8.8.8', family: 4 },
          { address: '2606:4700:4700::1111', family: 6 },
        ],
      ],
      [null, '8.8.8.8', 4],
    ]);
  });
});
