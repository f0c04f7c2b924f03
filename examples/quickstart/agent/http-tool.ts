/** The agent's tool for services: a base URL, a token, and requests. Of the gateway it knows nothing but the URL. */
import { readFileSync } from 'node:fs';
import { Agent as PlainAgent, request as plainRequest } from 'node:http';
import { Agent, request as secureRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import { type Reply, readDenial, readPending } from './reply.ts';

const TIMEOUT_MS = 60_000;

/** Where the service is, for the agent. */
export interface HttpToolOptions {
  /** `https://…/shop-api`; paths of requests are put behind it. */
  readonly url: string;
  readonly token: string;
  /** File of the CA to trust; without it Node's own list. */
  readonly caFile?: string | undefined;
}

/** A tool that keeps one connection. */
export class HttpTool {
  readonly #options: HttpToolOptions;
  readonly #agent: PlainAgent | Agent;

  constructor(options: HttpToolOptions) {
    const { url, caFile } = options;
    this.#options = options;
    const ca = caFile === undefined ? {} : { ca: readFileSync(caFile) };
    this.#agent = url.startsWith('http:')
      ? new PlainAgent({ keepAlive: true, maxSockets: 1 })
      : new Agent({ keepAlive: true, maxSockets: 1, ...ca });
  }

  /** Sends a request, `GET /customers/7`, with a body where there is one, and tells what came of it; never throws. */
  async ask(request: string, body?: unknown): Promise<Reply> {
    try {
      const { status, answer } = await this.#send(request, body);
      return readAnswer(status, answer);
    } catch (error) {
      return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  async #send(request: string, body: unknown): Promise<{ readonly status: number; readonly answer: string }> {
    const [method = '', path = ''] = request.split(' ');
    const { url, token } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; answer: string }>();
    const outgoing = (url.startsWith('http:') ? plainRequest : secureRequest)(
      `${url.replace(/\/$/u, '')}${path}`,
      {
        method,
        agent: this.#agent,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      },
      (incoming) => {
        text(incoming).then((answer) => resolve({ status: incoming.statusCode ?? 0, answer }), reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    return promise;
  }
}

/** Reads an answer: 403 and 429 of the gateway say so in their body, others are the service's. */
export function readAnswer(status: number, answer: string): Reply {
  const json = parse(answer);
  if (status < 400) return { kind: 'permitted', tool: 'http', status, json };
  const { code, detail } = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>;
  const message = typeof detail === 'string' ? detail : answer.slice(0, 400);
  const read =
    status !== 403 && status !== 429
      ? undefined
      : code === 'APPROVAL_PENDING'
        ? readPending(message)
        : code === 'POLICY_DENIED'
          ? readDenial(message)
          : undefined;
  return read ?? { kind: 'failed', message: `${status} ${message}` };
}

function parse(answer: string): unknown {
  try {
    return answer === '' ? undefined : JSON.parse(answer);
  } catch {
    return undefined;
  }
}
