/** What a client of HTTP does with one token: a connection, and another one when that was closed. */
import { randomUUID } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import type { HttpGateway } from '../../support/http-gateway.ts';
import type { RawHttpAnswer } from '../../support/raw-http.ts';
import type { Connection, Refusal, Reply } from '../driver.ts';
import { eventually } from '../obligations/expectations.ts';
import { rowsIn } from '../rows.ts';
import type { Asking, HttpWire, Identity } from './http-wire.ts';

/** What a connection is made with. */
export interface HttpConnecting {
  readonly gateway: Pick<HttpGateway, 'records'>;
  readonly token: string;
  dial(): Promise<HttpWire>;
  /** Called when a session is known by the `User-Agent` of its connection. */
  readonly onAgent: (session: string, agent: string) => void;
  /** Whether the service works on a request of that connection. */
  readonly isActive: (agent: string) => boolean;
}

/** Features of HTTP know that their connection is one of these. */
export class HttpTestConnection implements Connection {
  readonly sessions: string[] = [];
  readonly #how: HttpConnecting;
  #wire: HttpWire | undefined;
  #agent = '';
  #isKnown = false;
  /** Of the request that {@link end} reads the answer of. */
  method = 'GET';
  /** What {@link sayNext} sends: the rest of the body that a feature has begun. */
  next: string | undefined;

  constructor(how: HttpConnecting) {
    this.#how = how;
  }

  /** The open connection, or a new one. */
  async wire(): Promise<HttpWire> {
    return this.#wire?.isClosed === false ? this.#wire : this.renew();
  }

  /** Leaves the connection for a new one. */
  async renew(): Promise<HttpWire> {
    await this.#wire?.[Symbol.asyncDispose]();
    this.#agent = `conformance/${randomUUID()}`;
    this.#isKnown = false;
    this.#wire = await this.#how.dial();
    return this.#wire;
  }

  get isClosed(): boolean {
    return this.#wire?.isClosed ?? true;
  }

  /** Sends one request. @param now so much of its body; all of it unless said */
  async send(asking: Asking, now?: string): Promise<void> {
    (await this.wire()).send(asking, this.#identity, now);
    this.method = asking.method ?? 'GET';
  }

  /** Sends one request, and reads its answer. */
  async ask(asking: Asking): Promise<RawHttpAnswer | undefined> {
    await this.send(asking);
    return this.answer();
  }

  /** The next answer. */
  async answer(): Promise<RawHttpAnswer | undefined> {
    const answer = await this.#wire?.answer(this.method);
    this.learnSession();
    return answer;
  }

  /** Resolves when the next answer has begun. */
  async begun(): Promise<void> {
    await this.#wire?.begun();
    this.learnSession();
  }

  get #identity(): Identity {
    return { token: this.#how.token, agent: this.#agent };
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
    if (this.next === undefined) this.#wire?.send(USUAL, this.#identity);
    else this.#wire?.more(this.next);
    this.next = undefined;
    return this.end();
  }

  async end(): Promise<readonly Refusal[]> {
    return replyOf([await this.answer()]).refusals;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#wire?.[Symbol.asyncDispose]();
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
