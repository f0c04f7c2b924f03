import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { createTestCertificate } from '../../../test/support/certificates.ts';
import { createTemporaryFolder } from '../../../test/support/temporary-folder.ts';
import type { ExportLine } from './sink.ts';
import { syslogFrame } from './syslog-frame.ts';
import { createSyslogSink } from './syslog-sink.ts';

const line = (text: string, more: Partial<ExportLine> = {}): ExportLine => ({
  text,
  seq: 1,
  at: '2026-11-26T12:00:00.000Z',
  type: 'exchange.intent',
  level: 6,
  ...more,
});
const never = new AbortController().signal;

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

async function listening(server: Server): Promise<number> {
  open.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Reads to the end, and then ends as well. */
function reading(into: Buffer[]): (socket: Socket) => void {
  return (socket) => {
    socket.on('data', (chunk: Buffer) => into.push(chunk));
    socket.on('error', () => undefined);
  };
}

describe('syslog', () => {
  it('is a message of RFC 5424 behind its length in bytes', () => {
    const frame = syslogFrame(line('{"é":"\\n"}', { level: 4 }), 'hôst name', 42).toString();
    const message = '<108>1 2026-11-26T12:00:00.000Z hstname sallyport 42 exchange.intent - {"é":"\\n"}';
    expect(frame).toBe(`${Buffer.byteLength(message)} ${message}`);
    expect(syslogFrame(line('{}', { type: '' }), '', 1).toString()).toContain(' - sallyport 1 - - {}');
  });

  it('is sent when the receiver has read to the end and ended in order', async () => {
    const got: Buffer[] = [];
    const port = await listening(createServer(reading(got)));
    await createSyslogSink({ host: '127.0.0.1', port }).send([line('{"a":1}'), line('{"b":2}')], never);
    const text = Buffer.concat(got).toString();
    expect(text).toMatch(/^\d+ <110>1 .* \{"a":1\}\d+ <110>1 .* \{"b":2\}$/);
  });

  it('is not sent where the receiver breaks off, or is not there', async () => {
    const port = await listening(
      createServer((socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () => socket.resetAndDestroy());
      }),
    );
    const big = line(`{"x":"${'y'.repeat(1 << 20)}"}`);
    await expect(createSyslogSink({ host: '127.0.0.1', port }).send([big], never)).rejects.toThrow();
    await expect(createSyslogSink({ host: '127.0.0.1', port: 1 }).send([line('{}')], never)).rejects.toThrow(
      'ECONNREFUSED',
    );
  });

  it('P10: a receiver that never ends is left, and the gateway need not wait for it to stop', async () => {
    const port = await listening(
      createServer({ allowHalfOpen: true }, (socket) => {
        socket.on('error', () => undefined);
        socket.resume();
      }),
    );
    const stop = new AbortController();
    const sent = createSyslogSink({ host: '127.0.0.1', port }).send([line('{}')], stop.signal);
    setTimeout(() => stop.abort(), 20);
    await expect(sent).rejects.toThrow('the gateway stops');
  });

  it('over TLS verifies the receiver', async () => {
    using folder = createTemporaryFolder('syslog-tls');
    const certificate = await createTestCertificate(folder.path);
    const got: Buffer[] = [];
    const server = createTlsServer({ cert: certificate.cert, key: certificate.key }, reading(got));
    server.on('tlsClientError', () => undefined);
    const port = await listening(server);
    const tls = { ca: certificate.caFile };
    await createSyslogSink({ host: '127.0.0.1', port, tls }).send([line('{"a":1}')], never);
    expect(Buffer.concat(got).toString()).toContain('{"a":1}');
    await expect(
      createSyslogSink({ host: '127.0.0.1', port, tls: {} }).send([line('{}')], never),
    ).rejects.toThrow();
  });
});
