/**
 * Clients that stall, flood, lie about lengths or talk nonsense: they are refused or bounded, others are served, and the
 * gateway, a process of its own here, lives with the memory it had (P10).
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { encodePassword } from '../../../src/protocols/postgres/wire/frontend/password.ts';
import { encodeQuery } from '../../../src/protocols/postgres/wire/frontend/query.ts';
import { encodeCancelRequest, encodeSslRequest } from '../../../src/protocols/postgres/wire/startup.ts';
import { eventually } from '../process/gateway-process.ts';
import { type MeasuredGateway, startMeasuredGateway } from '../process/measured-gateway.ts';
import { rawMessage } from '../upstream/server-messages.ts';
import { handshakeScripts, stopAfter } from './half-open.ts';

const MEGABYTE = 1024 * 1024;
const HALF_OPEN = 5_000;

let under: MeasuredGateway;

beforeAll(async () => {
  under = await startMeasuredGateway({
    listener: {
      maxConnections: 6_000,
      maxConnectionsPerAddress: 5_900,
      allowLoopbackPlaintext: true,
      handshakeTimeoutMs: 60_000,
      maxMessageBytes: 16 * MEGABYTE,
    },
  });
});

afterEach(() => under.checkOthers());
afterAll(() => under.stop());

const lengthOf = (type: string, length: number, body: string | Buffer = ''): Buffer => {
  const message = rawMessage(type, body);
  message.writeInt32BE(length, 1);
  return message;
};

describe('before the login', () => {
  it(`P10: CVE-2026-25949: ${HALF_OPEN} handshakes that stop, at every byte of them, keep nobody out`, async () => {
    const before = await under.gateway.memory();
    const places = (await handshakeScripts(under.token)).flatMap((script) =>
      Array.from({ length: Buffer.concat([...script]).length }, (_, count) => ({ script, count })),
    );
    const open: Socket[] = [];
    for (let from = 0; from < HALF_OPEN; from += 250) {
      const batch = Array.from({ length: 250 }, (_, index) => places[(from + index) % places.length]);
      const known = batch.filter((place) => place !== undefined);
      open.push(
        ...(await Promise.all(known.map(({ script, count }) => stopAfter(under.gateway, script, count)))),
      );
      const client = await under.connect();
      expect((await client.ask(encodeQuery('SELECT 1'))).rows).toEqual([['1']]);
      await client[Symbol.asyncDispose]();
    }
    expect(places.length).toBeGreaterThan(1_000);
    expect(open.filter((socket) => !socket.destroyed)).toHaveLength(HALF_OPEN);
    expect(await under.growthSince(before)).toBeLessThan(HALF_OPEN * 40 * 1024);
    for (const socket of open) socket.destroy();
    await eventually(async () => (await under.growthSince(before)) < 24 * MEGABYTE);
  }, 120_000);

  it('P10: storms of connections that are reset at once leave nothing behind, neither in memory nor on file', async () => {
    const before = await under.gateway.memory();
    const failures = (): number =>
      under.site.records().filter((record) => record['type'] === 'authentication.failed').length;
    const recorded = failures();
    for (let round = 0; round < 4; round += 1) {
      const sockets = Array.from({ length: 200 }, () => connectPlain(under.gateway.port, under.gateway.host));
      await Promise.all(
        sockets.map(async (socket, index) => {
          socket.on('error', () => undefined);
          await once(socket, 'connect');
          if (index % 2 === 0) socket.write(encodeSslRequest());
          socket.resetAndDestroy();
        }),
      );
      const client = await under.connect();
      await client[Symbol.asyncDispose]();
    }
    await eventually(async () => (await under.growthSince(before)) < 8 * MEGABYTE);
    expect(failures()).toBe(recorded);
  });

  it('P10: random first bytes are refused or waited for, each connection for itself', async () => {
    const property = fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 60 }), async (bytes) => {
      const socket = connectPlain(under.gateway.port, under.gateway.host);
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      socket.end(bytes);
      await new Promise((resolve) => socket.once('close', resolve).resume());
    });
    await fc.assert(property, { numRuns: 60 });
  });

  it('P10: floods of cancel requests with foreign keys cancel nothing', async () => {
    await using client = await under.connect();
    const { processId, secretKey } = client.cancelKey;
    client.send(encodeQuery("SELECT pg_sleep(0.2), 'slept'"));
    const wrong = Array.from({ length: 250 }, (_, index) =>
      encodeCancelRequest(processId + (index % 2), Buffer.from(secretKey.map((byte) => byte ^ (index + 1)))),
    );
    await Promise.all(
      wrong.map(async (request) => {
        const socket = connectPlain(under.gateway.port, under.gateway.host);
        socket.on('error', () => undefined);
        socket.write(request);
        await new Promise((resolve) => socket.once('close', resolve).resume());
      }),
    );
    expect((await client.answer()).rows).toEqual([['', 'slept']]);
  });
});

describe('messages that are none', () => {
  const broken: readonly (readonly [string, Buffer])[] = [
    ['a type that is none', rawMessage('!')],
    ['a length of 0', lengthOf('Q', 0, 'SELECT 1\0')],
    ['a length of 3', lengthOf('S', 3)],
    ['a negative length', lengthOf('Q', -1, 'SELECT 1\0')],
    ['a length of 2^31 - 1', lengthOf('Q', 0x7fff_ffff, 'SELECT 1\0')],
    ['a length of 17 MiB', lengthOf('B', 17 * MEGABYTE, 'x')],
    ['a Query without an end', rawMessage('Q', 'SELECT 1')],
    ['a Query with two ends', rawMessage('Q', 'SELECT 1\0DROP TABLE t\0')],
    ['a Query that is no UTF-8', rawMessage('Q', Buffer.from([0x53, 0xff, 0xfe, 0]))],
    ['a Parse of -1 types', rawMessage('P', Buffer.from('\0SELECT 1\0\xff\xff', 'latin1'))],
    ['a Bind that ends early', rawMessage('B', Buffer.from('\0\0\0\0\0\x01\x7f\xff\xff\xff', 'latin1'))],
    [
      'a Bind with a length of -2',
      rawMessage('B', Buffer.from('\0\0\0\0\0\x01\xff\xff\xff\xfe\0\0', 'latin1')),
    ],
    ['a Sync with a body', rawMessage('S', 'x')],
    ['another password', encodePassword('again')],
  ];

  it.each(broken)('P10: CVE-2024-27304: %s ends the session with 08P01', async (_, bytes) => {
    await using client = await under.connect();
    const answer = await client.ask(bytes);
    expect(answer.closed).toBe(true);
    expect(answer.errors).toMatchObject([{ severity: 'FATAL', code: '08P01' }]);
  });

  it('P10: random bytes after the login end the session, or are waited for', async () => {
    const property = fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 120 }), async (bytes) => {
      await using client = await under.connect();
      client.send(bytes);
      // A message of its own at the end decides: it is answered, or swallowed by a message that does not end.
      client.send(rawMessage('!'));
      client.finish();
      await client.closed();
    });
    await fc.assert(property, { numRuns: 25, endOnFailure: true });
  });

  it('P10: bytes beside TLS after the handshake, and a renegotiation, end the connection and nothing else', async () => {
    for (const attack of ['garbage', 'renegotiation'] as const) {
      const plain = connectPlain(under.gateway.port, under.gateway.host);
      plain.on('error', () => undefined);
      plain.write(encodeSslRequest());
      await once(plain, 'data');
      const ca = readFileSync(under.gateway.caFile);
      const secure = connectTls({ socket: plain, host: under.gateway.host, ca, maxVersion: 'TLSv1.2' });
      secure.on('error', () => undefined);
      await once(secure, 'secureConnect');
      const closed = new Promise((resolve) => plain.once('close', resolve));
      if (attack === 'garbage') plain.write(Buffer.alloc(64, 0x17));
      else secure.renegotiate({}, () => undefined);
      await closed;
    }
  });

  it('P10: a message that comes byte by byte is served like any other, and holds up nobody', async () => {
    await using client = await under.connect();
    for (const byte of encodeQuery('SELECT 1')) {
      client.send(Buffer.of(byte));
      await under.bystander.query('SELECT 1');
    }
    expect((await client.answer()).rows).toEqual([['1']]);
  });
});
