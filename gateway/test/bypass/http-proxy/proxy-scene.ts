/** A forward proxy with a service behind it and a resolver of the tests' own: what ways round it are tried on. */
import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import {
  ALLOW_PROXY,
  connectRaw,
  type ProxyGateway,
  type RawTunnel,
  startProxyGateway,
} from '../../support/forward-proxy.ts';

/** What the service behind the proxy was asked. */
export const asked: string[] = [];
/** What the resolver says next; the last one stays. */
let answers: (readonly string[])[] = [];
export const lookups: string[] = [];
export let gateway: ProxyGateway;
export let place: string;

export const service: RequestListener = (request, response) => {
  asked.push(`${request.method} ${request.headers.host} ${request.url}`);
  const to = new URL(request.url ?? '/', 'https://x').searchParams.get('to');
  if (to !== null) response.writeHead(302, { location: to });
  response.end('served');
};

/** Sockets that the tests leave open: closed after each. */
export const opened: Socket[] = [];

/** What the resolver says next; the last one stays. */
export function resolveTo(...next: readonly (readonly string[])[]): void {
  answers = [...next];
}

/** Starts it before the tests of a file, and stops it after them. */
export function useProxyScene(): void {
  beforeAll(async () => {
    gateway = await startProxyGateway({
      policy: ALLOW_PROXY,
      service,
      listener: { headTimeoutMs: 2_500 },
      lookup: async (host: string) => {
        lookups.push(host);
        return (answers.length > 1 ? answers.shift() : answers[0]) ?? [];
      },
      resources: (port, ca) => [
        {
          name: 'based',
          protocol: 'http',
          url: `https://localhost:${port}/api`,
          tls: { ca },
          credential: { none: true },
        },
        // A range that holds this machine, and the gateway on it.
        {
          name: 'lan',
          protocol: 'http',
          destinations: [`*.lan.test:${port}`],
          tls: { ca },
          allowAddresses: ['127.0.0.0/8', '10.0.0.0/8'],
          credential: { none: true },
        },
        // No address beside those of the internet.
        {
          name: 'wide',
          protocol: 'http',
          destinations: ['*.wide.test', '127.0.0.1', '[::1]', '*.wide.test:80'],
          credential: { none: true },
        },
      ],
    });
    place = `api.example.test:${gateway.webPort}`;
  });
  afterAll(() => gateway?.[Symbol.asyncDispose]());
  beforeEach(() => {
    asked.length = 0;
    lookups.length = 0;
    answers = [['127.0.0.1']];
  });
  afterEach(() => {
    for (const socket of opened.splice(0)) socket.destroy();
  });
}

export async function tunnel(head: string): Promise<RawTunnel> {
  const raw = await connectRaw(gateway, head);
  opened.push(raw.socket);
  return raw;
}

/** Sends bytes on an open connection and reads until it ends, or `enough` holds. */
export async function say(
  socket: Socket,
  bytes: string,
  enough: RegExp = /\r\n\r\n[^]*served|"code"[^]*}\n/,
): Promise<string> {
  let text = '';
  const done = new Promise<string>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (enough.test(text)) resolve(text);
    });
    socket.on('close', () => resolve(text));
    socket.on('error', () => resolve(text));
    if (socket.closed) resolve(text);
  });
  if (!socket.closed) socket.write(Buffer.from(bytes, 'latin1'));
  socket.resume();
  return done;
}

export const ca = (): { readonly ca: string } => ({ ca: readFileSync(gateway.caFile, 'utf8') });
