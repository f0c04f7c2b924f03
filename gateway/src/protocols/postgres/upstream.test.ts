import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAuthority } from '../../../test/e2e/upstream/certificate-authority.ts';
import { type LoopbackServer, serveLoopback } from '../../../test/e2e/upstream/loopback-server.ts';
import {
  authentication,
  checkAnswer,
  PINNED_REPORTS,
  rawMessage,
  WELCOME,
} from '../../../test/e2e/upstream/server-messages.ts';
import { createCredentialSource } from '../../credentials/credential-source.ts';
import { type PostgresResourceConfig, postgresResourceSchema } from './config.ts';
import { mayStayPlaintext } from './upstream/dial.ts';
import { UpstreamError } from './upstream/errors.ts';
import { connectUpstream, type UpstreamConnection, type UpstreamOptions } from './upstream.ts';
import { encodeNoticeResponse } from './wire/backend/error-response.ts';
import { encodeNegotiateProtocolVersion } from './wire/backend/negotiate-protocol-version.ts';
import { encodeParameterStatus } from './wire/backend/parameter-status.ts';
import { parseStartupPacket } from './wire/startup.ts';

/** What the server under test does with each connection; replaced by each test. */
let behave: (socket: Socket) => void = (socket) => socket.destroy();
let server: LoopbackServer;
beforeAll(async () => {
  server = await serveLoopback((socket) => behave(socket));
});
afterAll(async () => await server[Symbol.asyncDispose]());

function resource(config: object = {}): PostgresResourceConfig {
  return postgresResourceSchema.parse({
    host: '127.0.0.1',
    port: server.port,
    database: 'shop',
    accounts: [{ name: 'app', credential: { none: true } }],
    tls: { mode: 'disable' },
    ...config,
  });
}

function connect(config: object = {}, options: Partial<UpstreamOptions> = {}): Promise<UpstreamConnection> {
  return connectUpstream({
    resource: resource(config),
    account: 'app',
    database: 'shop',
    startupParameters: new Map(),
    applicationName: 'sallyport/ses_1',
    credential: createCredentialSource({ none: true }),
    signal: new AbortController().signal,
    minor: 0,
    ...options,
  });
}

/** The UpstreamError that the connection ends with; the server's side must be closed by then. */
async function failure(config: object = {}, options: Partial<UpstreamOptions> = {}): Promise<UpstreamError> {
  const error = await connect(config, options).then(
    (connection) => {
      connection.socket.destroy();
      throw new Error('it connected');
    },
    (reason: unknown) => reason,
  );
  if (!(error instanceof UpstreamError)) throw new Error('expected an UpstreamError', { cause: error });
  await server.allClosed();
  return error;
}

/** Answers packet n with replies[n]. */
function answer(...replies: (readonly Buffer[])[]): (socket: Socket) => void {
  return (socket) => {
    let step = 0;
    socket.on('data', () => {
      const reply = replies[step];
      step += 1;
      if (reply !== undefined) socket.write(Buffer.concat(reply));
    });
  };
}

