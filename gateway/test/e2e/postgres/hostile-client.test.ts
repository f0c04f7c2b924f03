/**
 * Clients that stall, flood, lie about lengths or talk nonsense: they are refused or bounded, others are served, and the
 * gateway, a process of its own here, lives with the memory it had (P10).
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { encodeSync } from '../../../src/protocols/postgres/wire/frontend/bare-frontend-messages.ts';
import { encodeBind } from '../../../src/protocols/postgres/wire/frontend/bind.ts';
import { encodeExecute } from '../../../src/protocols/postgres/wire/frontend/execute.ts';
import { encodeParse } from '../../../src/protocols/postgres/wire/frontend/parse.ts';
import { encodePassword } from '../../../src/protocols/postgres/wire/frontend/password.ts';
import { encodeQuery } from '../../../src/protocols/postgres/wire/frontend/query.ts';
import { encodeCancelRequest, encodeSslRequest } from '../../../src/protocols/postgres/wire/startup.ts';
import { RawClient, rawLogin } from '../../support/raw-client.ts';
import { eventually, type GatewayProcess, type Memory } from '../process/gateway-process.ts';
import { type GatewaySite, MEASURED, prepareSite } from '../process/gateway-site.ts';
import { rawMessage } from '../upstream/server-messages.ts';
import { handshakeScripts, stopAfter } from './half-open.ts';

const MEGABYTE = 1024 * 1024;
const HALF_OPEN = 5_000;

let site: GatewaySite;
let gateway: GatewayProcess;
/** A session that is served from the first test to the last. */
let bystander: pg.Client;
let token: string;

beforeAll(async () => {
  site = await prepareSite({
    listener: {
      maxConnections: 6_000,
      maxConnectionsPerAddress: 5_900,
      allowLoopbackPlaintext: true,
      handshakeTimeoutMs: 60_000,
      maxMessageBytes: 16 * MEGABYTE,
    },
  });
  gateway = await site.start(MEASURED);
  token = await site.issuer.token({ expiresIn: 3600 });
  bystander = await gateway.connect({ token });
  // The first statement loads the parser, whose memory is there to stay.
  await bystander.query('SELECT 1');
});

afterEach(async () => {
  expect((await bystander.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
});

afterAll(async () => {
  await bystander.end();
  gateway.kill('SIGTERM');
  const ended = await gateway.ended();
  expect({ code: ended.code, signal: ended.signal }).toEqual({ code: 0, signal: undefined });
  expect(ended.stderr).not.toMatch(/internal error|ERR_INTERNAL|unhandled|\n\s+at /i);
  await gateway[Symbol.asyncDispose]();
  await site[Symbol.asyncDispose]();
});

async function connect(): Promise<RawClient> {
  const client = await RawClient.connect(await rawLogin(gateway, { token }));
  expect(client.greeting.status).toBe('I');
  return client;
}

/** Bytes of memory more than before. */
async function growthSince(before: Memory): Promise<number> {
  const { heapUsed, external } = await gateway.memory();
  return heapUsed + external - before.heapUsed - before.external;
}

const lengthOf = (type: string, length: number, body: string | Buffer = ''): Buffer => {
  const message = rawMessage(type, body);
  message.writeInt32BE(length, 1);
  return message;
};

describe('before the login', () => {
  it(`P10: CVE-2026-25949: ${HALF_OPEN} handshakes that stop, at every byte of them, keep nobody out`, async () => {
    const before = await gateway.memory();
    const places = (await handshakeScripts(token)).flatMap((script) =>
      Array.from({ length: Buffer.concat([...script]).length }, (_, count) => ({ script, count })),
    );
    const open: Socket[] = [];
    for (let from = 0; from < HALF_OPEN; from += 250) {
      const batch = Array.from({ length: 250 }, (_, index) => places[(from + index) % places.length]);
      const known = batch.filter((place) => place !== undefined);
      open.push(...(await Promise.all(known.map(({ script, count }) => stopAfter(gateway, script, count)))));
      const client = await connect();
      expect((await client.ask(encodeQuery('SELECT 1'))).rows).toEqual([['1']]);
      await client[Symbol.asyncDispose]();
    }
    expect(places.length).toBeGreaterThan(1_000);
    expect(open.filter((socket) => !socket.destroyed)).toHaveLength(HALF_OPEN);
    expect(await growthSince(before)).toBeLessThan(HALF_OPEN * 40 * 1024);
    for (const socket of open) socket.destroy();
    await eventually(async () => (await growthSince(before)) < 24 * MEGABYTE);
  }, 120_000);

  it('P10: storms of connections that are reset at once leave nothing behind, neither in memory nor on file', async () => {
    const before = await gateway.memory();
    const failures = (): number =>
      site.records().filter((record) => record['type'] === 'authentication.failed').length;
    const recorded = failures();
    for (let round = 0; round < 4; round += 1) {
      const sockets = Array.from({ length: 200 }, () => connectPlain(gateway.port, gateway.host));
      await Promise.all(
        sockets.map(async (socket, index) => {
          socket.on('error', () => undefined);
          await once(socket, 'connect');
          if (index % 2 === 0) socket.write(encodeSslRequest());
          socket.resetAndDestroy();
        }),
      );
      const client = await connect();
      await client[Symbol.asyncDispose]();
    }
    await eventually(async () => (await growthSince(before)) < 8 * MEGABYTE);
    expect(failures()).toBe(recorded);
  });

  it('P10: random first bytes are refused or waited for, each connection for itself', async () => {
    const property = fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 60 }), async (bytes) => {
      const socket = connectPlain(gateway.port, gateway.host);
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      socket.end(bytes);
      await new Promise((resolve) => socket.once('close', resolve).resume());
    });
    await fc.assert(property, { numRuns: 60 });
  });

  it('P10: floods of cancel requests with foreign keys cancel nothing', async () => {
    await using client = await connect();
    const { processId, secretKey } = client.cancelKey;
    client.send(encodeQuery("SELECT pg_sleep(0.2), 'slept'"));
    const wrong = Array.from({ length: 250 }, (_, index) =>
      encodeCancelRequest(processId + (index % 2), Buffer.from(secretKey.map((byte) => byte ^ (index + 1)))),
    );
    await Promise.all(
      wrong.map(async (request) => {
        const socket = connectPlain(gateway.port, gateway.host);
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
    await using client = await connect();
    const answer = await client.ask(bytes);
    expect(answer.closed).toBe(true);
    expect(answer.errors).toMatchObject([{ severity: 'FATAL', code: '08P01' }]);
  });

  it('P10: random bytes after the login end the session, or are waited for', async () => {
    const property = fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 120 }), async (bytes) => {
      await using client = await connect();
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
      const plain = connectPlain(gateway.port, gateway.host);
      plain.on('error', () => undefined);
      plain.write(encodeSslRequest());
      await once(plain, 'data');
      const ca = readFileSync(gateway.caFile);
      const secure = connectTls({ socket: plain, host: gateway.host, ca, maxVersion: 'TLSv1.2' });
      secure.on('error', () => undefined);
      await once(secure, 'secureConnect');
      const closed = new Promise((resolve) => plain.once('close', resolve));
      if (attack === 'garbage') plain.write(Buffer.alloc(64, 0x17));
      else secure.renegotiate({}, () => undefined);
      await closed;
    }
  });

  it('P10: a message that comes byte by byte is served like any other, and holds up nobody', async () => {
    await using client = await connect();
    for (const byte of encodeQuery('SELECT 1')) {
      client.send(Buffer.of(byte));
      await bystander.query('SELECT 1');
    }
    expect((await client.answer()).rows).toEqual([['1']]);
  });
});

