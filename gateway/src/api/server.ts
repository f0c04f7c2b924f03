/**
 * The API on a socket: HTTPS with the gateway's own certificate. Everything is bounded (P10): connections, headers,
 * bodies, requests in work, and every wait. A connection on which no token was accepted lives no longer than a
 * handshake may take, and makes room for others.
 */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { Socket } from 'node:net';
import { finished } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { getRequestListener, RequestError } from '@hono/node-server';
import { normalizeAddress } from '../listener/ip-address.ts';
import { type Connection, createListener, type Listener } from '../listener/listener.ts';
import type { ServerTls } from '../listener/server-tls.ts';
import { upgradeToTls } from '../listener/tls-upgrade.ts';
import type { Clock } from '../model/clock.ts';
import type { ApiConnection } from './api-services.ts';
import { ApiError, type ApiErrorCode } from './errors.ts';
import { ANSWER_HEADERS, problemResponse, toProblem } from './problem-response.ts';

/** ALPN name of the only protocol that is spoken. */
export const API_ALPN_PROTOCOLS: readonly string[] = ['http/1.1'];

/** Times and sizes that bound the server; those not given have defaults. */
export interface ApiServerLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  /** From accept to the first request with an accepted token, in milliseconds. */
  readonly handshakeTimeoutMs: number;
  readonly headersTimeoutMs: number;
  /** For header and body together. */
  readonly requestTimeoutMs: number;
  /** How long a connection may be idle between two requests. */
  readonly idleTimeoutMs: number;
  /** How long nothing may move while a request is answered: the work, and a client that does not read. */
  readonly stallTimeoutMs: number;
  readonly maxRequestsInWork: number;
}

const DEFAULT_LIMITS: ApiServerLimits = {
  maxConnections: 256,
  maxConnectionsPerAddress: 64,
  handshakeTimeoutMs: 10_000,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 20_000,
  idleTimeoutMs: 15_000,
  stallTimeoutMs: 120_000,
  maxRequestsInWork: 64,
};

/** A connection is closed after this many requests, so that pipelining is bounded. */
const REQUESTS_PER_CONNECTION = 100;

/** Options of {@link createApiServer}. */
export interface ApiServerOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly tls: ServerTls;
  readonly clock: Clock;
  /** Largest header of a request in bytes: it holds a token. */
  readonly maxHeaderBytes: number;
  /** The API itself. */
  readonly fetch: (request: Request, connection: ApiConnection) => Response | Promise<Response>;
  readonly onEvent?: Parameters<typeof createListener>[0]['onEvent'];
  readonly limits?: Partial<ApiServerLimits>;
}

/** The API while it is served. */
export type ApiServer = Pick<Listener, 'bind' | 'address' | 'drain' | 'close'>;

/** What is known of an open connection. */
interface OpenConnection {
  readonly connection: Connection;
  requests: number;
  /** A token was accepted on it. */
  isKnown: boolean;
}

type Connections = WeakMap<Socket, OpenConnection>;

/** Makes the server; {@link ApiServer.bind} begins to serve. */
export function createApiServer(options: ApiServerOptions): ApiServer {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const connections: Connections = new WeakMap();
  const server = createHttp(options, limits, connections);
  const listener = createListener({
    host: options.host,
    port: options.port,
    maxConnections: limits.maxConnections,
    maxConnectionsPerAddress: limits.maxConnectionsPerAddress,
    handshakeTimeoutMs: limits.handshakeTimeoutMs,
    handshakeGraceMs: Math.min(1000, limits.handshakeTimeoutMs),
    clock: options.clock,
    ...(options.onEvent === undefined ? {} : { onEvent: options.onEvent }),
    onConnection: async (socket, connection) => {
      const secured = await upgradeToTls(socket, options.tls, {
        signal: connection.handshake,
        start: 'implicit',
      });
      connections.set(secured, { connection, requests: 0, isKnown: false });
      await serveConnection(server, secured, connection);
    },
  });
  const closed = (): void => void server.close(() => undefined);
  return {
    bind: () => listener.bind(),
    address: () => listener.address(),
    drain: (graceMs) => listener.drain(graceMs).finally(closed),
    close: () => listener.close().finally(closed),
  };
}

/** Where clients reach it: by a name, where it listens on every address. */
export function apiUrl(api: ApiServer): string {
  const { address, port } = api.address();
  const isAny = address === '0.0.0.0' || address === '::';
  const host = isAny ? 'localhost' : address.includes(':') ? `[${address}]` : address;
  return `https://${host}:${port}`;
}

/** Resolves when the connection is over. */
async function serveConnection(server: Server, socket: TLSSocket, connection: Connection): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  finished(socket, () => resolve());
  const drain = (): void => server.closeIdleConnections();
  connection.draining.addEventListener('abort', drain, { once: true });
  server.emit('connection', socket);
  await promise;
  connection.draining.removeEventListener('abort', drain);
}

