/**
 * The shop's internal service: what other services of a shop would call. It answers whoever has its credential, and
 * knows nothing of agents, masks or approvals. Only the gateway has the credential.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, problem } from './answer.ts';
import { ShopGraph } from './graphql.ts';
import { answerRequest } from './routes.ts';
import { ShopStore, type StoreLogin } from './store.ts';

const MAX_BODY_BYTES = 64 * 1024;
/** Requests that it remembers. */
const MAX_ARRIVALS = 10_000;

/** A service that answers. */
export interface RunningApi {
  readonly url: string;
  /** Requests that came with the right credential, the first first: `GET /customers/7`. */
  readonly arrivals: readonly string[];
  /** Cuts what is open; resolves when the port is free. */
  stop(): Promise<void>;
}

/** What it needs. */
export interface ApiOptions {
  readonly database: StoreLogin;
  /** The bearer token that it asks for. */
  readonly credential: string;
}

/** Starts it on a free port of loopback. */
export async function startApi({ database, credential }: ApiOptions): Promise<RunningApi> {
  const store = new ShopStore(database);
  const graph = new ShopGraph(store);
  const arrivals: string[] = [];
  const server = createServer((request, response) => {
    answerTo(request, { store, graph, credential, arrivals }).then(
      (answer) => send(response, answer),
      () => send(response, problem(500, 'the database does not answer')),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    arrivals,
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await store.close();
    },
  };
}

interface Parts {
  readonly store: ShopStore;
  readonly graph: ShopGraph;
  readonly credential: string;
  readonly arrivals: string[];
}

async function answerTo(request: IncomingMessage, parts: Parts): Promise<Answer> {
  const { method = '', url = '/', headers } = request;
  if (!isCredential(headers.authorization, parts.credential)) {
    return problem(401, 'this service answers other services only', {
      'www-authenticate': 'Bearer realm="shop-api"',
    });
  }
  const { pathname, searchParams: query } = new URL(url, 'http://shop-api');
  const body = await readBody(request);
  if (parts.arrivals.length < MAX_ARRIVALS)
    parts.arrivals.push(`${method} ${url}  ${body ?? '(too long)'}`.trimEnd());
  if (body === undefined) return problem(413, `a body has ${MAX_BODY_BYTES} bytes at most`);
  if (body !== '' && !/^application\/json\b/iu.test(headers['content-type'] ?? '')) {
    return problem(415, 'bodies are JSON');
  }
  const json = parse(body);
  const segments = pathname.split('/').slice(1);
  if (pathname !== '/graphql') return answerRequest({ method, segments, query, json }, parts.store);
  if (method === 'POST') return parts.graph.answer(json);
  return problem(405, 'GraphQL comes by POST');
}

/** Compared as digests, so that time tells nothing of the credential. */
function isCredential(header: string | undefined, credential: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(header ?? ''), digest(`Bearer ${credential}`));
}

/** The whole body; undefined for one that is too long. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    // What follows is read and forgotten, so that the answer can be.
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk as Buffer);
  }
  return bytes > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks).toString('utf8');
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, { status, headers, json }: Answer): void {
  const body = json === undefined ? undefined : JSON.stringify(json);
  response.writeHead(status, {
    ...(body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(body);
}
