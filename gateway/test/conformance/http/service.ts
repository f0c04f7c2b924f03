/** The service of the HTTP driver: a real server that knows nothing of the gateway. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Target } from '../driver.ts';
import { isTarget, rowsIn, rowsOf } from '../rows.ts';
import { SHAPES, tell } from './answers.ts';

/** What the service has seen and keeps. */
export class ConformanceService {
  /** Requests under way, by the `User-Agent` of the connection that they came from. */
  readonly active: Map<string, number> = new Map();
  readonly #stored = new Map<Target, number>();

  /** Rows that were stored in a target since the last time. */
  takeStored(target: Target): number {
    const count = this.#stored.get(target) ?? 0;
    this.#stored.delete(target);
    return count;
  }

  /** A request listener of `node:http`. */
  readonly listener: RequestListener = (request, response) => {
    const agent = request.headers['user-agent'] ?? '';
    this.active.set(agent, (this.active.get(agent) ?? 0) + 1);
    response.on('close', () => this.active.set(agent, (this.active.get(agent) ?? 1) - 1));
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    const url = new URL(request.url ?? '/', 'http://service');
    const [, shape = '', name = ''] = url.pathname.split('/');
    // One that does not wait for the body.
    if (shape === 'early' && name !== 'slow') return answer(response, 'json', name);
    void bodyOf(request).then((body) => {
      if (body !== undefined) this.#answer(request, response, { url, shape, name, body });
    });
  };

  #answer(request: IncomingMessage, response: ServerResponse, asked: Asked): void {
    const { url, shape, name, body } = asked;
    switch (shape) {
      case 'nothing':
        return tell(response, 'application/json', '{}');
      case 'search':
        return answer(response, 'json', url.searchParams.get('target') ?? '');
      case 'redirect':
        response.writeHead(302, { location: `/json/${url.searchParams.get('to')}` }).end();
        return;
      case 'ask':
        return answer(response, 'json', (JSON.parse(body) as { readonly target: string }).target);
      case 'form': {
        const form = new URLSearchParams(body);
        return this.#store(response, form.get('target') ?? '', form.toString());
      }
      case 'upload':
        return this.#store(response, name, body);
      case 'rows':
        return this.#store(
          response,
          name,
          request.method === 'DELETE' ? JSON.stringify(rowsOf(toTarget(name))) : '',
        );
      case 'graphql':
        return this.#graphql(response, JSON.parse(body) as { readonly query: string });
      case 'rpc':
        return rpc(response, JSON.parse(body) as { readonly id: number; readonly method: string });
      default:
        return answer(response, shape, name);
    }
  }

  /** Keeps the rows of a text, and answers with them. */
  #store(response: ServerResponse, name: string, text: string): void {
    const target = toTarget(name);
    if (target === 'slow') return;
    this.#stored.set(target, (this.#stored.get(target) ?? 0) + rowsIn(text));
    answer(response, 'json', name);
  }

  #graphql(response: ServerResponse, { query }: { readonly query: string }): void {
    const [, kind = 'query', name = ''] = /^(query|mutation) \{ (\w+)/.exec(query) ?? [];
    const target = toTarget(name);
    if (target === 'slow') return;
    if (kind === 'mutation')
      this.#stored.set(target, (this.#stored.get(target) ?? 0) + rowsOf(target).length);
    tell(response, 'application/graphql-response+json', JSON.stringify({ data: { [name]: rowsOf(target) } }));
  }
}

interface Asked {
  readonly url: URL;
  readonly shape: string;
  readonly name: string;
  readonly body: string;
}

const STREAMS = /^(stream|ndjson|events|trailers)$/;

function answer(response: ServerResponse, shape: string, name: string): void {
  const target = toTarget(name);
  // A slow one is silent; what streams begins, and is silent then.
  if (target === 'slow' && !STREAMS.test(shape)) return;
  const tells = SHAPES[shape];
  if (tells === undefined) response.writeHead(404).end();
  else tells(response, target);
}

function rpc(
  response: ServerResponse,
  { id, method }: { readonly id: number; readonly method: string },
): void {
  const target = toTarget(method.replace('read.', ''));
  if (target === 'slow') return;
  tell(response, 'application/json', JSON.stringify({ jsonrpc: '2.0', id, result: rowsOf(target) }));
}

function toTarget(name: string): Target {
  if (!isTarget(name)) throw new TypeError(`no target: ${name}`);
  return name;
}

/** The whole body; undefined where the request was broken off. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks).toString('utf8');
}
