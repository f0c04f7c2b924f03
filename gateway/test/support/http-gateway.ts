/** A real gateway in this process, in front of a real HTTP server in it, with a real issuer. */
import { writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { type GatewayOptions, type StartedGateway, startRunningGateway } from './running-gateway.ts';

/** The secret that the service asks for, and no client may see. */
export const SERVICE_SECRET = 'service-secret-0123456789';

/** What clients see where the service repeats a secret in a body: that it was there. */
export function hidden(secret: string = SERVICE_SECRET): string {
  return '*'.repeat(secret.length);
}

/** Lets group `agents` open sessions and do everything. */
export const ALLOW_ALL_HTTP = `apiVersion: sallyport.dev/v1
rules:
  - { id: everyone-connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: everything, effect: allow, on: http, match: { groups: [agents] } }
`;

/** Options of {@link startHttpGateway}; the default policy is {@link ALLOW_ALL_HTTP}. */
export interface HttpGatewayOptions extends GatewayOptions {
  /** The service behind it. */
  readonly service: RequestListener;
  /** Resources beside it. */
  readonly resources?: readonly Readonly<Record<string, unknown>>[];
}

/** A gateway and what it stands on. */
export interface HttpGateway extends StartedGateway {
  readonly service: Server;
  /** The base URL of the resource, which clients use in place of the service's own. */
  readonly url: string;
}

/** Starts everything; `await using` stops it. Listens with TLS, and plaintext on loopback where the listener says so. */
export async function startHttpGateway(options: HttpGatewayOptions): Promise<HttpGateway> {
  await using undo = new AsyncDisposableStack();
  const service = createServer(options.service);
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  undo.defer(
    () =>
      new Promise<void>((resolve) => {
        service.closeAllConnections();
        service.close(() => resolve());
      }),
  );
  const shop = {
    name: 'shop',
    protocol: 'http',
    url: `http://127.0.0.1:${(service.address() as AddressInfo).port}`,
  };
  const started = undo.use(
    await startRunningGateway(options, {
      policy: ALLOW_ALL_HTTP,
      listener: { protocol: 'http' },
      resources: (folder) => {
        const file = path.join(folder, 'secret');
        writeFileSync(file, SERVICE_SECRET, { mode: 0o600 });
        return [
          { ...shop, credential: { bearer: { file } }, ...options.resource },
          ...(options.resources ?? []),
        ];
      },
    }),
  );
  const url = `https://${started.host}:${started.port}/shop`;
  const owned = undo.move();
  return { ...started, service, url, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
