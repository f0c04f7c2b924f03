import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UpstreamConnection } from './connection.ts';
import { UpstreamPool } from './pool.ts';

let server: Server;
const accepted: Socket[] = [];

beforeAll(async () => {
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    accepted.push(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  for (const socket of accepted) socket.destroy();
  server.close();
});

async function open(): Promise<{ readonly connection: UpstreamConnection; readonly socket: Socket }> {
  const { port } = server.address() as { readonly port: number };
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  const count = accepted.length;
  await expect.poll(() => accepted.length).toBeGreaterThan(count);
  return { connection: new UpstreamConnection(socket), socket };
}

describe('kept connections', () => {
  it('are given to their own key alone, once', async () => {
    const pool = new UpstreamPool();
    const { connection } = await open();
    pool.give('a', connection, 10_000);
    expect(pool.take('b')).toBeUndefined();
    expect(pool.take('a')).toBe(connection);
    expect(pool.take('a')).toBeUndefined();
    connection.destroy();
  });

  it('P10: are no more than 64 of a key, and none where none are to be kept', async () => {
    const pool = new UpstreamPool();
    const all = [];
    for (let index = 0; index < 65; index += 1) all.push(await open());
    for (const { connection } of all) pool.give('a', connection, 10_000);
    expect(all.map(({ socket }) => socket.destroyed)).toEqual([...Array<boolean>(64).fill(false), true]);
    const { connection, socket } = await open();
    pool.give('b', connection, 0);
    expect(socket.destroyed).toBe(true);
    for (const one of all) one.connection.destroy();
  });

  it('P10: are closed when they have rested long enough', async () => {
    const pool = new UpstreamPool();
    const { connection, socket } = await open();
    pool.give('a', connection, 1);
    await expect.poll(() => socket.destroyed, { timeout: 10_000 }).toBe(true);
    expect(pool.take('a')).toBeUndefined();
  });

  it('P3: are not used again when the service sent what nobody asked for, or closed', async () => {
    const pool = new UpstreamPool();
    const talkative = await open();
    pool.give('a', talkative.connection, 10_000);
    accepted.at(-1)?.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    await expect.poll(() => talkative.connection.isIdle).toBe(false);
    expect(pool.take('a')).toBeUndefined();
    expect(talkative.socket.destroyed).toBe(true);
    const closed = await open();
    pool.give('a', closed.connection, 10_000);
    accepted.at(-1)?.end();
    await expect.poll(() => closed.socket.destroyed).toBe(true);
    expect(pool.take('a')).toBeUndefined();
  });
});
