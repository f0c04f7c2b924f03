import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CertificateSource } from './certificates.ts';
import { createListener, type Listener, type ListenerEvent } from './listener.ts';
import { certificateFromLocalCa } from './local-ca.ts';
import { type CertificateEvent, openServerTls, type ServerTls } from './server-tls.ts';
import { upgradeToTls } from './tls-upgrade.ts';

const clock = { nowMs: () => Date.now() };
let directory: string;
let source: CertificateSource;
let tls: ServerTls;
let ca: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-upgrade-'));
  source = certificateFromLocalCa({ directory, names: [], clock });
  tls = await openServerTls({ source, clock, alpnProtocols: ['postgresql'] });
  ca = await readFile(join(directory, 'ca.crt'), 'utf8');
});
afterAll(() => rm(directory, { recursive: true }));

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Edge {
  readonly listener: Listener;
  readonly port: number;
  /** How the next session's upgrade ended. */
  readonly outcome: () => Promise<unknown>;
}

/** A listener that speaks TLS as PostgreSQL does: first byte 0x16 is direct TLS, anything else asks for it (`S` is the answer). */
async function listen(handshakeTimeoutMs = 60_000): Promise<Edge> {
  const outcomes: PromiseWithResolvers<unknown>[] = [];
  let ended = 0;
  const slot = (at: number) => (outcomes[at] ??= Promise.withResolvers<unknown>());
  const events: ListenerEvent[] = [];
  const listener = createListener({
    host: '127.0.0.1',
    port: 0,
    maxConnections: 10,
    maxConnectionsPerAddress: 10,
    handshakeGraceMs: 1000,
    handshakeTimeoutMs,
    clock,
    onEvent: (event) => events.push(event),
    onConnection: async (socket, connection) => {
      const at = ended++;
      const [first] = (await once(socket, 'readable').then(() => [socket.read() as Buffer | null])) as [
        Buffer,
      ];
      const start = first[0] === 0x16 ? 'direct' : 'negotiated';
      if (start === 'direct') socket.unshift(first);
      else {
        if (first.length > 8) socket.unshift(first.subarray(8));
        else socket.write('S');
      }
      try {
        const secured = await upgradeToTls(socket, tls, { signal: connection.handshake, start });
        connection.establish();
        slot(at).resolve(secured.alpnProtocol);
        secured.pipe(secured);
        await new Promise((resolve) => secured.once('close', resolve));
      } catch (error) {
        slot(at).resolve(error);
        throw error;
      }
    },
  });
  const { port } = await listener.bind();
  cleanups.push(() => listener.close());
  let asked = 0;
  return { listener, port, outcome: () => slot(asked++).promise };
}

function dialRaw(port: number): Socket {
  const socket = connect(port, '127.0.0.1');
  cleanups.push(() => socket.destroy());
  return socket.on('error', () => undefined);
}

function dialTls(port: number, options: ConnectionOptions = {}): TLSSocket {
  const socket = tlsConnect({ port, host: '127.0.0.1', servername: 'localhost', ca, ...options });
  cleanups.push(() => socket.destroy());
  return socket;
}

async function negotiate(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const raw = dialRaw(port);
  raw.write(Buffer.from('0000000804d2162f', 'hex'));
  await once(raw, 'data');
  return dialTls(port, { socket: raw, ...options });
}

async function echo(socket: TLSSocket, text: string): Promise<string> {
  socket.write(text);
  return String((await once(socket, 'data'))[0]);
}

