import { beforeAll, describe, expect, test } from 'vitest';
import { ComputedFields } from '../../../src/protocols/postgres/masking/computed-columns.ts';
import type { CatalogType } from '../../../src/protocols/postgres/masking/result-catalog.ts';
import { ResultMask } from '../../../src/protocols/postgres/masking/result-mask.ts';
import { readRows } from '../../../src/protocols/postgres/masking/testing/drive.ts';
import { Collector, detecting, whole } from '../../../src/protocols/postgres/masking/testing/fixtures.ts';
import type { ResponseMask } from '../../../src/protocols/postgres/masking/value-mask.ts';
import { ARRAYS, SCALARS } from '../../../src/protocols/postgres/masking/value-types/builtin-types.ts';
import { CatalogCache } from '../../../src/protocols/postgres/upstream/catalog/catalog-cache.ts';
import type { ServerCatalog } from '../../../src/protocols/postgres/upstream/catalog/server-catalog.ts';
import { MessageChannel } from '../../../src/protocols/postgres/upstream/message-channel.ts';
import type { UpstreamConnection } from '../../../src/protocols/postgres/upstream.ts';
import { encodeSync } from '../../../src/protocols/postgres/wire/frontend/bare-frontend-messages.ts';
import { encodeBind } from '../../../src/protocols/postgres/wire/frontend/bind.ts';
import { encodeDescribe } from '../../../src/protocols/postgres/wire/frontend/describe.ts';
import { encodeExecute } from '../../../src/protocols/postgres/wire/frontend/execute.ts';
import { encodeParse } from '../../../src/protocols/postgres/wire/frontend/parse.ts';
import type { ServerOrigin } from './cluster.ts';
import { useRealUpstream } from './real-upstream.ts';

const SCHEMA = `
CREATE SCHEMA app;
CREATE TYPE app.mood AS ENUM ('sad', 'fine');
CREATE DOMAIN app.mail AS text CHECK (value LIKE '%@%');
CREATE TYPE app.address AS (street text, zip int);
CREATE TYPE app.span AS RANGE (subtype = text);
CREATE TABLE app.customers (id int PRIMARY KEY, email text, mood app.mood, home app.address, homes app.address[],
  work app.mail, lower_email text GENERATED ALWAYS AS (lower(email)) STORED, gone int, tags text[], doc jsonb,
  born date, seen timestamptz, amount numeric(10,2), token uuid, flag bool, big int8, small int2, ratio float8,
  addr inet, raw bytea, period int4range, labels app.span, UNIQUE (email, id));
ALTER TABLE app.customers DROP COLUMN gone;
INSERT INTO app.customers VALUES (1, 'MASKED@example.com', 'sad', ('MASKED', 7), ARRAY[('MASKED', 7)::app.address], 'MASKED@x.y', DEFAULT,
  '{MASKED,NULL}', '{"a":"MASKED"}', '1980-02-03', '2020-01-01 10:00+00', 12.50, '0189ab12-0000-7000-8000-0000000000aa', true, 4242424242, 4242, 4242.5,
  '10.4.2.42', 'MASKED', '[42,4242)', '[MASKED,MASKEE]');
CREATE VIEW app.v AS SELECT id, email AS contact FROM app.customers;
CREATE VIEW app.vv AS SELECT contact FROM app.v;
CREATE VIEW app.filtered AS SELECT id FROM app.customers WHERE email <> '';
CREATE MATERIALIZED VIEW app.m AS SELECT c.*::text AS everything FROM app.customers c;
CREATE FUNCTION app.any_text() RETURNS text LANGUAGE sql AS 'SELECT 1::text';
CREATE VIEW app.calls AS SELECT app.any_text() AS x;
CREATE VIEW app.reads AS SELECT query_to_xml('select 1', true, true, '') AS x;
CREATE VIEW app.stats AS SELECT most_common_vals::text AS x FROM pg_stats;
CREATE VIEW app.harmless AS SELECT relname, lower(relname) AS low FROM pg_class;
CREATE TABLE app.parted (id int, email text) PARTITION BY LIST (id);
CREATE TABLE app.part1 PARTITION OF app.parted FOR VALUES IN (1) PARTITION BY LIST (id);
CREATE TABLE app.part1a PARTITION OF app.part1 FOR VALUES IN (1);
CREATE TABLE app."Odd.Name" ("E-Mail" text);
CREATE SEQUENCE app.numbers;
GRANT USAGE ON SCHEMA app TO PUBLIC; GRANT SELECT ON ALL TABLES IN SCHEMA app TO PUBLIC;
`;

