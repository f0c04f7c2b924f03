/** Services of HTTP/2, and a gateway in front of them. */
import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { createTestCertificate, type TestCertificate } from '../../../support/certificates.ts';
import { type HttpGateway, startHttpGateway } from '../../../support/http-gateway.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../../../support/temporary-folder.ts';

export const PLAIN = { allowLoopbackPlaintext: true };
let folder: TemporaryFolder;
export let certificate: TestCertificate;

/** Makes what they need before the tests of a file, and removes it after them. */
export function useServices(): void {
  beforeAll(async () => {
    folder = createTemporaryFolder('http2-upstream');
    certificate = await createTestCertificate(path.join(folder.path, 'tls'));
  });
  afterAll(() => folder?.[Symbol.dispose]());
}

export type Serve = (stream: ServerHttp2Stream, headers: Readonly<Record<string, unknown>>) => void;

export interface Service extends AsyncDisposable {
  readonly url: string;
  readonly server: Http2Server | Http2SecureServer;
  readonly sessions: ServerHttp2Session[];
}

/** A service of HTTP/2: with TLS by ALPN, or without. */
export async function startService(
  serve: Serve,
  options: { readonly isPlain?: boolean; readonly settings?: object } = {},
): Promise<Service> {
  const { isPlain = false, settings = {} } = options;
  const server = isPlain
    ? createServer({ settings })
    : createSecureServer({ cert: certificate.cert, key: certificate.key, settings });
  const sessions: ServerHttp2Session[] = [];
  server.on('session', (session) => {
    session.on('error', () => undefined);
    sessions.push(session);
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    serve(stream, headers);
    // Of what Node has not read it resets the stream before all of the answer has left.
    stream.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${isPlain ? 'http' : 'https'}://127.0.0.1:${port}/base`,
    server,
    sessions,
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const start = ({ url }: Pick<Service, 'url'>, resource: object = {}): Promise<HttpGateway> =>
  startHttpGateway({
    service: (_request, response) => response.end(),
    listener: PLAIN,
    resource: { url, tls: { ca: certificate.caFile }, ...resource },
  });

export async function ask(gateway: HttpGateway, target: string, init: RequestInit = {}): Promise<Response> {
  const authorization = `Bearer ${await gateway.issuer.token()}`;
  const url = gateway.url.replace('https:', 'http:') + target;
  return fetch(url, { ...init, headers: { ...(init.headers as Record<string, string>), authorization } });
}

export const echo: Serve = (stream, headers) => {
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => (bytes += chunk.length));
  stream.on('end', () => {
    stream.respond({ ':status': 200, 'content-type': 'application/json', 'set-cookie': ['a=1', 'b=2'] });
    stream.end(JSON.stringify({ bytes, ...headers }));
  });
};