describe('TLS on an accepted socket', () => {
  it('is negotiated in the clear first, with or without ALPN', async () => {
    const { port, outcome } = await listen();
    const client = await negotiate(port);
    expect(await echo(client, 'hello')).toBe('hello');
    expect(client.authorized).toBe(true);
    expect(await outcome()).toBe(false);
    expect(await echo(await negotiate(port, { ALPNProtocols: ['postgresql'] }), 'x')).toBe('x');
    expect(await outcome()).toBe('postgresql');
  });

  it('begins at once where the client names the protocol', async () => {
    const { port, outcome } = await listen();
    expect(await echo(dialTls(port, { ALPNProtocols: ['postgresql'] }), 'hello')).toBe('hello');
    expect(await outcome()).toBe('postgresql');
  });

  it('that begins at once without naming the protocol is refused', async () => {
    const { port, outcome } = await listen();
    dialTls(port).on('error', () => undefined);
    expect(await outcome()).toMatchObject({ code: 'ERR_LISTENER_TLS_ALPN' });
  });

  it('for another protocol is refused in the handshake', async () => {
    const { port, outcome } = await listen();
    const client = dialTls(port, { ALPNProtocols: ['http/1.1'] });
    const [error] = await once(client, 'error');
    expect(error.code).toMatch(/NO_APPLICATION_PROTOCOL/);
    expect(await outcome()).toMatchObject({ code: 'ERR_LISTENER_TLS_HANDSHAKE' });
  });

  it.each(['TLSv1', 'TLSv1.1'] as const)('of version %s is refused', async (version) => {
    const { port, outcome } = await listen();
    const old = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' };
    dialTls(port, { ALPNProtocols: ['postgresql'], ...old }).on('error', () => undefined);
    expect(await outcome()).toMatchObject({ code: 'ERR_LISTENER_TLS_HANDSHAKE' });
  });

  it('of version 1.2 is accepted, and not renegotiated', async () => {
    const { port } = await listen();
    const client = dialTls(port, { ALPNProtocols: ['postgresql'], maxVersion: 'TLSv1.2' });
    expect(await echo(client, 'x')).toBe('x');
    client.on('error', () => undefined);
    const refused = new Promise((resolve) => client.renegotiate({}, (error) => resolve(error)));
    expect(await Promise.race([refused, once(client, 'close').catch((error) => error)])).toBeTruthy();
  });

  it('is refused when bytes were sent ahead of it: they would count as encrypted (CVE-2021-23214)', async () => {
    const { port, outcome } = await listen();
    dialRaw(port).write(Buffer.from('0000000804d2162f51000000', 'hex'));
    expect(await outcome()).toMatchObject({ code: 'ERR_LISTENER_TLS_EARLY_DATA' });
  });

  it.each([
    ['garbage', Buffer.from('16030100050000000000', 'hex')],
    ['a record that is too long', Buffer.from('160301ffff', 'hex')],
    ['HTTP', Buffer.from('\x16GET / HTTP/1.1\r\n\r\n')],
  ])('P10: fails for its own connection only on %s', async (_name, bytes) => {
    const { port, outcome } = await listen();
    dialRaw(port).end(bytes);
    expect(await outcome()).toMatchObject({ code: 'ERR_LISTENER_TLS_HANDSHAKE', source: 'downstream' });
    expect(await echo(dialTls(port, { ALPNProtocols: ['postgresql'] }), 'x')).toBe('x');
  });

  it('row 7: is given up at the handshake deadline, wherever the client stopped', async () => {
    const { port, outcome, listener } = await listen(50);
    const silent = [
      Buffer.from('16', 'hex'),
      Buffer.from('160301', 'hex'),
      Buffer.from('1603010100010000', 'hex'),
    ];
    for (const bytes of silent) dialRaw(port).write(bytes);
    for (const _ of silent) {
      expect(await outcome()).toMatchObject({
        code: expect.stringMatching(/^ERR_LISTENER_(DEADLINE|TLS_HANDSHAKE)$/),
      });
    }
    while (listener.connections > 0) await new Promise(setImmediate);
  });

  it('P10: an error long after the handshake ends that connection and nothing else', async () => {
    const { port, listener } = await listen();
    const raw = dialRaw(port);
    raw.write(Buffer.from('0000000804d2162f', 'hex'));
    await once(raw, 'data');
    const client = dialTls(port, { socket: raw });
    client.on('error', () => undefined);
    await echo(client, 'x');
    raw.write('not a TLS record at all, in the clear');
    while (listener.connections > 0) await new Promise(setImmediate);
    expect(await echo(await negotiate(port), 'y')).toBe('y');
  });
});

describe('the server certificate', () => {
  it('is replaced without a restart; the next handshake has it', async () => {
    const events: CertificateEvent[] = [];
    const changing = { names: [] as string[] };
    const moving: CertificateSource = {
      load: () => certificateFromLocalCa({ directory, names: changing.names, clock }).load(),
    };
    const own = await openServerTls({
      source: moving,
      clock,
      alpnProtocols: [],
      onEvent: (event) => events.push(event),
    });
    const before = own.leaf().fingerprint256;
    await own.reload();
    expect(own.leaf().fingerprint256).toBe(before);
    changing.names = ['gw.example'];
    await own.reload();
    expect(own.leaf().checkHost('gw.example')).toBe('gw.example');
    expect(own.summary().fingerprint).not.toBe(before);
    expect(events.map((event) => event.type)).toEqual(['certificate.loaded', 'certificate.loaded']);
  });

  it('P8: is kept when the new one cannot be used, and that is told', async () => {
    const events: CertificateEvent[] = [];
    let isBroken = false;
    const flaky: CertificateSource = {
      load: () => (isBroken ? Promise.reject(new Error('broken')) : source.load()),
    };
    const own = await openServerTls({
      source: flaky,
      clock,
      alpnProtocols: [],
      onEvent: (event) => events.push(event),
    });
    const context = own.secureContext();
    isBroken = true;
    await own.reload();
    expect(own.secureContext()).toBe(context);
    expect(events.at(-1)).toEqual({ type: 'certificate.rejected', error: new Error('broken') });
  });

  it('is asked for again by use, once a minute, and no handshake waits for it', async () => {
    let loads = 0;
    let now = Date.now();
    const counting: CertificateSource = {
      load: () => {
        loads += 1;
        return source.load();
      },
    };
    const own = await openServerTls({ source: counting, clock: { nowMs: () => now }, alpnProtocols: [] });
    for (let n = 0; n < 5; n += 1) own.secureContext();
    expect(loads).toBe(1);
    now += 60_000;
    for (let n = 0; n < 5; n += 1) own.secureContext();
    await own.reload();
    expect(loads).toBe(3);
  });

  it('must be there at start', async () => {
    const absent: CertificateSource = { load: () => Promise.reject(new Error('no certificate')) };
    await expect(openServerTls({ source: absent, clock, alpnProtocols: [] })).rejects.toThrow(
      'no certificate',
    );
  });
});