describe.each<ServerOrigin>(['npm', 'debian'])('the catalog of a real PostgreSQL (from %s)', (origin) => {
  const upstream = useRealUpstream(origin);
  let connection: UpstreamConnection;
  let catalog: ServerCatalog;

  const connect = async (): Promise<UpstreamConnection> =>
    upstream.connect('app', { options: { catalogs: new CatalogCache(() => 0) } });

  beforeAll(async () => {
    if (!upstream.isStarted()) return;
    await upstream.cluster().sql(SCHEMA);
    connection = await connect();
    if (connection.known === undefined) throw new Error('there is no catalog');
    catalog = connection.known.catalog;
    return () => connection.socket.destroy();
  });

  const oidOf = async (name: string): Promise<number> =>
    Number((await upstream.cluster().sql(`SELECT '${name}'::regclass::oid::int8 AS oid`))[0]?.['oid']);

  test('relations have their columns, kinds and keys', () => {
    const customers = catalog.relation('app', 'customers');
    expect(customers).toMatchObject({ kind: 'table', carries: [], ancestors: [] });
    expect(customers?.columns.slice(0, 2).map(({ number, name, type }) => [number, name, type])).toEqual([
      [1, 'id', 23],
      [2, 'email', 25],
    ]);
    expect(customers?.columns.find(({ name }) => name === 'lower_email')?.isGenerated).toBe(true);
    expect(customers?.columns.some(({ number }) => number === 8)).toBe(false);
    expect(customers?.keys).toEqual(expect.arrayContaining([['id'], ['email', 'id']]));
    expect(catalog.relation('app', 'Odd.Name')?.columns[0]?.name).toBe('E-Mail');
    expect(catalog.relation('app', 'nothing')).toBeUndefined();
    expect(catalog.relation('app', 'address')).toBeUndefined();
    expect(catalog.relation('app', 'numbers')).toMatchObject({ kind: 'sequence', carries: [] });
    expect(['v', 'm'].map((name) => catalog.relation('app', name)?.kind)).toEqual(['view', 'matview']);
  });

  test('P5: views carry what they read, through views; a whole row is every column; functions may read anything', () => {
    const email = ['app', 'customers', 'email'];
    const carries = (name: string): unknown => catalog.relation('app', name)?.carries;
    const shows = (name: string, column: string): unknown => catalog.relation('app', name)?.shows.get(column);
    expect([carries('v'), carries('vv')]).toEqual([[], []]);
    expect(shows('v', 'contact')).toEqual(expect.arrayContaining([email]));
    expect(shows('vv', 'contact')).toEqual(expect.arrayContaining([['app', 'v', 'contact'], email]));
    expect(carries('filtered')).toEqual(expect.arrayContaining([email]));
    expect(carries('m')).toEqual(expect.arrayContaining([email, ['app', 'customers', 'doc']]));
    expect(['calls', 'reads', 'stats'].map(carries)).toEqual([undefined, undefined, undefined]);
    expect(carries('harmless')).toEqual([]);
  });

  test('P5: a generated column carries the columns that it is made of', async () => {
    const number =
      catalog.relation('app', 'customers')?.columns.find(({ name }) => name === 'lower_email')?.number ?? 0;
    const lowered = catalog.column(await oidOf('app.customers'), number);
    expect(lowered).toMatchObject({ carries: [], madeOf: [['app', 'customers', 'email']] });
  });

  test('P5: partitions know their ancestors, and these the partitions', async () => {
    expect(catalog.relation('app', 'part1a')?.ancestors.map(([, name]) => name)).toEqual(['part1', 'parted']);
    expect(catalog.relation('app', 'part1a')?.kind).toBe('partition');
    const names = catalog.column(await oidOf('app.parted'), 2)?.names.map(([, table]) => table);
    expect(names).toEqual(['parted', 'part1', 'part1a']);
    expect(catalog.column(await oidOf('app.parted'), -1)?.names[0]?.[2]).toBe('ctid');
    expect(catalog.column(await oidOf('app.parted'), 9)).toBeUndefined();
  });

  test('types are resolved', async () => {
    const rows = await upstream
      .cluster()
      .sql(`SELECT typname AS name, oid::int8 AS oid FROM pg_type WHERE oid >= 16384`);
    const type = (name: string): CatalogType | undefined =>
      catalog.type(Number(rows.find((row) => row['name'] === name)?.['oid']));
    expect(type('mood')).toEqual({ kind: 'enum' });
    expect(type('mail')).toEqual({ kind: 'domain', base: 25 });
    expect(type('span')).toEqual({ kind: 'range' });
    expect(type('address')).toMatchObject({
      kind: 'composite',
      attributes: [{ name: 'street' }, { name: 'zip' }],
    });
    expect(type('_address')).toMatchObject({ kind: 'array', delimiter: ',' });
    expect(type('customers')).toMatchObject({ kind: 'composite', relation: await oidOf('app.customers') });
  });

  test('the oids of built-in types are those of the server', async () => {
    const rows = await upstream
      .cluster()
      .sql(
        `SELECT oid::int8 AS oid, typelem::int8 AS element, typarray::int8 AS array FROM pg_type WHERE oid < 10000`,
      );
    const byOid = new Map(rows.map((row) => [Number(row['oid']), row]));
    for (const [array, element] of ARRAYS) {
      if (byOid.has(array)) expect([array, Number(byOid.get(array)?.['element'])]).toEqual([array, element]);
    }
    for (const oid of SCALARS.keys()) {
      const array = Number(byOid.get(oid)?.['array'] ?? 0);
      if (array !== 0) expect([oid, ARRAYS.get(array)]).toEqual([oid, oid]);
    }
  });

  describe.each(['text', 'binary'] as const)('a real result in %s format', (format) => {
    const rowOf = async (
      masks: readonly ResponseMask[],
      sql: string,
    ): Promise<readonly (Buffer | null)[]> => {
      const mask = new ResultMask({ masks, catalog, computed: new ComputedFields([]) });
      const sink = new Collector();
      const channel = new MessageChannel(connection.socket);
      const portal = { kind: 'portal', name: '' } as const;
      const bind = {
        portal: '',
        statement: '',
        parameterFormats: [],
        parameters: [],
        resultFormats: [format],
      };
      const parse = encodeParse({ statement: '', text: sql, parameterTypes: [] });
      const execute = encodeExecute({ portal: '', maxRows: 0 });
      channel.send(Buffer.concat([parse, encodeBind(bind), encodeDescribe(portal), execute, encodeSync()]));
      for (;;) {
        const { type, bytes, start, end } = await channel.receive();
        if (type === 0x45) throw new Error(bytes.toString('utf8', start, end));
        if (type === 0x54) mask.rowDescription(bytes, start, end);
        if (type === 0x44) {
          mask.dataRow(bytes, { start, end, first: true, last: true }, sink);
          mask.flush(sink);
        }
        if (type === 0x5a) break;
      }
      channel.detach();
      return readRows(sink.bytes)[0] ?? [];
    };
    const columns =
      'id, email, mood, home, homes, work, lower_email, tags, doc, born, seen, amount, token, flag, big, small, ratio, addr, raw, period, labels';

    test.each(['null', 'redact', 'fixed', 'pseudonym', 'partial'] as const)(
      'P5: under %s no column of the table tells its value, and every value is one of its type',
      async (method) => {
        const got = await rowOf([whole(['app.customers.*'], method)], `SELECT ${columns} FROM app.customers`);
        const all = Buffer.concat(got.map((value) => value ?? Buffer.alloc(0)));
        for (const value of ['MASKED', 'ASKE', '4242', '0189ab12', '1980'])
          expect(all.includes(value)).toBe(false);
        if (method === 'null') expect(got.every((value) => value === null)).toBe(true);
        if (format === 'binary') return;
        const names = columns.split(', ');
        const casts = names.map((name, index) => {
          const value = got[index];
          const literal =
            value === null || value === undefined ? 'NULL' : `'${value.toString().replaceAll("'", "''")}'`;
          // The domain's check is no part of what a client reads.
          return name === 'work'
            ? 'true'
            : `CAST(${literal} AS ${TYPES[name] ?? 'text'}) IS NOT DISTINCT FROM NULL`;
        });
        await upstream.cluster().sql(`SELECT ${casts.join(', ')}`);
      },
    );

    test('P5: columns of views are masked as what they show, or NULL; generated columns too; clean ones are untouched', async () => {
      const masks = [whole(['*.email'], 'redact')];
      expect((await rowOf(masks, 'SELECT contact FROM app.vv')).map(String)).toEqual(['[redacted]']);
      expect(await rowOf(masks, 'SELECT id FROM app.filtered')).toEqual([null]);
      const [id, lowered, flag] = await rowOf(masks, 'SELECT id, lower_email, flag FROM app.customers');
      expect([lowered, id?.at(-1), flag?.length]).toEqual([null, format === 'text' ? 0x31 : 1, 1]);
    });

    test('P5: a masked attribute inside of a composite value, and of an array of them', async () => {
      const got = await rowOf([whole(['address.street'], 'redact')], 'SELECT home, homes FROM app.customers');
      expect(got.map((value) => [value?.includes('MASKED'), value?.includes('[redacted]')])).toEqual([
        [false, true],
        [false, true],
      ]);
    });

    test('P5: detectors look into every column', async () => {
      const got = await rowOf([detecting([], ['email'])], `SELECT ${columns} FROM app.customers`);
      const all = Buffer.concat(got.map((value) => value ?? Buffer.alloc(0)));
      expect([all.includes('@example'), all.includes('@x.y')]).toEqual([false, true]);
      expect(all.includes('MASKED')).toBe(true);
    });
  });

  test('P10: the catalog of another session is used while it is young', async () => {
    let nowMs = 0;
    const catalogs = new CatalogCache(() => nowMs);
    const load = async (): Promise<ServerCatalog | undefined> => {
      const one = await upstream.connect('app', { options: { catalogs } });
      one.socket.destroy();
      return one.known?.catalog;
    };
    const first = await load();
    expect(await load()).toBe(first);
    nowMs = 30_000;
    expect(await load()).not.toBe(first);
  });
});

const TYPES: Readonly<Record<string, string>> = {
  id: 'int4',
  mood: 'app.mood',
  home: 'app.address',
  homes: 'app.address[]',
  tags: 'text[]',
  doc: 'jsonb',
  born: 'date',
  seen: 'timestamptz',
  amount: 'numeric(10,2)',
  token: 'uuid',
  flag: 'bool',
  big: 'int8',
  small: 'int2',
  ratio: 'float8',
  addr: 'inet',
  raw: 'bytea',
  period: 'int4range',
  labels: 'app.span',
};
