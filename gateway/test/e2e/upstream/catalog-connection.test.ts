/** The gateway's own connection beside a session: what it answers is what the database is at that moment. */
import { describe, expect, test } from 'vitest';
import {
  CatalogConnection,
  type CatalogConnectionOptions,
  KeptConnections,
} from '../../../src/protocols/postgres/catalog-connection.ts';
import { postgresResourceSchema } from '../../../src/protocols/postgres/config.ts';
import { CatalogCache } from '../../../src/protocols/postgres/upstream/catalog/catalog-cache.ts';
import type { UpstreamConnection } from '../../../src/protocols/postgres/upstream.ts';
import type { ServerOrigin } from './cluster.ts';
import { PASSWORD, useRealUpstream } from './real-upstream.ts';

const HOUR = 3_600_000;

describe.each<ServerOrigin>(['npm', 'debian'])(
  'beside a session on a real PostgreSQL (from %s)',
  (origin) => {
    const upstream = useRealUpstream(origin);
    const sql = (text: string): Promise<unknown> => upstream.cluster().sql(text);

    function open(user: string, more: Partial<CatalogConnectionOptions> = {}) {
      const dialled: UpstreamConnection[] = [];
      const over = new AbortController();
      const kept = new KeptConnections();
      const clock = { nowMs: 0 };
      const asking = new CatalogConnection({
        resource: postgresResourceSchema.parse({
          host: 'localhost',
          database: 'postgres',
          accounts: [{ name: user, credential: { none: true } }],
        }),
        account: user,
        dial: async () => {
          // A new cache each time, so that nothing of an earlier answer can be used.
          const options = { catalogs: new CatalogCache(() => 0) };
          const connection = await upstream.connect(user, { options });
          dialled.push(connection);
          return connection;
        },
        nowMs: () => clock.nowMs,
        kept,
        signal: over.signal,
        idleMs: HOUR,
        ...more,
      });
      return { asking, dialled, kept, clock, over, [Symbol.dispose]: () => over.abort() };
    }

    const isClosed = ({ socket }: UpstreamConnection): Promise<void> =>
      new Promise((resolve) => {
        if (socket.closed) resolve();
        else socket.once('close', () => resolve());
      });

    test('P3: one connection answers again and again, each time with what others have changed meanwhile', async () => {
      using opened = open('app');
      const { asking, dialled, kept } = opened;
      await sql('DROP TABLE IF EXISTS meanwhile CASCADE; DROP FUNCTION IF EXISTS public.lower(int)');
      for (let round = 0; round < 4; round += 1) {
        const before = await asking.ask({ keep: true });
        expect(before.catalog.relation('public', 'meanwhile')).toBeUndefined();
        expect(before.routines.functions.has('lower')).toBe(false);
        await sql('CREATE TABLE meanwhile (id int); CREATE VIEW seen AS SELECT id FROM meanwhile');
        await sql(`CREATE FUNCTION public.lower(int) RETURNS int LANGUAGE sql AS 'SELECT 1'`);
        const after = await asking.ask({ keep: true });
        expect(after.catalog.relation('public', 'meanwhile')?.columns).toHaveLength(1);
        expect(after.catalog.relation('public', 'seen')?.reads).toEqual([['public', 'meanwhile']]);
        expect(after.routines.functions.get('lower')).toEqual(['public']);
        await sql('ALTER TABLE meanwhile ADD COLUMN more text');
        const columns = (await asking.ask({ keep: true })).catalog.relation('public', 'meanwhile')?.columns;
        expect(columns?.map(({ name }) => name)).toEqual(['id', 'more']);
        await sql('DROP TABLE meanwhile CASCADE; DROP FUNCTION public.lower(int)');
      }
      expect([dialled.length, kept.taken]).toEqual([1, 1]);
    });

    test('P3: where it has died, a new one answers', async () => {
      using opened = open('app');
      const { asking, dialled, kept } = opened;
      for (let round = 1; round <= 3; round += 1) {
        await asking.ask({ keep: true });
        await sql(`CREATE TABLE died${round} (id int)`);
        expect((await asking.ask({ keep: true })).catalog.relation('public', `died${round}`)).toBeDefined();
        await sql(`SELECT pg_terminate_backend(${dialled.at(-1)?.cancelKey.processId})`);
        await sql(`DROP TABLE died${round}`);
        expect((await asking.ask({ keep: true })).catalog.relation('public', `died${round}`)).toBeUndefined();
        expect([dialled.length, kept.taken]).toEqual([1 + round, 1]);
      }
      await Promise.all(dialled.slice(0, -1).map(isClosed));
    });

    test('P3: a login that may do more meanwhile is refused, as at the start', async () => {
      await sql(`DROP ROLE IF EXISTS riser; CREATE ROLE riser LOGIN PASSWORD '${PASSWORD}'`);
      using opened = open('riser');
      const { asking, dialled, kept } = opened;
      await asking.ask({ keep: true });
      await asking.ask({ keep: true });
      await sql('ALTER ROLE riser SUPERUSER');
      await expect(asking.ask({ keep: true })).rejects.toMatchObject({ code: 'ERR_UPSTREAM_SUPERUSER' });
      expect([dialled.length, kept.taken]).toEqual([1, 0]);
      await sql('ALTER ROLE riser NOSUPERUSER');
      await asking.ask({ keep: true });
      expect([dialled.length, kept.taken]).toEqual([2, 1]);
    });

    test('P10: it ends when it is old, when nobody asks, and with the session', async () => {
      using opened = open('app');
      const { asking, dialled, kept, clock, over } = opened;
      await asking.ask({ keep: true });
      clock.nowMs += 9_999;
      await asking.ask({ keep: true });
      clock.nowMs += 1;
      await asking.ask({ keep: true });
      expect([dialled.length, kept.taken]).toEqual([2, 1]);
      over.abort();
      await asking.ask({ keep: true });
      expect([dialled.length, kept.taken]).toEqual([3, 0]);
      using hasty = open('app', { idleMs: 1 });
      await hasty.asking.ask({ keep: true });
      await Promise.all([...dialled, ...hasty.dialled].map(isClosed));
      expect(hasty.kept.taken).toBe(0);
    });

    test('P10: a renewal keeps none, and gives back the one that a change of the structure left', async () => {
      using opened = open('app');
      const { asking, dialled, kept } = opened;
      await asking.ask({ keep: false });
      expect([dialled.length, kept.taken]).toEqual([1, 0]);
      await asking.ask({ keep: true });
      expect([dialled.length, kept.taken]).toEqual([2, 1]);
      await asking.ask({ keep: false });
      expect([dialled.length, kept.taken]).toEqual([2, 0]);
      await Promise.all(dialled.map(isClosed));
    });

    test('P10: where many are kept, none is kept beyond', async () => {
      using opened = open('app');
      const { asking, dialled, kept } = opened;
      kept.taken = 64;
      await asking.ask({ keep: true });
      await asking.ask({ keep: true });
      expect([dialled.length, kept.taken]).toEqual([2, 64]);
      await Promise.all(dialled.map(isClosed));
    });
  },
);
