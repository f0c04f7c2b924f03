/**
 * A server without a gateway, for attempts that have to prove what they do: copies of one database, made from a template, so
 * that oids agree and whatever an attempt leaves behind is gone with its copy.
 */
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import type { Answer } from '../../support/raw-answer.ts';
import { RawClient } from '../../support/raw-client.ts';
import { copyDone, query, sync } from '../messages.ts';

/** A step of an attempt: a text is a simple query. */
export type Step = string | Buffer;

/** Databases that a gateway stands before. */
export const SEEN = ['left_seen', 'right_seen', 'again_seen'] as const;

/** Raw clients send their secret as it is, which a gateway does not. */
const HBA = [`${SEEN.join(',')} all 127.0.0.1/32 scram-sha-256`, 'all all 127.0.0.1/32 password']
  .map((rule) => `hostssl ${rule}`)
  .join('\n');

/** What the agents' account may wait for, so that locks and sleeps come to an end. */
const PATIENCE = 'ALTER ROLE app SET statement_timeout = 4000';

/** The server; its account `app` is a superuser, as in the suites whose attempts are sent here. */
export class OpenServer implements AsyncDisposable {
  readonly postgres: TestPostgres;

  private constructor(postgres: TestPostgres) {
    this.postgres = postgres;
  }

  static async start(): Promise<OpenServer> {
    const postgres = await startTestPostgres({
      hba: HBA,
      settings: { fsync: 'off', autovacuum: 'off', max_prepared_transactions: '5' },
    });
    await postgres.createRole('app');
    await postgres.query(PATIENCE);
    return new OpenServer(postgres);
  }

  /** Makes a database that is copied. */
  async createTemplate(name: string, schema: string): Promise<void> {
    await this.#admin(`CREATE DATABASE "${name}"`);
    await this.postgres.query(schema, { database: name });
  }

  /**
   * A copy of a template, in the place of the one before.
   * @param settings what belongs to the database but is not copied
   */
  async copy(template: string, name: string, settings?: string): Promise<void> {
    await this.#admin(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
    await this.#admin(`CREATE DATABASE "${name}" TEMPLATE "${template}"`);
    if (settings !== undefined) await this.#admin(settings);
  }

  /** Transactions that were prepared outlive their sessions, and hold their database. */
  async endPrepared(database: string): Promise<void> {
    const prepared = await this.postgres.query('SELECT gid FROM pg_prepared_xacts', { database });
    for (const { gid } of prepared)
      await this.postgres.query(`ROLLBACK PREPARED '${String(gid)}'`, { database });
  }

  /** From a database that no attempt is sent to. */
  async #admin(text: string): Promise<void> {
    await this.postgres.query(text, { database: 'template1' });
  }

  async connect(database: string): Promise<RawClient> {
    const { certificate, server } = this.postgres;
    const { host, port } = server;
    const login = { host, port, caFile: certificate.caFile, token: 'app-secret', user: 'app', database };
    const client = await RawClient.connect(login);
    if (client.greeting.closed)
      throw new Error(`no session in ${database}: ${client.greeting.errors[0]?.message ?? ''}`);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.postgres[Symbol.asyncDispose]();
  }
}

/** What came of one step, to its end: the other side of a COPY is there as well. */
async function take(client: RawClient, step: Step): Promise<Answer> {
  client.send(typeof step === 'string' ? query(step) : step);
  const answer = await client.answer('copy');
  if (answer.messages.at(-1) === 'CopyInResponse') {
    client.send(copyDone(), ...(typeof step === 'string' ? [] : [sync()]));
  } else if (answer.messages.at(-1) !== 'CopyOutResponse') return answer;
  const rest = await client.answer();
  return { ...rest, bytes: Buffer.concat([answer.bytes, rest.bytes]) };
}

/** Sends steps one by one, to the end of them or of the session. */
export async function converse(client: RawClient, steps: readonly Step[]): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (const step of steps) {
    const answer = await take(client, step);
    answers.push(answer);
    if (answer.closed) break;
  }
  return answers;
}
