import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createListener, type Listener, type ListenerEvent, type ListenerOptions } from './listener.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Harness {
  readonly listener: Listener;
  readonly events: ListenerEvent[];
  readonly nextEvent: (type: ListenerEvent['type']) => Promise<ListenerEvent>;
  readonly dial: () => Promise<Socket>;
  readonly advance: (ms: number) => void;
}

/** A bound listener that echoes, unless the test says otherwise. */
async function listen(options: Partial<ListenerOptions> = {}): Promise<Harness> {
  const events: ListenerEvent[] = [];
  const waiting: { type: string; resolve: (event: ListenerEvent) => void }[] = [];
  let now = 0;
  const listener = createListener({
    host: '127.0.0.1',
    port: 0,
    maxConnections: 10,
    maxConnectionsPerAddress: 10,
    handshakeGraceMs: 1000,
    handshakeTimeoutMs: 60_000,
    clock: { nowMs: () => now },
    onConnection: async (socket, connection) => {
      connection.establish();
      socket.pipe(socket);
      await once(socket, 'close');
    },
    onEvent: (event) => {
      events.push(event);
      for (const waiter of waiting) if (waiter.type === event.type) waiter.resolve(event);
    },
    ...options,
  });
  const { port } = await listener.bind();
  cleanups.push(() => listener.close());
  return {
    listener,
    events,
    nextEvent: (type) => new Promise((resolve) => waiting.push({ type, resolve })),
    dial: async () => {
      const socket = connect(port, '127.0.0.1');
      cleanups.push(() => socket.destroy());
      // A refused client learns of it by a reset, perhaps before it knows that it was connected.
      const connected = new Promise((resolve) => socket.once('connect', resolve).once('error', resolve));
      await connected;
      return socket;
    },
    advance: (ms) => {
      now += ms;
    },
  };
}

/** Not `once`, which fails where the close comes by a reset. */
function closeOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve()).on('error', () => undefined);
  });
}

async function echo(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  const [answer] = await once(socket, 'data');
  return String(answer);
}

const silent: ListenerOptions['onConnection'] = async (socket) => {
  socket.resume();
  await closeOf(socket);
};

describe('a listener', () => {
  it('takes a free port and says which', async () => {
    const { listener, dial } = await listen();
    expect(listener.address()).toMatchObject({ address: '127.0.0.1', family: 'IPv4' });
    expect(listener.address().port).toBeGreaterThan(0);
    expect(await echo(await dial(), 'hello')).toBe('hello');
    expect(listener.connections).toBe(1);
  });

  it('says what stands in the way of binding', async () => {
    const { listener } = await listen();
    const { port } = listener.address();
    const second = createListener({ ...({} as ListenerOptions), host: '127.0.0.1', port });
    await expect(second.bind()).rejects.toMatchObject({
      code: 'ERR_LISTENER_BIND_FAILED',
      message: expect.stringContaining(`port ${port}`),
    });
    expect(() => second.address()).toThrow(expect.objectContaining({ code: 'ERR_LISTENER_NOT_BOUND' }));
  });

  it('tells the session who its peer is', async () => {
    const seen = Promise.withResolvers<string>();
    const { dial } = await listen({
      onConnection: async (socket, connection) => {
        seen.resolve(connection.remoteAddress);
        socket.destroy();
      },
    });
    await dial();
    expect(await seen.promise).toBe('127.0.0.1');
  });
});

describe('limits', () => {
  it('P10: refuse the connection over the limit at once and leave the others alone', async () => {
    const { listener, dial, nextEvent } = await listen({ maxConnectionsPerAddress: 2 });
    const [first] = [await dial(), await dial()];
    const refused = nextEvent('connection.refused');
    const third = await dial();
    const closed = closeOf(third);
    expect(await refused).toEqual({ type: 'connection.refused', address: '127.0.0.1', limit: 'address' });
    await closed;
    expect(await echo(first, 'still here')).toBe('still here');
    expect(listener.connections).toBe(2);
  });

  it('row 7: silent connections make room for a login', async () => {
    let isLogin = false;
    const signals: AbortSignal[] = [];
    const { dial, nextEvent, advance } = await listen({
      maxConnections: 3,
      onConnection: async (socket, connection) => {
        signals.push(connection.handshake);
        if (!isLogin) return await silent(socket, connection);
        connection.establish();
        socket.pipe(socket);
        await once(socket, 'close');
      },
    });
    const silentOnes = [await dial(), await dial(), await dial()];
    advance(1000);
    isLogin = true;
    const evicted = nextEvent('connection.evicted');
    const oldestClosed = closeOf(silentOnes[0] as Socket);
    const login = await dial();
    expect(await echo(login, 'in')).toBe('in');
    await Promise.all([evicted, oldestClosed]);
    expect(signals[0]?.reason).toMatchObject({ code: 'ERR_LISTENER_EVICTED' });
    expect(silentOnes.slice(1).map((socket) => socket.destroyed)).toEqual([false, false]);
  });

  it('give the place back when a client goes away', async () => {
    const { listener, dial, nextEvent } = await listen({ maxConnectionsPerAddress: 1 });
    const first = await dial();
    await echo(first, 'x');
    const refused = nextEvent('connection.refused');
    await dial();
    await refused;
    first.destroy();
    while (listener.connections > 0) await new Promise(setImmediate);
    expect(await echo(await dial(), 'y')).toBe('y');
  });
});

