/** node-postgres's companions: pg-cursor, pg-query-stream, pg-copy-streams, and notifications. */
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import Cursor from 'pg-cursor';
import QueryStream from 'pg-query-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestGateway } from '../../support/gateway.ts';
import { startShop, stopShop } from './shop.ts';

let gateway: TestGateway;
let client: pg.Client;

beforeAll(async () => {
  gateway = await startShop();
  client = new pg.Client({ connectionString: await gateway.url() });
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await stopShop(gateway);
});

describe('pg-cursor', () => {
  it('reads page by page, and the connection is free when it is closed early', async () => {
    const cursor = client.query(new Cursor<{ id: number }>('SELECT id FROM readings ORDER BY id'));
    const first = await cursor.read(100);
    const second = await cursor.read(100);
    await cursor.close();
    expect([first.length, second.length, second.at(-1)?.id]).toEqual([100, 100, 200]);
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('P9: reports a refusal and leaves the connection usable', async () => {
    const cursor = client.query(new Cursor('SELECT * FROM integration_tokens WHERE id = $1', [1]));
    await expect(cursor.read(1)).rejects.toMatchObject({ code: '42501' });
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });
});

describe('pg-query-stream', () => {
  it('streams 100,000 rows through one portal', async () => {
    const stream = client.query(new QueryStream('SELECT id FROM readings', [], { batchSize: 5000 }));
    let rows = 0;
    for await (const _ of stream) rows += 1;
    expect(rows).toBe(100_000);
  });

  it('may be left half-way', async () => {
    const stream = client.query(new QueryStream('SELECT id FROM readings', [], { batchSize: 10 }));
    for await (const _ of stream) break;
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });
});

describe('pg-copy-streams', () => {
  it('copies in and out', async () => {
    const lines = Array.from({ length: 5000 }, (_, index) => `copied${index}@example.org\tCopied ${index}\n`);
    const target = client.query(copyFrom('COPY customers (email, name) FROM STDIN'));
    await pipeline(Readable.from(lines), target);
    expect(target.rowCount).toBe(5000);
    const source = client.query(
      copyTo("COPY (SELECT email FROM customers WHERE name LIKE 'Copied%') TO STDOUT"),
    );
    const chunks: Buffer[] = [];
    for await (const chunk of source) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString().trimEnd().split('\n')).toHaveLength(5000);
  });

  it('rolls a failed COPY back', async () => {
    const target = client.query(copyFrom('COPY customers (email, name) FROM STDIN'));
    const twice = Readable.from(['twice@example.org\tA\n', 'twice@example.org\tB\n']);
    await expect(pipeline(twice, target)).rejects.toMatchObject({ code: '23505' });
    const { rowCount } = await client.query("SELECT 1 FROM customers WHERE email = 'twice@example.org'");
    expect(rowCount).toBe(0);
  });

  it('P9: a refused COPY leaves the connection usable', async () => {
    const target = client.query(copyFrom('COPY integration_tokens FROM STDIN'));
    await expect(pipeline(Readable.from(['9\tx\n']), target)).rejects.toMatchObject({ code: '42501' });
    const source = client.query(copyTo('COPY integration_tokens TO STDOUT'));
    await expect(source.toArray()).rejects.toMatchObject({ code: '42501' });
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });
});

describe('LISTEN and NOTIFY', () => {
  it('delivers what another session sends, on channels the policy names', async () => {
    const listener = new pg.Client({ connectionString: await gateway.url() });
    await listener.connect();
    try {
      await listener.query('LISTEN jobs');
      const heard = once(listener, 'notification');
      await client.query("NOTIFY jobs, 'order 7'");
      expect((await heard)[0]).toMatchObject({ channel: 'jobs', payload: 'order 7' });
      await expect(listener.query('LISTEN audit')).rejects.toMatchObject({ code: '42501' });
      await listener.query('UNLISTEN *');
    } finally {
      await listener.end();
    }
  });
});
