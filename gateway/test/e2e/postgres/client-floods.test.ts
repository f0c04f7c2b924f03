/**
 * Clients that send more than they read, prepare more than is good, or go away in the middle: the memory of the gateway, a
 * process of its own here, is bounded, and the server is not left with work for nobody (P10, P12).
 */
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { encodeSync } from '../../../src/protocols/postgres/wire/frontend/bare-frontend-messages.ts';
import { encodeBind } from '../../../src/protocols/postgres/wire/frontend/bind.ts';
import { encodeExecute } from '../../../src/protocols/postgres/wire/frontend/execute.ts';
import { encodeParse } from '../../../src/protocols/postgres/wire/frontend/parse.ts';
import { encodeQuery } from '../../../src/protocols/postgres/wire/frontend/query.ts';
import { eventually } from '../process/gateway-process.ts';
import { type MeasuredGateway, startMeasuredGateway } from '../process/measured-gateway.ts';

const MEGABYTE = 1024 * 1024;

let under: MeasuredGateway;

beforeAll(async () => {
  under = await startMeasuredGateway({});
});

afterEach(() => under.checkOthers());
afterAll(() => under.stop());

describe('floods', () => {
  it.each([
    ['queries with large answers', encodeQuery("SELECT repeat('x', 2000)")],
    ['Syncs', encodeSync()],
    ['refused texts', encodeQuery('SELEC')],
  ])(
    'P10: %s that nobody reads the answers of: memory is bounded',
    async (_, message) => {
      const before = await under.gateway.memory();
      const chunk = Buffer.concat(Array.from({ length: Math.ceil(65_536 / message.length) }, () => message));
      await using client = await under.connect();
      client.pause();
      let isBlocked = false;
      for (let i = 0; i < 1_000 && !isBlocked; i += 1) isBlocked = !(await client.sendAndDrain(chunk, 500));
      expect(isBlocked).toBe(true);
      expect(await under.growthSince(before)).toBeLessThan(24 * MEGABYTE);
    },
    120_000,
  );

  it('P10: 100,000 prepared statements: the first 10,000 are kept, the rest refused, memory is bounded', async () => {
    const before = await under.gateway.memory();
    await using client = await under.connect();
    const codes = new Set<string | undefined>();
    for (let from = 0; from < 100_000; from += 1_000) {
      const parses = Array.from({ length: 1_000 }, (_, index) =>
        encodeParse({ statement: `s${from + index}`, text: 'SELECT $1::int', parameterTypes: [] }),
      );
      const answer = await client.ask(...parses, encodeSync());
      for (const error of answer.errors) codes.add(error.code);
      expect(answer.errors.length).toBe(from < 10_000 ? 0 : 1);
    }
    expect([...codes]).toEqual(['54000']);
    expect(await under.growthSince(before)).toBeLessThan(16 * MEGABYTE);
    expect((await client.ask(encodeQuery('DEALLOCATE ALL'))).tags).toEqual(['DEALLOCATE ALL']);
    const again = encodeParse({ statement: 'again', text: 'SELECT 1', parameterTypes: [] });
    expect((await client.ask(again, encodeSync())).errors).toEqual([]);
  }, 120_000);

  it('P10: prepared statements are counted by what they take, too: no more than 32 MiB of them are kept', async () => {
    const before = await under.gateway.memory();
    await using client = await under.connect();
    const comment = `/* ${'x'.repeat(60_000)} */`;
    let kept = 0;
    for (let i = 0; i < 700; i += 1) {
      const parse = encodeParse({ statement: `s${i}`, text: `SELECT ${i} ${comment}`, parameterTypes: [] });
      if ((await client.ask(parse, encodeSync())).errors.length === 0) kept += 1;
    }
    expect(kept).toBeGreaterThan(400);
    expect(kept).toBeLessThan(560);
    expect(await under.growthSince(before)).toBeLessThan(2 * 40 * MEGABYTE);
  }, 120_000);

  it('P10: a giant Query is refused, a giant Bind is served, and neither is kept', async () => {
    const before = await under.gateway.memory();
    await using client = await under.connect();
    const query = await client.ask(encodeQuery(`SELECT '${'x'.repeat(15 * MEGABYTE)}'`));
    expect(query).toMatchObject({ closed: false, status: 'I', errors: [{ code: '42501' }] });
    const bound = await client.ask(
      encodeParse({ statement: '', text: 'SELECT length($1::text)', parameterTypes: [] }),
      encodeBind({
        portal: '',
        statement: '',
        parameterFormats: [],
        parameters: [Buffer.alloc(15 * MEGABYTE, 'x')],
        resultFormats: [],
      }),
      encodeExecute({ portal: '', maxRows: 0 }),
      encodeSync(),
    );
    expect(bound.rows).toEqual([[String(15 * MEGABYTE)]]);
    expect(await under.growthSince(before)).toBeLessThan(8 * MEGABYTE);
  });

  it('P10: a Bind of 60,000 parameters leaves a record of bounded size', async () => {
    await using client = await under.connect();
    const parameters = Array.from({ length: 60_000 }, () => Buffer.alloc(200, 1));
    const answer = await client.ask(
      encodeParse({ statement: '', text: 'SELECT 4712', parameterTypes: [] }),
      encodeBind({ portal: '', statement: '', parameterFormats: [], parameters, resultFormats: [] }),
      encodeSync(),
    );
    expect(answer).toMatchObject({ closed: false, errors: [{ code: '08P01' }] });
    const record = under.site.records().find((one) => JSON.stringify(one['request'])?.includes('4712'));
    expect(JSON.stringify(record).length).toBeLessThan(1.5 * MEGABYTE);
  });
});

describe('clients that go away', () => {
  /** What the server does for a client whose statement holds this. */
  const backends = (mark: string): Promise<readonly unknown[]> =>
    under.site.postgres.query(
      `SELECT wait_event FROM pg_stat_activity WHERE usename = 'app' AND query LIKE '%${mark}%'`,
    );

  it('P12: without having read their rows: the server is not left writing to nobody', async () => {
    {
      await using client = await under.connect();
      client.pause();
      client.send(encodeQuery("SELECT repeat('x', 1000), 'never read' FROM generate_series(1, 1000000)"));
      await eventually(async () => JSON.stringify(await backends('never read')).includes('ClientWrite'));
    }
    await eventually(async () => (await backends('never read')).length === 0);
  });

  it('P12: with messages that still wait behind a lock: the lock is no longer waited for', async () => {
    await under.site.postgres.query('CREATE TABLE locked (x int); GRANT ALL ON locked TO app');
    const locker = new pg.Client({ connectionString: under.site.postgres.url() });
    await locker.connect();
    await locker.query('BEGIN; LOCK TABLE locked');
    {
      await using client = await under.connect();
      client.send(encodeQuery('COPY locked FROM STDIN'));
      await eventually(async () => JSON.stringify(await backends('COPY locked')).includes('relation'));
      for (let i = 0; i < 3; i += 1) client.send(encodeQuery('SELECT 1'));
      await under.bystander.query('SELECT 1');
    }
    await eventually(async () => (await backends('COPY locked')).length === 0);
    await locker.end();
  });
});
