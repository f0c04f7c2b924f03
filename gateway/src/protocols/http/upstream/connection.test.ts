import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { UpstreamConnection } from './connection.ts';

/** A socket on which nothing comes. */
function silent(): Socket {
  const stream = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  stream.on('error', () => undefined);
  return Object.assign(stream, { ref: () => stream, unref: () => stream }) as unknown as Socket;
}

async function failure(code: string): Promise<unknown> {
  const socket = silent();
  const connection = new UpstreamConnection(socket);
  connection.begin('GET', Buffer.from('GET / HTTP/1.1\r\nhost: a\r\n\r\n'));
  const next = connection.next(10_000).catch((error: unknown) => error);
  socket.destroy(Object.assign(new Error('alert'), { code }));
  return next;
}

describe('a connection that ends before an answer', () => {
  it.each([
    'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
    'ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE',
  ])('tells of %s that the service does not take the certificate', async (code) => {
    expect(await failure(code)).toMatchObject({
      code: 'ERR_HTTP_UPSTREAM_CREDENTIAL',
      message: `the service does not take the client certificate: ${code}`,
    });
  });

  it.each(['ECONNRESET', 'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC'])(
    'was broken off: %s',
    async (code) => {
      expect(await failure(code)).toMatchObject({ code: 'ERR_HTTP_UPSTREAM_PROTOCOL' });
    },
  );
});
