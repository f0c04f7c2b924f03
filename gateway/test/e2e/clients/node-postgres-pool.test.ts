/** Pools of node-postgres: fresh tokens by a password function, tokens that expire, hundreds of connections. */
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestGateway } from '../../support/gateway.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { startShop, stopShop } from './shop.ts';

let postgres: TestPostgres;
let gateway: TestGateway;
/** Moves the gateway's clock; tokens of the issuer keep to the real one. */
let aheadMs = 0;

beforeAll(async () => {
  postgres = await startTestPostgres({ settings: { fsync: 'off', max_connections: '330' } });
  gateway = await startShop({
    postgres,
    now: () => Date.now() + aheadMs,
    // Three hundred handshakes at once take long on a busy machine; how long is not the question here.
    listener: { handshakeTimeoutMs: 60_000 },
    resource: { connectTimeoutMs: 60_000 },
  });
});

afterAll(async () => {
  await stopShop(gateway);
  await postgres[Symbol.asyncDispose]();
});

/** Options of a pool whose password is asked for at each new connection. */
async function poolOptions(password: () => Promise<string>): Promise<pg.PoolConfig> {
  const url = new URL(await gateway.url());
  return {
    host: url.hostname,
    port: Number(url.port),
    user: 'app',
    database: 'shop',
    password,
    ssl: { ca: readFileSync(gateway.caFile) },
  };
}

describe('a pool of node-postgres', () => {
  it('takes its token from an async function, once a connection', async () => {
    let asked = 0;
    const pool = new pg.Pool({
      ...(await poolOptions(() => {
        asked += 1;
        return gateway.issuer.token();
      })),
      max: 2,
    });
    try {
      await Promise.all(Array.from({ length: 20 }, () => pool.query('SELECT count(*) FROM orders')));
      expect(asked).toBe(2);
    } finally {
      await pool.end();
    }
  });

  it('P12: a token that expired fails the next statement with 28000, and the pool goes on with a fresh one', async () => {
    const expiresIn = [60, 7200];
    const pool = new pg.Pool({
      ...(await poolOptions(() => gateway.issuer.token({ expiresIn: expiresIn.shift() ?? 7200 }))),
      max: 1,
    });
    // No 'error' listener: an idle connection that the gateway closed by itself would end this process.
    try {
      await pool.query('SELECT 1');
      aheadMs = 600_000;
      await expect(pool.query('SELECT 1')).rejects.toMatchObject({
        code: '28000',
        message: expect.stringContaining('token expired'),
      });
      expect((await pool.query('SELECT 2 AS two')).rows).toEqual([{ two: 2 }]);
    } finally {
      aheadMs = 0;
      await pool.end();
    }
  });

  it('refuses an expired and a foreign token at login, without a crash', async () => {
    const expired = new pg.Pool({ ...(await poolOptions(() => gateway.issuer.token({ expiresIn: -600 }))) });
    const foreign = new pg.Pool({
      ...(await poolOptions(() => gateway.issuer.token({ audience: 'another' }))),
    });
    await expect(expired.query('SELECT 1')).rejects.toMatchObject({ code: '28000' });
    await expect(foreign.query('SELECT 1')).rejects.toMatchObject({ code: '28000' });
    await Promise.all([expired.end(), foreign.end()]);
  });

  it('P9: a refused statement does not cost the connection', async () => {
    const pool = new pg.Pool({ ...(await poolOptions(() => gateway.issuer.token())), max: 1 });
    let connects = 0;
    pool.on('connect', () => {
      connects += 1;
    });
    try {
      const client = await pool.connect();
      await expect(client.query('DROP TABLE orders')).rejects.toMatchObject({ code: '42501' });
      client.release();
      expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
      expect(connects).toBe(1);
      // pool.query itself throws a connection away after any error.
      await expect(pool.query('DROP TABLE orders')).rejects.toMatchObject({ code: '42501' });
      expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
      expect(connects).toBe(2);
    } finally {
      await pool.end();
    }
  });

  it('holds 300 connections at once, all of them working', async () => {
    let asked = 0;
    const password = (): Promise<string> => {
      asked += 1;
      return gateway.issuer.token({ sub: `agent-${asked % 3}` });
    };
    const pool = new pg.Pool({ ...(await poolOptions(password)), max: 300 });
    const clients = await Promise.all(Array.from({ length: 300 }, () => pool.connect()));
    try {
      const answers = await Promise.all(
        clients.map((client, index) => client.query('SELECT $1::int AS n', [index])),
      );
      expect(answers.map((answer) => answer.rows[0]?.n)).toEqual(
        Array.from({ length: 300 }, (_, index) => index),
      );
      const sessions = "SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename = 'app'";
      expect(await postgres.query(sessions)).toEqual([{ n: 300 }]);
    } finally {
      for (const client of clients) client.release();
      await pool.end();
    }
  });
});
