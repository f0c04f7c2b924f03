import { beforeEach, describe, expect, it } from 'vitest';
import type { OauthClient } from '../../credential-config.ts';
import { HttpUpstreamError } from '../errors.ts';
import { TokenCache } from './token-cache.ts';
import type { AccessToken } from './token-exchange.ts';

const client: OauthClient = {
  tokenUrl: 'https://id.internal/token',
  clientId: 'gateway',
  clientSecret: { env: 'X' },
  auth: 'basic',
  timeoutMs: 1_000,
};
const unavailable = (): HttpUpstreamError =>
  new HttpUpstreamError('ERR_HTTP_UPSTREAM_TOKEN_UNAVAILABLE', 'token endpoint: gone');

let nowMs: number;
let fetched: PromiseWithResolvers<AccessToken>[];
let failures: unknown[];
let cache: TokenCache;

beforeEach(() => {
  nowMs = 1_000_000;
  fetched = [];
  failures = [];
  cache = new TokenCache({
    clock: { nowMs: () => nowMs },
    fetch: () => {
      const one = Promise.withResolvers<AccessToken>();
      fetched.push(one);
      return one.promise;
    },
    onFailure: (_client, error) => failures.push(error),
  });
});

/** Asks, and has the server answer if it is asked. */
async function ask(token: string, lifetimeSeconds?: number): Promise<string> {
  const count = fetched.length;
  const asked = cache.token(client);
  if (fetched.length > count) fetched.at(-1)?.resolve({ token, lifetimeSeconds });
  return asked;
}

async function fail(): Promise<unknown> {
  const count = fetched.length;
  const asked = cache.token(client);
  if (fetched.length > count) fetched.at(-1)?.reject(unavailable());
  return asked.catch((error: unknown) => error);
}

describe('a kept token', () => {
  it('is fetched once for all who ask at the same time', async () => {
    const asked = [cache.token(client), cache.token(client), cache.token(client)];
    fetched[0]?.resolve({ token: 'a', lifetimeSeconds: 3_600 });
    expect(await Promise.all(asked)).toEqual(['a', 'a', 'a']);
    expect(fetched).toHaveLength(1);
  });

  it.each([
    [3_600, 3_540_000],
    [600, 540_000],
    [60, 54_000],
    [1, 900],
    [0, 0],
    [undefined, 270_000],
  ])('that lives for %s seconds is used for %i milliseconds', async (lifetime, usedMs) => {
    expect(await ask('a', lifetime)).toBe('a');
    if (usedMs > 0) {
      nowMs += usedMs - 1;
      expect(await ask('b', lifetime)).toBe('a');
      nowMs += 1;
    }
    expect(await ask('b', lifetime)).toBe('b');
  });

  it('is measured from when it was asked for, and not from when it came', async () => {
    const asked = cache.token(client);
    nowMs += 55_000;
    fetched[0]?.resolve({ token: 'a', lifetimeSeconds: 60 });
    await asked;
    expect(await ask('b', 60)).toBe('b');
  });

  it('is not trusted after the clock was set back', async () => {
    await ask('a', 3_600);
    nowMs -= 1_000_000;
    expect(await ask('b', 3_600)).toBe('b');
  });

  it('belongs to one client', async () => {
    await ask('a', 3_600);
    const other = cache.token({ ...client });
    fetched[1]?.resolve({ token: 'other', lifetimeSeconds: 3_600 });
    expect(await other).toBe('other');
  });
});

describe('a server that gives no token', () => {
  it('answers for all who wait', async () => {
    const asked = [cache.token(client), cache.token(client)].map((one) =>
      one.catch((error: unknown) => error),
    );
    fetched[0]?.reject(unavailable());
    const [first, second] = await Promise.all(asked);
    expect(first).toMatchObject({ code: 'ERR_HTTP_UPSTREAM_TOKEN_UNAVAILABLE' });
    expect(second).toBe(first);
    expect(failures).toHaveLength(1);
  });

  it('P10: is left alone for two seconds, and then asked again', async () => {
    expect(await fail()).toBeInstanceOf(HttpUpstreamError);
    nowMs += 1_999;
    expect(await fail()).toBeInstanceOf(HttpUpstreamError);
    expect(fetched).toHaveLength(1);
    nowMs += 1;
    expect(await ask('a', 3_600)).toBe('a');
    expect(failures).toHaveLength(1);
  });

  it('does not take away a token that still lives', async () => {
    await ask('a', 3_600);
    nowMs += 3_540_000;
    expect(await fail()).toBe('a');
    nowMs += 1_000;
    expect(await fail()).toBe('a');
    expect(fetched).toHaveLength(2);
    nowMs += 59_000;
    expect(await fail()).toBeInstanceOf(HttpUpstreamError);
  });
});

describe('a token that the service refused', () => {
  it('is replaced', async () => {
    await ask('a', 3_600);
    cache.refuse(client, 'a');
    expect(await ask('b', 3_600)).toBe('b');
  });

  it('is kept where it was replaced meanwhile', async () => {
    await ask('a', 3_600);
    cache.refuse(client, 'older');
    expect(await ask('b', 3_600)).toBe('a');
  });

  it('P10: is not replaced again and again by one that is refused as well', async () => {
    await ask('a', 3_600);
    cache.refuse(client, 'a');
    await ask('b', 3_600);
    cache.refuse(client, 'b');
    expect(await ask('c', 3_600)).toBe('b');
    nowMs += 5_000;
    cache.refuse(client, 'b');
    expect(await ask('c', 3_600)).toBe('c');
    cache.refuse(client, 'c');
    expect(await ask('d', 3_600)).toBe('c');
  });

  it('P12: is not used further while the server cannot give another', async () => {
    await ask('a', 3_600);
    cache.refuse(client, 'a');
    expect(await fail()).toBeInstanceOf(HttpUpstreamError);
    nowMs += 2_000;
    expect(await ask('b', 3_600)).toBe('b');
    cache.refuse(client, 'b');
    expect(await ask('c', 3_600)).toBe('b');
  });
});
