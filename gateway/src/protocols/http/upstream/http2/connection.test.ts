import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Http2UpstreamConnection } from './connection.ts';

/** SETTINGS without values, and their acknowledgement. */
const SETTINGS = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0]);

let server: Server;
const sockets: Socket[] = [];

beforeAll(async () => {
  // It never closes by itself.
  server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.write(SETTINGS);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

/** A connection on which the service has spoken already. */
async function dialled(): Promise<Socket> {
  const { port } = server.address() as { readonly port: number };
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  await once(socket, 'readable');
  return socket;
}

const open = (socket: Socket, signal: AbortSignal): Promise<Http2UpstreamConnection> =>
  Http2UpstreamConnection.open(socket, { scheme: 'http', timeoutMs: 5_000, signal });

describe('the beginning of a connection of HTTP/2', () => {
  it('waits for what the service takes', async () => {
    const connection = await open(await dialled(), new AbortController().signal);
    expect(connection.hasRoom).toBe(true);
    connection.destroy();
  });

  it('P10: ends also where the service does not close', async () => {
    const socket = await dialled();
    const connection = await open(socket, new AbortController().signal);
    connection.close();
    expect(connection.hasRoom).toBe(false);
    await expect.poll(() => socket.destroyed, { timeout: 20_000 }).toBe(true);
  });

  it('P10: may be called off before it begins, and at once behind that', async () => {
    const early = await dialled();
    await expect(open(early, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
    expect(early.destroyed).toBe(true);
    const late = await dialled();
    const gone = new AbortController();
    const opening = open(late, gone.signal);
    gone.abort(new Error('gone'));
    await expect(opening).rejects.toThrow('gone');
    await expect.poll(() => late.destroyed).toBe(true);
  });

  it('P10: fails on a socket that is closed already', async () => {
    const socket = await dialled();
    socket.destroy();
    await expect(open(socket, new AbortController().signal)).rejects.toMatchObject({
      code: 'ERR_HTTP_UPSTREAM_PROTOCOL',
    });
  });
});
