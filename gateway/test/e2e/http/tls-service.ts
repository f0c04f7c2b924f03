/** A service behind TLS that asks for client certificates and takes any, and gateways in front of it. */
import { writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { createTestCertificate, type TestCertificate } from '../../support/certificates.ts';
import { type HttpGateway, startHttpGateway } from '../../support/http-gateway.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';
import { type Authority, createAuthority } from '../upstream/certificate-authority.ts';

/** Answers one request. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** The service, for the tests of a file. */
export interface TlsService {
  /** Issues what the service takes for a client certificate. */
  readonly clients: Authority;
  readonly certificate: TestCertificate;
  /** With a path. */
  readonly url: string;
  /** What it answers in this test; until it is set, {@link echo}. */
  answer: Answer;
  /** A file that holds a secret. */
  file(name: string, text: string): { readonly file: string };
  /** A gateway in front of it. */
  start(resource: object): Promise<HttpGateway>;
}

/** What the service sees of a request. */
export const echo: Answer = (request, response) => {
  const peer = (request.socket as TLSSocket).getPeerCertificate();
  const { method, url, headers } = request;
  response.end(JSON.stringify({ method, url, peer: peer.subject?.CN, ...headers }));
};

/** Starts it before the tests of a file, and stops it behind them. */
export function useTlsService(): TlsService {
  const clients = createAuthority('clients');
  let folder: TemporaryFolder;
  let certificate: TestCertificate;
  let server: Server;
  const service: TlsService = {
    clients,
    answer: echo,
    get certificate() {
      return certificate;
    },
    get url() {
      return `https://127.0.0.1:${(server.address() as AddressInfo).port}/base/`;
    },
    file(name, text) {
      const at = path.join(folder.path, name);
      writeFileSync(at, text, { mode: 0o600 });
      return { file: at };
    },
    start: (resource) =>
      startHttpGateway({
        service: (_request, response) => response.end(),
        listener: { allowLoopbackPlaintext: true },
        resource: { url: service.url, tls: { ca: certificate.caFile }, ...resource },
      }),
  };
  beforeAll(async () => {
    folder = createTemporaryFolder('http-tls-service');
    certificate = await createTestCertificate(path.join(folder.path, 'tls'));
    const { cert, key } = certificate;
    const tls = { cert, key, ca: clients.cert, requestCert: true, rejectUnauthorized: false };
    server = createServer(tls, (request, response) => service.answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    service.answer = echo;
  });
  afterAll(() => {
    server?.closeAllConnections();
    server?.close();
    folder?.[Symbol.dispose]();
  });
  return service;
}

/** Asks through a gateway, with a token of its issuer. */
export async function ask(gateway: HttpGateway, target = '/a', init: RequestInit = {}): Promise<Response> {
  const authorization = `Bearer ${await gateway.issuer.token()}`;
  const headers = { authorization, ...(init.headers as Record<string, string>) };
  const address = `${gateway.url.replace('https:', 'http:')}${target}`;
  return fetch(address, { redirect: 'manual', ...init, headers });
}

/** What {@link echo} answered. */
export async function seen(response: Promise<Response>): Promise<Record<string, string>> {
  return (await (await response).json()) as Record<string, string>;
}

/** Everything that a gateway wrote down until the outcome of its first request: its audit and its log. */
export async function written(gateway: HttpGateway): Promise<string> {
  // The first outcome is that of the session.
  await gateway.recordsUntil((all) => all.filter(({ type }) => type === 'exchange.outcome').length > 1);
  return JSON.stringify(gateway.records()) + gateway.logLines.join('\n');
}
