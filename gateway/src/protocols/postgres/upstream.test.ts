import type { Socket } from 'node:net';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answer, type FakeUpstream, startFakeUpstream } from '../../../test/e2e/upstream/fake-upstream.ts';
import { checkAnswer, rawMessage, WELCOME } from '../../../test/e2e/upstream/server-messages.ts';
import { createCredentialSource } from '../../credentials/credential-source.ts';
import type { UpstreamOptions } from './upstream.ts';
import { encodeParameterStatus } from './wire/backend/parameter-status.ts';
import { parseStartupPacket } from './wire/startup.ts';

let upstream: FakeUpstream;
beforeAll(async () => {
  upstream = await startFakeUpstream();
});
afterAll(async () => await upstream[Symbol.asyncDispose]());

describe('an honest server', () => {
  test('yields a paused connection with all it reported, and what came after is not lost', async () => {
    const late = encodeParameterStatus('late', 'yes');
    const packets: Buffer[] = [];
    upstream.behave = (socket) => {
      socket.on('data', (packet: Buffer) => packets.push(packet));
      answer(WELCOME, [...checkAnswer(), late, late.subarray(0, 7)])(socket);
    };
    const connection = await upstream.connect({}, { startupParameters: new Map([['TimeZone', 'UTC']]) });
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
    upstream.behave = (socket) => {
      peer = socket;
      answer(WELCOME, checkAnswer())(socket);
    };
    const { socket, leftover } = await upstream.connect();
    peer?.write('first');
    const received = new Promise((resolve) => socket.once('data', resolve));
    socket.resume();
    expect([leftover.length, String(await received)]).toEqual([0, 'first']);
    socket.destroy();
  });

  test('P10: an error after the hand-over has a listener and ends no process', async () => {
    let peer: Socket | undefined;
    upstream.behave = (socket) => {
      peer = socket;
      answer(WELCOME, checkAnswer())(socket);
    };
    const { socket } = await upstream.connect();
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.resume();
    peer?.resetAndDestroy();
    await closed;
    expect(socket.destroyed).toBe(true);
  });

  test('is cancelled over a connection of its own, and calls at the same time share it', async () => {
    upstream.behave = answer(WELCOME, checkAnswer());
    const connection = await upstream.connect();
    const before = upstream.count;
    const packets: Buffer[] = [];
    upstream.behave = (socket) =>
      socket.on('data', (packet: Buffer) => {
        packets.push(packet);
        socket.end();
      });
    await Promise.all([connection.cancel(), connection.cancel()]);
    expect(upstream.count - before).toBe(1);
    expect(parseStartupPacket(packets[0] ?? Buffer.alloc(0))).toEqual({
      kind: 'cancel',
      processId: 4711,
      secretKey: Buffer.from([1, 2, 3, 4]),
    });
    await connection.cancel();
    expect(upstream.count - before).toBe(2);
    connection.socket.destroy();
  });

  test('P10: a cancel request that the server never closes gives up in time', async () => {
    upstream.behave = answer(WELCOME, checkAnswer());
    const connection = await upstream.connect({ connectTimeoutMs: 300 });
    upstream.behave = (socket) => socket.resume();
    await expect(connection.cancel()).rejects.toMatchObject({ code: 'ERR_UPSTREAM_TIMEOUT' });
    connection.socket.destroy();
    await upstream.allClosed();
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
    const before = upstream.count;
    const error = await upstream.failure(config, options);
    expect([error.code, upstream.count]).toEqual([code, before]);
  });
});

test('P6: a secret that cannot be had is an error that names the source and nothing else', async () => {
  upstream.behave = answer([rawMessage('R', Buffer.from('\0\0\0\nSCRAM-SHA-256\0\0', 'latin1'))]);
  const credential = createCredentialSource({ env: 'PW' }, { env: { PW: 'canary-77\0' } });
  const error = await upstream.failure({}, { credential });
  expect(error.code).toBe('ERR_UPSTREAM_CREDENTIAL');
  expect(inspect(error, { depth: 9 })).not.toContain('canary-77');
});
