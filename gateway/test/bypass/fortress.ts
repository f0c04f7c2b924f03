/** A real gateway before a real PostgreSQL, with witnesses: the server's own log, its state, and the audit trail. */
import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { encodeQuery } from '../../src/protocols/postgres/wire/frontend/query.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { startTestPostgres } from '../support/postgres.ts';
import { type Answer } from '../support/raw-answer.ts';
import { RawClient, type RawLogin, rawLogin } from '../support/raw-client.ts';
import { FINGERPRINT, FORTRESS_SCHEMA } from './fortress-schema.ts';

/** What the audit holds of one exchange, as far as suites look at it. */
export interface IntentRecord {
  readonly session: string;
  readonly effect: string;
  readonly cause?: string;
  readonly rules: readonly string[];
  readonly request: { readonly text?: string; readonly steps?: readonly string[] };
}

/** What happened since a {@link Fortress.watch}. */
export interface Witness {
  /** What the server logged: every text that reached it. */
  serverLog(): string;
  /** The texts that reached the server, by whatever message. */
  reachedTexts(): readonly string[];
  /** Intents that the gateway put on file. */
  intents(): readonly IntentRecord[];
  /** Whether the server's state is the same. */
  isUnchanged(): Promise<boolean>;
}

const SECRET_VARIABLE = 'SALLYPORT_TEST_BYPASS_SECRET';

/** Everything that a server logs so that no text can reach it unseen: statements, and each Parse, Bind and Execute. */
const LOG_EVERYTHING = {
  log_statement: 'all',
  log_min_duration_statement: '0',
  log_min_error_statement: 'error',
};

/** The gateway under attack. */
export class Fortress implements AsyncDisposable {
  readonly gateway: TestGateway;
  readonly #admin: pg.Client;
  readonly #owned: AsyncDisposableStack;
  readonly #log: number;
  readonly #audit: AuditTail;
  #marker = 0;

  private constructor(gateway: TestGateway, admin: pg.Client, owned: AsyncDisposableStack) {
    this.gateway = gateway;
    this.#admin = admin;
    this.#owned = owned;
    this.#log = openSync(gateway.postgres.server.logFile, 'r');
    this.#audit = new AuditTail(path.join(gateway.dataDir, 'audit'));
  }

  static async start(policy: string): Promise<Fortress> {
    await using undo = new AsyncDisposableStack();
    const postgres = undo.use(await startTestPostgres({ settings: { fsync: 'off', ...LOG_EVERYTHING } }));
    process.env[SECRET_VARIABLE] = 'app-secret';
    const gateway = undo.use(
      await startTestGateway({
        postgres,
        policy,
        setUp: FORTRESS_SCHEMA,
        resource: {
          accounts: [{ name: 'app', credential: { env: SECRET_VARIABLE }, allowSuperuser: true }],
        },
      }),
    );
    const admin = new pg.Client({ connectionString: postgres.url() });
    await admin.connect();
    await admin.query('SET log_statement = none; SET log_min_duration_statement = -1');
    undo.defer(() => admin.end());
    return new Fortress(gateway, admin, undo.move());
  }

  /** Logs in with raw bytes. */
  async connect(more: Partial<RawLogin> = {}): Promise<RawClient> {
    return RawClient.connect(await rawLogin(this.gateway, more));
  }

  /** Runs a statement as the superuser, past the gateway. */
  async admin(text: string): Promise<readonly Record<string, unknown>[]> {
    return (await this.#admin.query<Record<string, unknown>>(text)).rows;
  }

  /** Begins to watch. */
  async watch(): Promise<Witness> {
    const before = await this.#fingerprint();
    const from = this.#logSize();
    const seen = this.#audit.intents().length;
    return {
      serverLog: () => this.#logFrom(from),
      reachedTexts: () => textsOf(this.#logFrom(from)),
      intents: () => this.#audit.intents().slice(seen),
      isUnchanged: async () => (await this.#fingerprint()) === before,
    };
  }

  /** Proves that a session is alive: a statement of its own runs, and reached the server. */
  async isAlive(client: RawClient): Promise<boolean> {
    this.#marker += 1;
    const mark = `alive ${this.#marker}`;
    const from = this.#logSize();
    const answer: Answer = await client.ask(encodeQuery(`SELECT '${mark}'`));
    return answer.rows[0]?.[0] === mark && this.#logFrom(from).includes(mark);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    closeSync(this.#log);
    await this.#owned.disposeAsync();
  }

  async #fingerprint(): Promise<unknown> {
    return (await this.#admin.query<{ fingerprint: string }>(FINGERPRINT)).rows[0]?.fingerprint;
  }

  #logSize(): number {
    return fstatSync(this.#log).size;
  }

  /** The server writes a line before it answers, so what a client was answered about is in the file. */
  #logFrom(position: number): string {
    const bytes = Buffer.alloc(this.#logSize() - position);
    readSync(this.#log, bytes, 0, bytes.length, position);
    // Lines of one statement begin with a tab, but for the first.
    return bytes.toString('utf8').replaceAll('\n\t', '\n');
  }
}

/** An entry of the server's log begins with its time; its text goes on to the next one. */
const LOG_ENTRY = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \w+ \[\d+\] /m;

/** `statement: …`, `duration: 1 ms  parse s: …`, `STATEMENT:  …` of an error; parameters are a DETAIL of their own. */
function textsOf(log: string): readonly string[] {
  return log.split(LOG_ENTRY).flatMap((entry) => {
    const told =
      /^LOG:  (?:duration: [\d.]+ ms  )?(?:statement|(?:parse|bind|execute(?: fetch from)?) [^:]*): ([^]*)$/.exec(
        entry,
      ) ?? /^STATEMENT:  ([^]*)$/.exec(entry);
    return told?.[1] === undefined ? [] : [told[1].replace(/\n$/, '')];
  });
}

/** Reads the audit trail as it grows. */
class AuditTail {
  readonly #folder: string;
  readonly #read = new Map<string, number>();
  readonly #intents: IntentRecord[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** All intents so far. */
  intents(): readonly IntentRecord[] {
    const segments = readdirSync(this.#folder).filter((name) => /^\d+\.jsonl$/.test(name));
    for (const name of segments.sort()) {
      const text = readFileSync(path.join(this.#folder, name), 'utf8');
      const from = this.#read.get(name) ?? 0;
      const end = text.lastIndexOf('\n') + 1;
      if (end <= from) continue;
      this.#read.set(name, end);
      this.#intents.push(
        ...text
          .slice(from, end - 1)
          .split('\n')
          .flatMap(toIntent),
      );
    }
    return this.#intents;
  }
}

function toIntent(line: string): IntentRecord[] {
  const { event } = JSON.parse(line) as { readonly event: IntentRecord & { readonly type: string } };
  return event.type === 'exchange.intent' ? [event] : [];
}
