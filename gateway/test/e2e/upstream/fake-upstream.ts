import type { Socket } from 'node:net';
import { createCredentialSource } from '../../../src/credentials/credential-source.ts';
import {
  type PostgresResourceConfig,
  postgresResourceSchema,
} from '../../../src/protocols/postgres/config.ts';
import { UpstreamError } from '../../../src/protocols/postgres/upstream/errors.ts';
import {
  connectUpstream,
  type UpstreamConnection,
  type UpstreamOptions,
} from '../../../src/protocols/postgres/upstream.ts';
import { serveLoopback } from './loopback-server.ts';

/** A server on loopback that does what the test says, and the gateway's own way to connect to it. */
export interface FakeUpstream extends AsyncDisposable {
  /** What the server does with each connection. */
  behave: (socket: Socket) => void;
  /** Connections so far. */
  readonly count: number;
  /** Resolves when no connection is open. */
  allClosed(): Promise<void>;
  /** The config of a resource that is this server: plaintext, one account without secret. */
  resource(config?: object): PostgresResourceConfig;
  connect(config?: object, options?: Partial<UpstreamOptions>): Promise<UpstreamConnection>;
  /** The UpstreamError that connecting ends with; the server has seen its socket closed by then. */
  failure(config?: object, options?: Partial<UpstreamOptions>): Promise<UpstreamError>;
}

/** Starts it: `beforeAll(async () => { upstream = await startFakeUpstream(); })`. */
export async function startFakeUpstream(): Promise<FakeUpstream> {
  const server = await serveLoopback((socket) => upstream.behave(socket));
  const upstream: FakeUpstream = {
    behave: (socket) => socket.destroy(),
    get count() {
      return server.count;
    },
    allClosed: () => server.allClosed(),
    resource: (config = {}) =>
      postgresResourceSchema.parse({
        host: '127.0.0.1',
        port: server.port,
        database: 'shop',
        accounts: [{ name: 'app', credential: { none: true } }],
        tls: { mode: 'disable' },
        ...config,
      }),
    connect: (config = {}, options = {}) =>
      connectUpstream({
        resource: upstream.resource(config),
        account: 'app',
        database: 'shop',
        startupParameters: new Map(),
        applicationName: 'sallyport/ses_1',
        credential: createCredentialSource({ none: true }),
        signal: new AbortController().signal,
        minor: 0,
        ...options,
      }),
    async failure(config = {}, options = {}) {
      const error = await refusalOf(upstream.connect(config, options));
      await server.allClosed();
      return error;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
  return upstream;
}

/** The UpstreamError that an attempt ends with; anything else fails the test. */
export async function refusalOf(attempt: Promise<UpstreamConnection>): Promise<UpstreamError> {
  const error = await attempt.then(
    (connection) => {
      connection.socket.destroy();
      throw new Error('it connected');
    },
    (reason: unknown) => reason,
  );
  if (error instanceof UpstreamError) return error;
  throw new Error('expected an UpstreamError', { cause: error });
}

/** A behaviour: answers packet n of a connection with `replies[n]`. */
export function answer(...replies: (readonly Buffer[])[]): (socket: Socket) => void {
  return (socket) => {
    let step = 0;
    socket.on('data', () => {
      const reply = replies[step];
      step += 1;
      if (reply !== undefined) socket.write(Buffer.concat(reply));
    });
  };
}
