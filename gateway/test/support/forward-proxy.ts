/** A gateway as the proxy of real clients, in front of a service behind TLS that has many names. */
import { hash } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, connect as connectTcp, type Socket } from 'node:net';
import path from 'node:path';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { certificateFromLocalCa } from '../../src/listener/local-ca.ts';
import type { HostLookup } from '../../src/protocols/protocol.ts';
import { type HttpGateway, type HttpGatewayOptions, startHttpGateway } from './http-gateway.ts';
import { createTemporaryFolder } from './temporary-folder.ts';

/** The names of the service. */
export const NAMES = [
  'api.example.test',
  'other.example.test',
  'deep.api.example.test',
  'gateway.lan.test',
] as const;

/** Lets group `agents` open sessions, send requests and open tunnels. */
export const ALLOW_PROXY = `apiVersion: sallyport.dev/v1
rules:
  - { id: everyone-connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: everything, effect: allow, on: http, match: { groups: [agents] } }
`;

/** Options of {@link startProxyGateway}. */
export interface ProxyGatewayOptions
  extends Pick<HttpGatewayOptions, 'policy' | 'recording' | 'limits' | 'identity' | 'api' | 'now'> {
  readonly service?: RequestListener;
  /** Keys of the resource `web`, whose destinations are `*.example.test`. */
  readonly web?: Readonly<Record<string, unknown>>;
  readonly listener?: Readonly<Record<string, unknown>>;
  /** Further resources. */
  readonly resources?: (port: number, ca: string) => readonly Readonly<Record<string, unknown>>[];
  readonly lookup?: HostLookup;
}

/** A gateway that is a proxy. */
export interface ProxyGateway extends HttpGateway {
  /** The service behind TLS. */
  readonly web: Server;
  readonly webPort: number;
  /** CA of the service's own certificate, which no client trusts. */
  readonly webCa: string;
  /** `http://x:TOKEN@127.0.0.1:PORT`. */
  proxyUrl(scheme?: 'http' | 'https'): Promise<string>;
}

/** Starts everything; `await using` stops it. The service answers with what it got unless it is given. */
export async function startProxyGateway(options: ProxyGatewayOptions = {}): Promise<ProxyGateway> {
  await using undo = new AsyncDisposableStack();
  const folder = undo.use(createTemporaryFolder('forward-proxy'));
  const clock = { nowMs: () => Date.now() };
  const own = certificateFromLocalCa({ directory: path.join(folder.path, 'web'), names: NAMES, clock });
  const { certificatePem, keyPem, caFile: webCa = '' } = await own.load();
  const web = createServer({ cert: certificatePem, key: keyPem }, options.service ?? tellBack);
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  undo.defer(
    () =>
      new Promise<void>((resolve) => {
        web.closeAllConnections();
        web.close(() => resolve());
      }),
  );
  const { port: webPort } = web.address() as AddressInfo;
  const { service: _service, web: keys, resources, listener, ...rest } = options;
  const gateway = undo.use(
    await startHttpGateway({
      policy: ALLOW_PROXY,
      ...rest,
      service: tellBack,
      listener: { allowLoopbackPlaintext: true, forwardProxy: true, ...listener },
      lookup: options.lookup ?? (async () => ['127.0.0.1']),
      resources: [
        {
          name: 'web',
          protocol: 'http',
          destinations: [`*.example.test:${webPort}`],
          tls: { ca: webCa },
          allowAddresses: ['127.0.0.1'],
          credential: { none: true },
          ...keys,
        },
        ...(resources?.(webPort, webCa) ?? []),
      ],
    }),
  );
  const owned = undo.move();
  return {
    ...gateway,
    web,
    webPort,
    webCa,
    async proxyUrl(scheme = 'http') {
      return `${scheme}://x:${await gateway.issuer.token()}@127.0.0.1:${gateway.port}`;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Tells two values of Authorization apart: what the gateway adds is not for clients, and need not come back to them. */
export function digestOf(authorization: string | undefined): string {
  return authorization === undefined ? '' : hash('sha256', authorization);
}

const tellBack: RequestListener = (request, response) => {
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  request.on('end', () => {
    const { method, url, headers } = request;
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({ method, url, bytes, headers, authorizedBy: digestOf(headers.authorization) }),
    );
  });
};

/** What came back to CONNECT, and the connection behind it. */
export interface RawTunnel {
  readonly status: number;
  /** The status line and the fields. */
  readonly head: string;
  readonly body: string;
  readonly socket: Socket;
}

/** Sends the head of a CONNECT as it is, and reads the answer; of a refusal to its end. */
export function connectRaw(
  { host, port }: { readonly host: string; readonly port: number },
  head: string,
): Promise<RawTunnel> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host, port });
    let text = '';
    const settle = (): void => {
      const end = text.indexOf('\r\n\r\n');
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
      resolve({
        status,
        head: text.slice(0, end === -1 ? undefined : end),
        body: text.slice(end + 4),
        socket,
      });
    };
    const onData = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      if (!/^HTTP\/1\.1 200[^]*\r\n\r\n/.test(text)) return;
      socket.off('data', onData);
      socket.pause();
      settle();
    };
    socket.on('data', onData);
    socket.on('close', settle);
    socket.on('error', reject);
    socket.write(Buffer.from(head, 'latin1'));
  });
}

/** The usual CONNECT of a client that knows its token. */
export async function connectHead(gateway: ProxyGateway, place: string): Promise<string> {
  const login = Buffer.from(`x:${await gateway.issuer.token()}`).toString('base64');
  return `CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\nProxy-Authorization: Basic ${login}\r\n\r\n`;
}

/** TLS inside of a tunnel. */
export function secureTunnel(socket: Socket, options: ConnectionOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const secured = connectTls({ socket, ...options });
    secured.once('secureConnect', () => resolve(secured));
    secured.once('error', reject);
    secured.once('close', () => reject(new Error('closed')));
  });
}
