/** A session of the raw client: what is sent, and all that came back for it. */

import type { Report } from '../../../src/protocols/postgres/wire/backend/error-response.ts';
import { encodeQuery } from '../../../src/protocols/postgres/wire/frontend/query.ts';
import type { Answer } from '../../support/raw-answer.ts';
import { RawClient, type RawLogin } from '../../support/raw-client.ts';
import type { Connection, Refusal, Reply } from '../driver.ts';

/** Opens one. */
export async function connectPostgres(login: RawLogin): Promise<PostgresConnection> {
  return new PostgresConnection(await RawClient.connect(login));
}

/** Features of PostgreSQL know that their connection is one of these. */
export class PostgresConnection implements Connection {
  readonly client: RawClient;
  readonly sessions: readonly string[];
  /** What {@link sayNext} sends; a feature that is in the middle of something says what comes next there. */
  next: Buffer = encodeQuery('SELECT 1');

  constructor(client: RawClient) {
    this.client = client;
    const name = client.greeting.parameters.get('application_name') ?? '';
    const session = /^sallyport\/(ses_[0-9a-f]+)/.exec(name)?.[1] ?? '';
    this.sessions = [session];
    if (session === '') throw new Error(`no session: ${JSON.stringify(client.greeting.errors)}`);
  }

  get isClosed(): boolean {
    return this.client.isClosed;
  }

  async isUsable(): Promise<boolean> {
    if (this.isClosed) return false;
    const answer = await this.client.ask(encodeQuery("SELECT 'usable'"));
    return answer.status === 'I' && answer.rows[0]?.[0] === 'usable';
  }

  sayNext(): Promise<readonly Refusal[]> {
    this.client.send(this.next);
    return this.end();
  }

  async end(): Promise<readonly Refusal[]> {
    const said: Refusal[] = [];
    for (;;) {
      const answer = await this.client.answer();
      said.push(...answer.errors.map(toRefusal));
      if (answer.closed) return said;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.client[Symbol.asyncDispose]();
  }

  /**
   * Sends step after step, reading the answer of each, up to the first error; then rolls back what is open.
   *
   * @param own SQLSTATE of an error of the server that the feature is about
   */
  async converse(steps: readonly Buffer[], own?: string): Promise<Reply> {
    const answers: Answer[] = [];
    for (const step of steps) {
      const answer = await this.client.ask(step);
      answers.push(answer);
      if (answer.closed || answer.errors.length > 0) break;
    }
    return this.conclude(answers, own);
  }

  /** The reply that answers make, with the session idle again. */
  async conclude(answers: readonly Answer[], own?: string): Promise<Reply> {
    const last = answers.at(-1);
    if (last?.closed === false && last.status !== 'I') await this.client.ask(encodeQuery('ROLLBACK'));
    return {
      refusals: answers.flatMap(({ errors }) => errors.filter(({ code }) => code !== own).map(toRefusal)),
      received: Buffer.concat(answers.map(({ bytes }) => bytes)),
      rows: answers.reduce((sum, answer) => sum + rowsIn(answer), 0),
    };
  }
}

function toRefusal({ code, message }: Report): Refusal {
  return { code: code ?? '', text: message ?? '' };
}

/** Copied rows come one a message; the end of a binary copy is a message as well. */
function rowsIn({ messages, bytes, rows }: Answer): number {
  const copied = messages.filter((name) => name === 'CopyData').length;
  const isBinary = bytes.includes(BINARY_COPY);
  return rows.filter((row) => row.length === TARGET_COLUMNS).length + (isBinary ? copied - 1 : copied);
}

const BINARY_COPY = Buffer.from('PGCOPY\n');
/** Rows of targets are told from others by their three columns. */
const TARGET_COLUMNS = 3;