describe('an honest server', () => {
  test('yields a paused connection with all it reported, and what came after is not lost', async () => {
    const late = encodeParameterStatus('late', 'yes');
    const packets: Buffer[] = [];
    behave = (socket) => {
      socket.on('data', (packet: Buffer) => packets.push(packet));
      answer(WELCOME, [...checkAnswer(), late, late.subarray(0, 7)])(socket);
    };
    const connection = await connect({}, { startupParameters: new Map([['TimeZone', 'UTC']]) });
    expect(connection).toMatchObject({
      serverVersion: 180004,
      protocolMinor: 0,
      method: 'trust',
      tls: undefined,
      notices: [],
      cancelKey: { processId: 4711, secretKey: Buffer.from([1, 2, 3, 4]) },
    });
    expect(connection.leftover).toEqual(Buffer.concat([late, late.subarray(0, 7)]));
    expect(connection.parameters.get('client_encoding')).toBe('UTF8');
    expect(connection.socket.isPaused()).toBe(true);
    const startup = parseStartupPacket(packets[0] ?? Buffer.alloc(0));
    expect(startup).toMatchObject({ kind: 'startup', minor: 0 });
    connection.socket.destroy();
  });

  test('sends bytes later that reach whoever listens then', async () => {
    let peer: Socket | undefined;
    behave = (socket) => {
      peer = socket;
      answer(WELCOME, checkAnswer())(socket);
    };
    const { socket, leftover } = await connect();
    peer?.write('first');
    const received = new Promise((resolve) => socket.once('data', resolve));
    socket.resume();
    expect([leftover.length, String(await received)]).toEqual([0, 'first']);
    socket.destroy();
  });

  test('P10: an error after the hand-over has a listener and ends no process', async () => {
    let peer: Socket | undefined;
    behave = (socket) => {
      peer = socket;
      answer(WELCOME, checkAnswer())(socket);
    };
    const { socket } = await connect();
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.resume();
    peer?.resetAndDestroy();
    await closed;
    expect(socket.destroyed).toBe(true);
  });

  test('is cancelled over a connection of its own, and calls at the same time share it', async () => {
    behave = answer(WELCOME, checkAnswer());
    const connection = await connect();
    const before = server.count;
    const packets: Buffer[] = [];
    behave = (socket) =>
      socket.on('data', (packet: Buffer) => {
        packets.push(packet);
        socket.end();
      });
    await Promise.all([connection.cancel(), connection.cancel()]);
    expect(server.count - before).toBe(1);
    expect(parseStartupPacket(packets[0] ?? Buffer.alloc(0))).toEqual({
      kind: 'cancel',
      processId: 4711,
      secretKey: Buffer.from([1, 2, 3, 4]),
    });
    await connection.cancel();
    expect(server.count - before).toBe(2);
    connection.socket.destroy();
  });

  test('P10: a cancel request that the server never closes gives up in time', async () => {
    behave = answer(WELCOME, checkAnswer());
    const connection = await connect({ connectTimeoutMs: 300 });
    behave = (socket) => socket.resume();
    await expect(connection.cancel()).rejects.toMatchObject({ code: 'ERR_UPSTREAM_TIMEOUT' });
    connection.socket.destroy();
    await server.allClosed();
  });
});

