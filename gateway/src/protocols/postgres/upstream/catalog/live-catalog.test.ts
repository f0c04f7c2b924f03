import { describe, expect, it } from 'vitest';
import { CatalogCache, type Knowledge } from './catalog-cache.ts';
import { LiveCatalog } from './live-catalog.ts';
import { ServerCatalog } from './server-catalog.ts';

const MINUTE = 60_000;
const KNOWLEDGE = { catalog: new ServerCatalog([]), routines: {} as Knowledge['routines'] };

/** A live catalog that tells with which word it asked. */
function open() {
  const clock = { nowMs: 0 };
  const asked: boolean[] = [];
  const live = new LiveCatalog(undefined, {
    cache: new CatalogCache(() => clock.nowMs),
    place: { resource: 'host:5432', database: 'shop', user: 'app' },
    nowMs: () => clock.nowMs,
    load: (isChanging) => {
      asked.push(isChanging);
      return Promise.resolve(KNOWLEDGE);
    },
    onRenewed: () => undefined,
    onFailed: (error) => {
      throw error;
    },
  });
  return { live, asked, clock };
}

describe('the catalog of a session', () => {
  it('P10: is asked for as one that changes only after this session changed the structure, and once for that', async () => {
    const { live, asked, clock } = open();
    await live.renew();
    clock.nowMs += MINUTE;
    await live.renew();
    expect(asked).toEqual([false, false]);
    live.forget();
    expect(live.isCurrent).toBe(false);
    await live.renew();
    expect(live.isCurrent).toBe(true);
    clock.nowMs += MINUTE;
    await live.renew();
    expect(asked).toEqual([false, false, true, false]);
  });
});