describe('a handshake', () => {
  it('row 7: that stalls holds up no other, and ends at its deadline', async () => {
    let count = 0;
    const { dial, nextEvent } = await listen({
      handshakeTimeoutMs: 50,
      onConnection: async (socket, connection) => {
        count += 1;
        if (count === 1) return await silent(socket, connection);
        connection.establish();
        socket.pipe(socket);
        await once(socket, 'close');
      },
    });
    const timedOut = nextEvent('handshake.timeout');
    const stalled = await dial();
    const stalledClosed = closeOf(stalled);
    const other = await dial();
    expect(await echo(other, 'x')).toBe('x');
    expect(await timedOut).toEqual({ type: 'handshake.timeout', address: '127.0.0.1' });
    await stalledClosed;
    expect(await echo(other, 'y')).toBe('y');
  });

  it('that ends in time lets the session live on, with a signal that never aborts', async () => {
    const signals: AbortSignal[] = [];
    const { dial, nextEvent } = await listen({
      handshakeTimeoutMs: 50,
      onConnection: async (socket, connection) => {
        signals.push(connection.handshake);
        if (signals.length > 1) return await silent(socket, connection);
        connection.establish();
        socket.pipe(socket);
        await once(socket, 'close');
      },
    });
    const established = await dial();
    await echo(established, 'x');
    // A second connection that stalls marks the time at which the first would have been cut, too.
    const timedOut = nextEvent('handshake.timeout');
    await dial();
    await timedOut;
    expect(await echo(established, 'y')).toBe('y');
    expect(signals.map((signal) => signal.aborted)).toEqual([false, true]);
  });
});

describe('P10: no failure ends the process', () => {
  it('not a session that throws', async () => {
    const { dial, nextEvent, listener } = await listen({
      onConnection: () => {
        throw new Error('session defect');
      },
    });
    const failed = nextEvent('session.failed');
    const socket = await dial();
    await closeOf(socket);
    expect(await failed).toMatchObject({ error: expect.objectContaining({ message: 'session defect' }) });
    expect(listener.connections).toBe(0);
  });

  it('not a client that resets the connection', async () => {
    const { dial, nextEvent } = await listen();
    const socket = await dial();
    await echo(socket, 'x');
    const reported = nextEvent('socket.error');
    socket.resetAndDestroy();
    expect(await reported).toMatchObject({ error: expect.objectContaining({ code: 'ECONNRESET' }) });
    expect(await echo(await dial(), 'y')).toBe('y');
  });

  it('not a session that ends and leaves its socket open', async () => {
    const { dial, listener } = await listen({
      lingerMs: 20,
      onConnection: async (socket, connection) => {
        connection.establish();
        socket.resume();
      },
    });
    await closeOf(await dial());
    while (listener.connections > 0) await new Promise(setImmediate);
    expect(listener.connections).toBe(0);
  });
});

describe('the end', () => {
  it('is told to the sessions, which may finish', async () => {
    const { dial, listener } = await listen({
      onConnection: async (socket, connection) => {
        connection.establish();
        socket.write('ready');
        await once(connection.draining, 'abort');
        socket.end('goodbye');
      },
    });
    const socket = await dial();
    await once(socket, 'data');
    const drained = listener.drain(60_000);
    const [farewell] = await once(socket, 'data');
    expect(String(farewell)).toBe('goodbye');
    expect(await drained).toEqual({ cut: 0 });
    expect(() => listener.address()).toThrow(expect.objectContaining({ code: 'ERR_LISTENER_NOT_BOUND' }));
  });

  it('cuts those that do not', async () => {
    const { dial, listener } = await listen();
    const socket = await dial();
    await echo(socket, 'x');
    const closed = closeOf(socket);
    expect(await listener.drain(20)).toEqual({ cut: 1 });
    await closed;
  });

  it('may come at once, twice, and before the beginning', async () => {
    const { dial, listener } = await listen();
    await dial();
    await Promise.all([listener.close(), listener.close()]);
    expect(listener.connections).toBe(0);
    const never = createListener({ ...({} as ListenerOptions), host: '127.0.0.1', port: 0 });
    await never.close();
    expect(await never.drain(10)).toEqual({ cut: 0 });
  });
});