function createHttp(options: ApiServerOptions, limits: ApiServerLimits, connections: Connections): Server {
  const answer = answerer(options, connections);
  let inWork = 0;
  const server = createServer(
    {
      maxHeaderSize: options.maxHeaderBytes,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.idleTimeoutMs,
      connectionsCheckingInterval: Math.min(1000, limits.headersTimeoutMs),
      requireHostHeader: false,
    },
    (request, response) => {
      const open = connections.get(request.socket);
      if (open === undefined || isLastRequest(open)) response.shouldKeepAlive = false;
      const isPipelined = open?.isKnown !== true && (open?.requests ?? 0) > 1;
      if (isPipelined || inWork >= limits.maxRequestsInWork) {
        send(
          response,
          new ApiError('ERR_API_BUSY', 'the API is answering as many requests as it may; try again soon'),
        );
        return;
      }
      inWork += 1;
      response.once('close', () => {
        inWork -= 1;
        if (open?.connection.draining.aborted !== false) request.socket.destroySoon();
      });
      answer(request, response).catch(() => request.socket.destroy());
    },
  );
  server.timeout = limits.stallTimeoutMs;
  server.maxRequestsPerSocket = REQUESTS_PER_CONNECTION;
  server.on('clientError', refuseBytes);
  server.on('checkExpectation', (_request, response: ServerResponse) => {
    send(response, new ApiError('ERR_API_MALFORMED', 'the gateway meets no expectations but 100-continue'));
  });
  // Node watches over the deadlines of requests from this event on, and the server itself never listens.
  server.emit('listening');
  return server;
}

/** Counts a request; true when the connection is to close behind it. */
function isLastRequest(open: OpenConnection): boolean {
  open.requests += 1;
  return open.requests >= REQUESTS_PER_CONNECTION || open.connection.draining.aborted;
}

function answerer(
  options: ApiServerOptions,
  connections: Connections,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const fetch = async (request: Request, { socket, url = '' }: IncomingMessage): Promise<Response> => {
    if (!isOwnTarget(url, request.headers.get('host'))) {
      return closing(
        problemResponse(new ApiError('ERR_API_MALFORMED', 'the target of the request names another host')),
      );
    }
    const open = connections.get(socket);
    const response = await options.fetch(request, {
      remoteAddress: normalizeAddress(socket.remoteAddress ?? ''),
      localAddress: normalizeAddress(socket.localAddress ?? ''),
      onAuthenticated: () => {
        open?.connection.establish();
        if (open !== undefined) open.isKnown = true;
      },
    });
    return open?.isKnown === true && response.status !== 413 ? response : closing(response);
  };
  return getRequestListener(
    (request, env) => fetch(request, (env as { incoming: IncomingMessage }).incoming),
    {
      overrideGlobalObjects: false,
      errorHandler: (error) =>
        closing(
          problemResponse(
            error instanceof RequestError
              ? new ApiError('ERR_API_MALFORMED', 'the target or the Host of the request is no URL')
              : error,
          ),
        ),
    },
  );
}

/** A target that is a whole URL (RFC 9112 section 3.2.2) comes before the Host header, by which callers are judged: both must agree. */
function isOwnTarget(target: string, host: string | null): boolean {
  if (target.startsWith('/')) return true;
  const named = URL.parse(target);
  return named?.protocol === 'https:' && named.host === URL.parse(`https://${host ?? ''}`)?.host;
}

/** What the parser of Node refuses never becomes a request: answer as the API would, and close. */
function refuseBytes(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const { status, title, ...rest } = toProblem(malformed(error.code));
  const body = JSON.stringify({ status, title, ...rest });
  const headers = { ...ANSWER_HEADERS, 'content-type': 'application/problem+json', connection: 'close' };
  const lines = Object.entries({ ...headers, 'content-length': String(Buffer.byteLength(body)) });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`,
  );
}

function malformed(code: string | undefined): ApiError {
  const refusals: Readonly<Record<string, readonly [ApiErrorCode, string]>> = {
    HPE_HEADER_OVERFLOW: ['ERR_API_HEADER_TOO_LARGE', 'the header of the request is too large'],
    ERR_HTTP_REQUEST_TIMEOUT: ['ERR_API_TIMEOUT', 'the request did not arrive in time'],
  };
  const [own, message] = refusals[code ?? ''] ?? [
    'ERR_API_MALFORMED',
    'the bytes on the connection are no HTTP/1.1 request',
  ];
  return new ApiError(own, message);
}

function send(response: ServerResponse, error: ApiError): void {
  const { status, headers } = closing(problemResponse(error));
  const body = JSON.stringify(toProblem(error));
  response.writeHead(status, { ...Object.fromEntries(headers), 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

/** Whoever is nobody begins anew each time: a connection costs them more than a request costs us. */
function closing(response: Response): Response {
  response.headers.set('connection', 'close');
  return response;
}
