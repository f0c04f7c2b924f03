import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAuthority } from '../../../../test/e2e/upstream/certificate-authority.ts';
import { answer, type FakeUpstream, startFakeUpstream } from '../../../../test/e2e/upstream/fake-upstream.ts';
import { authentication, checkAnswer, WELCOME } from '../../../../test/e2e/upstream/server-messages.ts';
import { createCredentialSource } from '../../../credentials/credential-source.ts';
import { mayStayPlaintext } from './dial.ts';

let upstream: FakeUpstream;
beforeAll(async () => {
  upstream = await startFakeUpstream();
});
afterAll(async () => await upstream[Symbol.asyncDispose]());

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
    upstream.behave = (socket) => socket.once('data', () => socket.write(reply, 'latin1'));
    const error = await upstream.failure(tls);
    expect(error.code).toBe(code);
    expect(error.message).not.toContain('nonsense');
  });

  test('bytes that follow the agreement in a packet of their own are taken for TLS and break it', async () => {
    upstream.behave = (socket) => {
      socket.setNoDelay(true);
      socket.once('data', () => {
        socket.write('S');
        socket.once('data', () => socket.write(Buffer.concat(WELCOME)));
      });
    };
    expect((await upstream.failure(tls)).code).toBe('ERR_UPSTREAM_TLS');
  });

  test.each(['before', 'after'])('a server that closes %s its answer is refused', async (when) => {
    upstream.behave = (socket) => socket.once('data', () => socket.end(when === 'after' ? 'S' : ''));
    expect(['ERR_UPSTREAM_UNREACHABLE', 'ERR_UPSTREAM_TLS']).toContain((await upstream.failure(tls)).code);
  });

  test('P10: a server that agrees and then says nothing is given up in time', async () => {
    upstream.behave = (socket) => {
      socket.once('data', () => socket.write('S'));
      socket.resume();
    };
    expect((await upstream.failure({ ...tls, connectTimeoutMs: 150 })).code).toBe('ERR_UPSTREAM_TIMEOUT');
  });

  test('an unverified server is refused unless the resource says require', async () => {
    upstream.behave = (socket) =>
      socket.once('data', () => {
        socket.write('S');
        const secure = secured(socket);
        secure.on('error', () => undefined);
        answer(WELCOME, checkAnswer())(secure);
      });
    const verified = await upstream.failure({ tls: { mode: 'verify-full' } });
    expect(verified.code).toBe('ERR_UPSTREAM_CERTIFICATE');
    const connection = await upstream.connect(tls);
    expect(connection.tls).toMatchObject({ protocol: 'TLSv1.3', verified: false });
    connection.socket.destroy();
    await upstream.allClosed();
  });

  test('P6: cleartext is refused over unverified TLS although the config was made without its checks', async () => {
    let seen = '';
    upstream.behave = (socket) =>
      socket.once('data', () => {
        socket.write('S');
        const secure = secured(socket);
        secure.on('error', () => undefined);
        secure.on('data', (packet) => {
          seen += packet.toString('latin1');
          secure.write(authentication(3));
        });
      });
    const unchecked = { ...upstream.resource(tls), authMethods: ['password'] } as const;
    const credential = createCredentialSource({ env: 'PW' }, { env: { PW: 'canary-1f2e' } });
    const error = await upstream.failure({}, { resource: unchecked, credential });
    expect(error.code).toBe('ERR_UPSTREAM_METHOD');
    expect(seen).not.toContain('canary');
  });

  test('a CA file that is missing, no file or no certificate is an error of the configuration', async () => {
    for (const ca of ['/nowhere/ca.pem', '/dev/zero', import.meta.filename]) {
      expect((await upstream.failure({ tls: { ca } })).code).toBe('ERR_UPSTREAM_CONFIGURATION');
    }
  });

  test('verify-ca with the public CAs is refused although the config was made without its checks', async () => {
    const unchecked = { ...upstream.resource(tls), tls: { mode: 'verify-ca' } } as const;
    expect((await upstream.failure({}, { resource: unchecked })).code).toBe('ERR_UPSTREAM_CONFIGURATION');
  });

  test('a client certificate without its key is an error of the configuration', async () => {
    const accounts = [
      { name: 'app', credential: { none: true }, clientCertificate: { cert: '/dev/null', key: '/dev/null' } },
    ];
    expect((await upstream.failure({ ...tls, accounts })).code).toBe('ERR_UPSTREAM_CONFIGURATION');
  });
});

test('plaintext is refused before a byte if the name resolves to another machine', () => {
  const local = upstream.resource();
  const named = upstream.resource({ host: 'localhost' });
  for (const config of [local, named]) {
    expect(mayStayPlaintext(config, '127.0.0.1')).toBe(true);
    expect(mayStayPlaintext(config, '::1')).toBe(true);
    expect(mayStayPlaintext(config, '10.0.0.1')).toBe(false);
    expect(mayStayPlaintext(config, undefined)).toBe(false);
  }
  expect(mayStayPlaintext(upstream.resource({ host: 'db', allowPlaintext: true }), '10.0.0.1')).toBe(true);
  expect(mayStayPlaintext(upstream.resource({ tls: { mode: 'verify-full' } }), '10.0.0.1')).toBe(true);
});
