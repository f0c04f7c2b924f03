import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answer, type FakeUpstream, startFakeUpstream } from '../../../../test/e2e/upstream/fake-upstream.ts';
import { serveLoopback } from '../../../../test/e2e/upstream/loopback-server.ts';
import {
  authentication,
  checkAnswer,
  rawMessage,
  WELCOME,
} from '../../../../test/e2e/upstream/server-messages.ts';
import { createCredentialSource } from '../../../credentials/credential-source.ts';
import { encodeNoticeResponse } from '../wire/backend/error-response.ts';
import { encodeNegotiateProtocolVersion } from '../wire/backend/negotiate-protocol-version.ts';
import { encodeParameterStatus } from '../wire/backend/parameter-status.ts';

let upstream: FakeUpstream;
beforeAll(async () => {
  upstream = await startFakeUpstream();
});
afterAll(async () => await upstream[Symbol.asyncDispose]());

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
    upstream.behave = answer(messages);
    expect((await upstream.failure({}, { minor: 2 })).code).toBe('ERR_UPSTREAM_PROTOCOL');
  });

  test('closing at each byte of the conversation', async () => {
    const packets = [Buffer.concat(WELCOME), Buffer.concat(checkAnswer())];
    for (const [step, packet] of packets.entries()) {
      for (let length = 0; length < packet.length; length += 1) {
        let seen = 0;
        upstream.behave = (socket) =>
          socket.on('data', () => {
            if (seen === step) socket.end(packet.subarray(0, length));
            else socket.write(packets[seen] ?? '');
            seen += 1;
          });
        expect((await upstream.failure()).code).toBe('ERR_UPSTREAM_UNREACHABLE');
      }
    }
  });

  test('resetting the connection', async () => {
    upstream.behave = (socket) => socket.once('data', () => socket.resetAndDestroy());
    expect((await upstream.failure()).code).toBe('ERR_UPSTREAM_UNREACHABLE');
  });

  test('saying nothing', async () => {
    upstream.behave = (socket) => socket.resume();
    expect((await upstream.failure({ connectTimeoutMs: 100 })).code).toBe('ERR_UPSTREAM_TIMEOUT');
  });

  test('dripping a message that never ends', async () => {
    upstream.behave = (socket) => {
      socket.write(rawMessage('R', Buffer.alloc(60_000)).subarray(0, 5));
      const drip = setInterval(() => socket.write('x'), 5);
      socket.once('close', () => clearInterval(drip));
    };
    expect((await upstream.failure({ connectTimeoutMs: 150 })).code).toBe('ERR_UPSTREAM_TIMEOUT');
  });

  test('a secret that never comes, from a file system that is gone', async () => {
    upstream.behave = answer([rawMessage('R', Buffer.from('\0\0\0\nSCRAM-SHA-256\0\0', 'latin1'))]);
    const credential = {
      ...createCredentialSource({ env: 'PW' }),
      read: (): Promise<never> => new Promise(() => undefined),
    };
    expect((await upstream.failure({ connectTimeoutMs: 100 }, { credential })).code).toBe(
      'ERR_UPSTREAM_TIMEOUT',
    );
  });

  test('a caller that gives up is told so, and the socket is closed', async () => {
    const controller = new AbortController();
    upstream.behave = (socket) => socket.once('data', () => controller.abort());
    expect((await upstream.failure({}, { signal: controller.signal })).code).toBe('ERR_UPSTREAM_ABORTED');
    expect((await upstream.failure({}, { signal: AbortSignal.abort() })).code).toBe('ERR_UPSTREAM_ABORTED');
  });

  test('a closed port', async () => {
    const closed = await serveLoopback(() => undefined);
    await closed[Symbol.asyncDispose]();
    const error = await upstream.failure({ port: closed.port });
    expect(error).toMatchObject({ code: 'ERR_UPSTREAM_UNREACHABLE', retryable: true });
    expect(error.message).toContain('ECONNREFUSED');
    expect(error.publicMessage).not.toContain('127.0.0.1');
  });
});
