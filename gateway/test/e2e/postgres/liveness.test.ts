/** Sessions that end, stall, expire or are killed, and that none of it touches another. */
import { connect } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({
    identity: { expiryGraceMs: 0 },
    listener: { handshakeTimeoutMs: 8_000 },
  });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
});

async function client(claims = {}): Promise<pg.Client> {
  const made = new pg.Client({ connectionString: await gateway.url({ claims }) });
  made.on('error', () => undefined);
  await made.connect();
  return made;
}

/** Polls the server until `text` gives a row, for at most 10 s. */
async function eventually(text: string): Promise<void> {
  const until = Date.now() + 10_000;
  while ((await gateway.postgres.query(text)).length === 0) {
    if (Date.now() > until) throw new Error(`not within 10 s: ${text}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const RUNNING =
  "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(%' AND state = 'active' AND usename = 'app'";
const NOT_RUNNING = `SELECT 1 WHERE NOT EXISTS (${RUNNING})`;

describe('liveness', () => {
  it('a client’s cancel reaches the server by the gateway’s own key, and the session lives on', async () => {
    const one = await client();
    const slow = one.query('SELECT pg_sleep(60)');
    slow.catch(() => undefined);
    await eventually(RUNNING);
    const { processID, secretKey } = one as unknown as { processID: number; secretKey: number };
    const cancelWith = async (key: number): Promise<void> => {
      const socket = connect(gateway.port, gateway.host);
      const packet = Buffer.alloc(16);
      packet.writeInt32BE(16, 0);
      packet.writeInt32BE(80_877_102, 4);
      packet.writeInt32BE(processID, 8);
      packet.writeInt32BE(key, 12);
      socket.end(packet);
      await new Promise((resolve) => socket.once('close', resolve).resume());
    };
    await cancelWith(secretKey ^ 1);
    expect(await gateway.postgres.query(RUNNING)).toHaveLength(1);
    await cancelWith(secretKey);
    await expect(slow).rejects.toMatchObject({ code: '57014' });
    expect((await one.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await one.end();
  });

  it('P12: a client that goes away mid-query has its work cancelled upstream', async () => {
    const one = await client();
    one.query('SELECT pg_sleep(61)').catch(() => undefined);
    await eventually(RUNNING);
    (one as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    await eventually(NOT_RUNNING);
  });

  it('P10: clients that stall at any point of the handshake delay nobody', async () => {
    const starts = ['', '\0', '\0\0\0\x08', '\0\0\0\x08\x04\xd2\x16\x2f', '\x16\x03\x01'];
    const stalled = Array.from({ length: 60 }, (_, index) => {
      const socket = connect(gateway.port, gateway.host);
      socket.on('error', () => undefined);
      socket.write(Buffer.from(starts[index % starts.length] ?? '', 'latin1'));
      return socket;
    });
    const one = await client();
    expect((await one.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await one.end();
    // The handshake deadline ends them; nobody needs to wait for it but this line.
    await Promise.all(
      stalled.map((socket) => new Promise((resolve) => socket.once('close', resolve).resume())),
    );
  });

  it('P10: a client that does not read its rows does not hold up another', async () => {
    const lazy = await client();
    const stream = (lazy as unknown as { connection: { stream: { pause(): void; destroy(): void } } })
      .connection.stream;
    lazy.query("SELECT repeat('x', 1000) FROM generate_series(1, 200000)").catch(() => undefined);
    stream.pause();
    const one = await client();
    for (let i = 0; i < 20; i += 1) await one.query('SELECT $1::int', [i]);
    await one.end();
    stream.destroy();
  });

  it('P12: vulnerability class 14: an idle session whose token expired is told on its next statement, not killed before', async () => {
    const one = await client({ expiresIn: 2 });
    let ended = false;
    one.on('end', () => {
      ended = true;
    });
    await eventually("SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE usename = 'app')");
    expect(ended).toBe(false);
    await expect(one.query('SELECT 1')).rejects.toMatchObject({
      code: '28000',
      message: expect.stringMatching(/token expired/),
    });
  });

  it('P12: work in flight is cancelled at expiry', async () => {
    const one = await client({ expiresIn: 2 });
    await expect(one.query('SELECT pg_sleep(62)')).rejects.toMatchObject({ code: '28000' });
    await eventually(NOT_RUNNING);
  });
});
