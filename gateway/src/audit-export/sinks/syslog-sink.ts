/** RFC 5424 over TCP or TLS. Beside the webhook the only file of the room that opens a socket. */
import { readFile } from 'node:fs/promises';
import { connect, isIP, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { Sink } from './sink.ts';
import { syslogFrame } from './syslog-frame.ts';

/** Longest time for one batch, in milliseconds. */
const TIMEOUT_MS = 30_000;

/** Where it is sent. */
export interface SyslogTarget {
  readonly host: string;
  readonly port: number;
  readonly tls?: { readonly ca?: string | undefined } | undefined;
}

/**
 * Sends each batch over a connection of its own, ends it, and waits until the receiver ends it too: syslog has no receipt, and
 * a receiver that closes in order has read everything before.
 */
export function createSyslogSink(target: SyslogTarget): Sink {
  const host = hostname();
  return {
    async send(lines, signal) {
      const ca = target.tls?.ca === undefined ? undefined : await readFile(target.tls.ca);
      const frames = lines.map((line) => syslogFrame(line, host, process.pid));
      await sendAndEnd(dial(target, ca), Buffer.concat(frames), {
        event: target.tls === undefined ? 'connect' : 'secureConnect',
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
    },
  };
}

function dial({ host, port, tls }: SyslogTarget, ca: Buffer | undefined): Socket {
  // Half-open: the end of what is sent is not the end of what is waited for.
  if (tls === undefined) return connect({ host, port, allowHalfOpen: true });
  const options: ConnectionOptions & { allowHalfOpen: boolean } = {
    host,
    port,
    minVersion: 'TLSv1.2',
    allowHalfOpen: true,
  };
  if (isIP(host) === 0) options.servername = host;
  if (ca !== undefined) options.ca = ca;
  return connectTls(options);
}

function sendAndEnd(
  socket: Socket,
  bytes: Buffer,
  { event, signal }: { readonly event: string; readonly signal: AbortSignal },
): Promise<void> {
  return new Promise((resolve, reject) => {
    let isEnded = false;
    const fail = (reason: string): void => reject(new Error(reason));
    const abort = (): void => {
      socket.destroy();
      fail('it took too long, or the gateway stops');
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    socket.once(event, () => socket.end(bytes));
    socket.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
    socket.once('end', () => {
      isEnded = true;
    });
    socket.once('close', (hadError: boolean) => {
      signal.removeEventListener('abort', abort);
      if (isEnded && !hadError && socket.bytesWritten >= bytes.length) resolve();
      else fail('the connection broke before everything was read');
    });
    // What a receiver says is read and forgotten, or its end would never come.
    socket.resume();
  });
}
