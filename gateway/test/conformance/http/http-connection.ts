/** What a client of HTTP does with one token: a connection, and another one when that was closed. */
import { randomUUID } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import type { HttpGateway } from '../../support/http-gateway.ts';
import { type RawHttpAnswer, RawHttpClient } from '../../support/raw-http.ts';
import type { Connection, Refusal, Reply } from '../driver.ts';
import { eventually } from '../obligations/expectations.ts';
import { rowsIn } from './rows.ts';

/** A request without what the connection adds. */
export interface Asking {
  readonly method?: string;
  readonly path: string;
  readonly version?: '1.0' | '1.1';
  readonly fields?: readonly string[];
  readonly body?: string;
  /** The body is framed by `fields`, and sent apart. */
  readonly isFramed?: true;
}

/** What a connection is made with. */
export interface HttpConnecting {
  readonly gateway: Pick<HttpGateway, 'host' | 'port' | 'records'>;
  readonly token: string;
  /** Called when a session is known by the `User-Agent` of its connection. */
  readonly onAgent: (session: string, agent: string) => void;
  /** Whether the service works on a request of that connection. */
  readonly isActive: (agent: string) => boolean;
}

/** Features of HTTP know that their connection is one of these. */
export class HttpTestConnection implements Connection {
  readonly sessions: string[] = [];
  readonly #how: HttpConnecting;
  #client: RawHttpClient | undefined;
  #agent = '';
  #isKnown = false;
  /** Said by the last answer. */
  #ends = false;
  /** Of the request that {@link end} reads the answer of. */
  method = 'GET';
  /** What {@link sayNext} sends; a feature that is in the middle of something says what comes next there. */
  next: string | undefined;

  constructor(how: HttpConnecting) {
    this.#how = how;
  }

  /** The open connection, or a new one. */
  async client(): Promise<RawHttpClient> {
    if (this.#client?.isClosed === false && !this.#ends) return this.#client;
    await this.#client?.[Symbol.asyncDispose]();
    this.#ends = false;
    this.#agent = `conformance/${randomUUID()}`;
    this.#isKnown = false;
    this.#client = await RawHttpClient.connect(this.#how.gateway);
    return this.#client;
  }

  /** Leaves the connection for a new one. */
  async renew(): Promise<void> {
    this.#ends = true;
    await this.client();
  }

  get isClosed(): boolean {
    return this.#ends || (this.#client?.isClosed ?? true);
  }

  /** The bytes of a request on the connection as it is. */
  text({ method = 'GET', path, version = '1.1', fields = [], body, isFramed }: Asking): string {
    const length = body === undefined || isFramed ? [] : [`Content-Length: ${body.length}`];
    const head = [
      `${method} /shop${path} HTTP/${version}`,
      'Host: gateway.test',
      `Authorization: Bearer ${this.#how.token}`,
      `User-Agent: ${this.#agent}`,
      ...fields,
      ...length,
    ];
    return `${head.join('\r\n')}\r\n\r\n${isFramed ? '' : (body ?? '')}`;
  }

  /** Sends one request, and reads its answer. */
  async ask(asking: Asking): Promise<RawHttpAnswer | undefined> {
    const client = await this.client();
    client.send(this.text(asking));
    return this.answer(asking.method);
  }

  /** The next answer. */
  async answer(method = 'GET'): Promise<RawHttpAnswer | undefined> {
    const answer = await (await this.#open()).answer(method);
    this.#ends = answer?.fields.some(([name, value]) => name === 'connection' && value === 'close') ?? true;
    this.learnSession();
    return answer;
  }

  /** A session is opened by the first request of a connection, and is on file before that is answered. */
  learnSession(): void {
    if (this.#isKnown) return;
    const opened = this.#how.gateway
      .records()
      .findLast(
        ({ type, hints }) =>
          type === 'session.opened' && (hints as { readonly user_agent?: string }).user_agent === this.#agent,
      );
    if (opened === undefined) return;
    this.#isKnown = true;
    this.sessions.push(String(opened['session']));
    this.#how.onAgent(String(opened['session']), this.#agent);
  }

  /** Resolves when the service has a request of this connection. */
  async whenActive(): Promise<void> {
    await eventually('the service has it', () => this.#how.isActive(this.#agent));
    this.learnSession();
  }

  async isUsable(): Promise<boolean> {
    const answer = await this.ask(USUAL);
    return answer?.status === 200 && answer.isWhole && answer.body.includes('label-of-open');
  }

  async sayNext(): Promise<readonly Refusal[]> {
    (await this.#open()).send(this.next ?? this.text(USUAL));
    this.next = undefined;
    return this.end();
  }

  async end(): Promise<readonly Refusal[]> {
    return replyOf([await this.answer(this.method)]).refusals;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client?.[Symbol.asyncDispose]();
  }

  async #open(): Promise<RawHttpClient> {
    if (this.#client === undefined) throw new Error('not connected');
    return Promise.resolve(this.#client);
  }
}

/** Always permitted. */
const USUAL: Asking = { path: '/json/open' };

/** The reply that answers make; undefined is a connection that ended before one. */
export function replyOf(answers: readonly (RawHttpAnswer | undefined)[]): Reply {
  const came = answers.filter((answer) => answer !== undefined);
  const received = Buffer.concat(came.map((answer) => Buffer.from(textOf(answer))));
  return {
    refusals: came.flatMap(refusalOf),
    received,
    rows: came.reduce((sum, answer) => sum + rowsIn(textOf(answer)), 0),
    ...(came.length < answers.length || came.some(({ isWhole }) => !isWhole) ? { isBroken: true } : {}),
  };
}

/** The gateway refuses in problem details; an answer to HEAD has no room for them. */
function refusalOf({ status, fields, body }: RawHttpAnswer): readonly Refusal[] {
  const type = fields.find(([name]) => name === 'content-type')?.[1];
  if (type !== 'application/problem+json') return [];
  if (body.length === 0) return [{ code: String(status), text: undefined }];
  const { detail } = JSON.parse(body.toString('utf8')) as { readonly detail: string };
  return [{ code: String(status), text: detail }];
}

/** With content codings undone. */
function legible(body: Buffer): Buffer {
  return body[0] === 0x1f && body[1] === 0x8b ? gunzipSync(body) : body;
}

/** Everything that was said, each thing once: head, body without codings, trailers. */
function textOf({ status, fields, body, trailers }: RawHttpAnswer): string {
  const lines = [...fields, ...trailers].map(([name, value]) => `${name}: ${value}\n`);
  return `${status}\n${lines.join('')}${legible(body).toString('utf8')}`;
}