describe('floods', () => {
  it.each([
    ['queries with large answers', encodeQuery("SELECT repeat('x', 2000)")],
    ['Syncs', encodeSync()],
    ['refused texts', encodeQuery('SELEC')],
  ])(
    'P10: %s that nobody reads the answers of: memory is bounded',
    async (_, message) => {
      const before = await gateway.memory();
      const chunk = Buffer.concat(Array.from({ length: Math.ceil(65_536 / message.length) }, () => message));
      await using client = await connect();
      client.pause();
      let isBlocked = false;
      for (let i = 0; i < 1_000 && !isBlocked; i += 1) isBlocked = !(await client.sendAndDrain(chunk, 500));
      expect(isBlocked).toBe(true);
      expect(await growthSince(before)).toBeLessThan(24 * MEGABYTE);
    },
    120_000,
  );

  it('P10: 100,000 prepared statements: the first 10,000 are kept, the rest refused, memory is bounded', async () => {
    const before = await gateway.memory();
    await using client = await connect();
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
    expect(await growthSince(before)).toBeLessThan(16 * MEGABYTE);
    expect((await client.ask(encodeQuery('DEALLOCATE ALL'))).tags).toEqual(['DEALLOCATE ALL']);
    const again = encodeParse({ statement: 'again', text: 'SELECT 1', parameterTypes: [] });
    expect((await client.ask(again, encodeSync())).errors).toEqual([]);
  }, 120_000);

  it('P10: prepared statements are counted by what they take, too: no more than 32 MiB of them are kept', async () => {
    const before = await gateway.memory();
    await using client = await connect();
    const comment = `/* ${'x'.repeat(60_000)} */`;
    let kept = 0;
    for (let i = 0; i < 700; i += 1) {
      const parse = encodeParse({ statement: `s${i}`, text: `SELECT ${i} ${comment}`, parameterTypes: [] });
      if ((await client.ask(parse, encodeSync())).errors.length === 0) kept += 1;
    }
    expect(kept).toBeGreaterThan(400);
    expect(kept).toBeLessThan(560);
    expect(await growthSince(before)).toBeLessThan(2 * 40 * MEGABYTE);
  }, 120_000);

  it('P10: a giant Query is refused, a giant Bind is served, and neither is kept', async () => {
    const before = await gateway.memory();
    await using client = await connect();
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
    expect(await growthSince(before)).toBeLessThan(8 * MEGABYTE);
  });

  it('P10: a Bind of 60,000 parameters leaves a record of bounded size', async () => {
    await using client = await connect();
    const parameters = Array.from({ length: 60_000 }, () => Buffer.alloc(200, 1));
    const answer = await client.ask(
      encodeParse({ statement: '', text: 'SELECT 4712', parameterTypes: [] }),
      encodeBind({ portal: '', statement: '', parameterFormats: [], parameters, resultFormats: [] }),
      encodeSync(),
    );
    expect(answer).toMatchObject({ closed: false, errors: [{ code: '08P01' }] });
    const record = site.records().find((one) => JSON.stringify(one['request'])?.includes('4712'));
    expect(JSON.stringify(record).length).toBeLessThan(1.5 * MEGABYTE);
  });
});