describe('P10, class 8 and 10: a hostile server gets an error and a closed socket', () => {
  const notice = encodeNoticeResponse({ severity: 'NOTICE', code: '00000', message: 'x'.repeat(900) });
  const huge = (type: string, length: number): Buffer => {
    const message = rawMessage(type, 'abc');
    message.writeUInt32BE(length, 1);
    return message;
  };
  const many = (count: number, message: Buffer): Buffer[] => Array.from({ length: count }, () => message);
  const authOk = authentication(0);

  test.each<[string, readonly Buffer[]]>([
    ['a length of 2^31 - 1', [huge('R', 0x7fff_ffff)]],
    ['a length of 2^31', [huge('R', 0x8000_0000)]],
    ['a length of 2^32 - 1', [huge('E', 0xffff_ffff)]],
    ['a length of 3', [huge('R', 3)]],
    ['a message over 64 KiB', [rawMessage('E', Buffer.alloc(70_000, 0x41))]],
    ['an endless message after the login', [authOk, huge('S', 0x7fff_ffff)]],
    ['notices without end', [authOk, ...many(1000, notice)]],
    ['one parameter without end', [authOk, ...many(2000, encodeParameterStatus('a', 'b'))]],
    ['megabytes of one parameter', [authOk, ...many(40, encodeParameterStatus('a', 'b'.repeat(60_000)))]],
    ['version negotiation without end', many(1000, encodeNegotiateProtocolVersion(0, []))],
    ['an SSH banner', [Buffer.from('SSH-2.0-OpenSSH_9.9\r\n')]],
    ['an HTTP answer', [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')]],
  ])('%s', async (_, messages) => {
    behave = answer(messages);
    expect((await failure({}, { minor: 2 })).code).toBe('ERR_UPSTREAM_PROTOCOL');
  });

  test('closing at each byte of the conversation', async () => {
    const packets = [Buffer.concat(WELCOME), Buffer.concat(checkAnswer())];
    for (const [step, packet] of packets.entries()) {
      for (let length = 0; length < packet.length; length += 1) {
        let seen = 0;
        behave = (socket) =>
          socket.on('data', () => {
            if (seen === step) socket.end(packet.subarray(0, length));
            else socket.write(packets[seen] ?? '');
            seen += 1;
          });
        expect((await failure()).code).toBe('ERR_UPSTREAM_UNREACHABLE');
      }
    }
  });

  test('resetting the connection', async () => {
    behave = (socket) => socket.once('data', () => socket.resetAndDestroy());
    expect((await failure()).code).toBe('ERR_UPSTREAM_UNREACHABLE');
  });

  test('saying nothing', async () => {
    behave = (socket) => socket.resume();
    expect((await failure({ connectTimeoutMs: 100 })).code).toBe('ERR_UPSTREAM_TIMEOUT');
  });

  test('dripping a message that never ends', async () => {
    behave = (socket) => {
      socket.write(rawMessage('R', Buffer.alloc(60_000)).subarray(0, 5));
      const drip = setInterval(() => socket.write('x'), 5);
      socket.once('close', () => clearInterval(drip));
    };
    expect((await failure({ connectTimeoutMs: 150 })).code).toBe('ERR_UPSTREAM_TIMEOUT');
  });

  test('a secret that never comes, from a file system that is gone', async () => {
    behave = answer([rawMessage('R', Buffer.from('\0\0\0\nSCRAM-SHA-256\0\0', 'latin1'))]);
    const credential = {
      ...createCredentialSource({ env: 'PW' }),
      read: (): Promise<never> => new Promise(() => undefined),
    };
    expect((await failure({ connectTimeoutMs: 100 }, { credential })).code).toBe('ERR_UPSTREAM_TIMEOUT');
  });

  test('a caller that gives up is told so, and the socket is closed', async () => {
    const controller = new AbortController();
    behave = (socket) => socket.once('data', () => controller.abort());
    expect((await failure({}, { signal: controller.signal })).code).toBe('ERR_UPSTREAM_ABORTED');
    expect((await failure({}, { signal: AbortSignal.abort() })).code).toBe('ERR_UPSTREAM_ABORTED');
  });

  test('a closed port', async () => {
    const closed = await serveLoopback(() => undefined);
    await closed[Symbol.asyncDispose]();
    const error = await failure({ port: closed.port });
    expect(error).toMatchObject({ code: 'ERR_UPSTREAM_UNREACHABLE', retryable: true });
    expect(error.message).toContain('ECONNREFUSED');
    expect(error.publicMessage).not.toContain('127.0.0.1');
  });
});

describe('a server that does not take the pinned settings, or a login that may do too much, is refused', () => {
  const welcome = (reports: readonly Buffer[]): Buffer[] => [
    WELCOME[0] ?? authentication(0),
    ...reports,
    ...WELCOME.slice(-2),
  ];
  const rows = (...cells: (string | undefined)[]): Buffer[] => checkAnswer(cells);

  test.each<[string, readonly Buffer[], readonly Buffer[], string]>([
    [
      'client_encoding is another',
      welcome([encodeParameterStatus('client_encoding', 'SQL_ASCII'), ...PINNED_REPORTS.slice(1)]),
      checkAnswer(),
      'ERR_UPSTREAM_SETTING',
    ],
    [
      'client_encoding is not reported',
      welcome(PINNED_REPORTS.slice(1)),
      checkAnswer(),
      'ERR_UPSTREAM_SETTING',
    ],
    [
      'backslashes are escapes',
      welcome([...PINNED_REPORTS, encodeParameterStatus('standard_conforming_strings', 'off')]),
      checkAnswer(),
      'ERR_UPSTREAM_SETTING',
    ],
    [
      'the search path is another',
      WELCOME,
      rows('180004', '"public", evil', undefined),
      'ERR_UPSTREAM_SETTING',
    ],
    ['the search path is not told', WELCOME, rows('180004', undefined, undefined), 'ERR_UPSTREAM_SETTING'],
    [
      'report and query disagree about the search path',
      welcome([...PINNED_REPORTS, encodeParameterStatus('search_path', 'evil')]),
      checkAnswer(),
      'ERR_UPSTREAM_SETTING',
    ],
    [
      'a setting changes during the check',
      WELCOME,
      [encodeParameterStatus('standard_conforming_strings', 'off'), ...checkAnswer()],
      'ERR_UPSTREAM_SETTING',
    ],
    ['the login is privileged', WELCOME, rows('180004', '"public"', 'postgres'), 'ERR_UPSTREAM_SUPERUSER'],
    [
      'the login is privileged through a role without name',
      WELCOME,
      rows('180004', '"public"', ''),
      'ERR_UPSTREAM_SUPERUSER',
    ],
    ['the version is no number', WELCOME, rows('18 beta', '"public"', undefined), 'ERR_UPSTREAM_PROTOCOL'],
    ['a column is missing', WELCOME, rows('180004', '"public"'), 'ERR_UPSTREAM_PROTOCOL'],
    [
      'a column is too many',
      WELCOME,
      rows('180004', '"public"', undefined, undefined),
      'ERR_UPSTREAM_PROTOCOL',
    ],
    ['no row comes', WELCOME, checkAnswer().toSpliced(1, 1), 'ERR_UPSTREAM_PROTOCOL'],
    [
      'two rows come',
      WELCOME,
      checkAnswer().toSpliced(1, 0, checkAnswer()[1] ?? rawMessage('D')),
      'ERR_UPSTREAM_PROTOCOL',
    ],
    ['a COPY comes', WELCOME, [rawMessage('G', Buffer.alloc(3))], 'ERR_UPSTREAM_PROTOCOL'],
    [
      'the check is refused',
      WELCOME,
      [rawMessage('E', 'SERROR\0C42P01\0Mno pg_roles here\0\0')],
      'ERR_UPSTREAM_REFUSED',
    ],
  ])('%s', async (_, first, second, code) => {
    behave = answer(first, second);
    expect((await failure()).code).toBe(code);
  });

  test('a privileged login passes only where the account allows it', async () => {
    behave = answer(WELCOME, checkAnswer(['180004', '"public"', 'postgres']));
    const accounts = [{ name: 'app', credential: { none: true }, allowSuperuser: true }];
    const connection = await connect({ accounts });
    expect(connection.serverVersion).toBe(180004);
    connection.socket.destroy();
  });
});

describe('TLS', () => {
  const tls = { tls: { mode: 'require' } };
  const certificate = createAuthority('ca').issue({ commonName: 'x', dnsNames: ['localhost'] });
  const secured = (socket: Socket): TLSSocket => new TLSSocket(socket, { isServer: true, ...certificate });

  test.each<[string, string, string]>([
    ['refuses TLS', 'N', 'ERR_UPSTREAM_TLS'],
    [
      'agrees and adds plaintext (CVE-2021-23222)',
      'S' + WELCOME[0]?.toString('latin1'),
      'ERR_UPSTREAM_PROTOCOL',
    ],
    ['agrees and adds one byte', 'S\0', 'ERR_UPSTREAM_PROTOCOL'],
    ['refuses and adds plaintext', 'N' + WELCOME[0]?.toString('latin1'), 'ERR_UPSTREAM_TLS'],
    ['sends an error (CVE-2024-10977)', 'Efatal nonsense', 'ERR_UPSTREAM_PROTOCOL'],
    ['speaks something else', 'HTTP/1.1 400', 'ERR_UPSTREAM_PROTOCOL'],
  ])('a server that %s is refused and its words are not repeated', async (_, reply, code) => {
    behave = (socket) => socket.once('data', () => socket.write(reply, 'latin1'));
    const error = await failure(tls);
    expect(error.code).toBe(code);
    expect(error.message).not.toContain('nonsense');
  });

  test('bytes that follow the agreement in a packet of their own are taken for TLS and break it', async () => {
    behave = (socket) => {
      socket.setNoDelay(true);
      socket.once('data', () => {
        socket.write('S');
        socket.once('data', () => socket.write(Buffer.concat(WELCOME)));
      });
    };
    expect((await failure(tls)).code).toBe('ERR_UPSTREAM_TLS');
  });

  test.each(['before', 'after'])('a server that closes %s its answer is refused', async (when) => {
    behave = (socket) => socket.once('data', () => socket.end(when === 'after' ? 'S' : ''));
    expect(['ERR_UPSTREAM_UNREACHABLE', 'ERR_UPSTREAM_TLS']).toContain((await failure(tls)).code);
  });

  test('P10: a server that agrees and then says nothing is given up in time', async () => {
    behave = (socket) => {
      socket.once('data', () => socket.write('S'));
      socket.resume();
    };
    expect((await failure({ ...tls, connectTimeoutMs: 150 })).code).toBe('ERR_UPSTREAM_TIMEOUT');
  });

  test('an unverified server is refused unless the resource says require', async () => {
    behave = (socket) =>
      socket.once('data', () => {
        socket.write('S');
        const secure = secured(socket);
        secure.on('error', () => undefined);
        answer(WELCOME, checkAnswer())(secure);
      });
    const verified = await failure({ tls: { mode: 'verify-full' } });
    expect(verified.code).toBe('ERR_UPSTREAM_CERTIFICATE');
    const connection = await connect(tls);
    expect(connection.tls).toMatchObject({ protocol: 'TLSv1.3', verified: false });
    connection.socket.destroy();
    await server.allClosed();
  });

  test('P6: cleartext is refused over unverified TLS although the config was made without its checks', async () => {
    let seen = '';
    behave = (socket) =>
      socket.once('data', () => {
        socket.write('S');
        const secure = secured(socket);
        secure.on('error', () => undefined);
        secure.on('data', (packet) => {
          seen += packet.toString('latin1');
          secure.write(authentication(3));
        });
      });
    const unchecked = { ...resource(tls), authMethods: ['password'] } as const;
    const credential = createCredentialSource({ env: 'PW' }, { env: { PW: 'canary-1f2e' } });
    const error = await failure({}, { resource: unchecked, credential });
    expect(error.code).toBe('ERR_UPSTREAM_METHOD');
    expect(seen).not.toContain('canary');
  });

  test('a CA file that is missing, no file or no certificate is an error of the configuration', async () => {
    for (const ca of ['/nowhere/ca.pem', '/dev/zero', import.meta.filename]) {
      expect((await failure({ tls: { ca } })).code).toBe('ERR_UPSTREAM_CONFIGURATION');
    }
  });

  test('a client certificate without its key is an error of the configuration', async () => {
    const accounts = [
      { name: 'app', credential: { none: true }, clientCertificate: { cert: '/dev/null', key: '/dev/null' } },
    ];
    expect((await failure({ ...tls, accounts })).code).toBe('ERR_UPSTREAM_CONFIGURATION');
  });
});

describe('what cannot work is refused without dialling', () => {
  test.each<[string, object, Partial<UpstreamOptions>, string]>([
    ['an unknown account', {}, { account: 'postgres' }, 'ERR_UPSTREAM_CONFIGURATION'],
    ['a database outside the list', {}, { database: 'postgres' }, 'ERR_UPSTREAM_DATABASE'],
    [
      'a database name that PostgreSQL would cut',
      { databases: ['*'] },
      { database: 'x'.repeat(64) },
      'ERR_UPSTREAM_DATABASE',
    ],
    [
      'a reserved parameter',
      {},
      { startupParameters: new Map([['options', '-c x=y']]) },
      'ERR_UPSTREAM_PARAMETER',
    ],
    [
      'a value with NUL',
      {},
      { startupParameters: new Map([['TimeZone', 'a\0b']]) },
      'ERR_UPSTREAM_CONFIGURATION',
    ],
  ])('%s', async (_, config, options, code) => {
    const before = server.count;
    const error = await failure(config, options);
    expect([error.code, server.count]).toEqual([code, before]);
  });
});

test('plaintext is refused before a byte if the name resolves to another machine', () => {
  const local = resource();
  const named = resource({ host: 'localhost' });
  for (const config of [local, named]) {
    expect(mayStayPlaintext(config, '127.0.0.1')).toBe(true);
    expect(mayStayPlaintext(config, '::1')).toBe(true);
    expect(mayStayPlaintext(config, '10.0.0.1')).toBe(false);
    expect(mayStayPlaintext(config, undefined)).toBe(false);
  }
  expect(mayStayPlaintext(resource({ host: 'db', allowPlaintext: true }), '10.0.0.1')).toBe(true);
  expect(mayStayPlaintext(resource({ tls: { mode: 'verify-full' } }), '10.0.0.1')).toBe(true);
});

test('P6: a secret that cannot be had is an error that names the source and nothing else', async () => {
  behave = answer([rawMessage('R', Buffer.from('\0\0\0\nSCRAM-SHA-256\0\0', 'latin1'))]);
  const credential = createCredentialSource({ env: 'PW' }, { env: { PW: 'canary-77\0' } });
  const error = await failure({}, { credential });
  expect(error.code).toBe('ERR_UPSTREAM_CREDENTIAL');
  expect(inspect(error, { depth: 9 })).not.toContain('canary-77');
});
