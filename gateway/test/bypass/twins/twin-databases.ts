/**
 * Two databases that differ in nothing but masked values, as copies without a gateway and as copies behind one. The method of the
 * masks is `null`: all others tell of a plain column which of its values are missing.
 */
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import type { Answer } from '../../support/raw-answer.ts';
import { RawClient, rawLogin } from '../../support/raw-client.ts';
import { converse, OpenServer, SEEN, type Step } from '../direct/open-server.ts';
import { leaks } from '../masks/mask-attack.ts';
import { MASKED_PEOPLE, OTHER_VALUES } from '../masks/masked-people.ts';
import { query } from '../messages.ts';

/** Tables in which masked values decide about more than themselves. */
const TABLES = `
CREATE TABLE badges (id int, ssn text REFERENCES people (ssn));
CREATE TABLE ranks (id int, salary int, EXCLUDE USING btree (salary WITH =));
CREATE TABLE halls (id int, code text);
CREATE INDEX halls_codes ON halls (code, id);
CREATE UNIQUE INDEX halls_part ON halls (code) WHERE id > 0;
CREATE TABLE zones (id int, ssn text) PARTITION BY RANGE (ssn);
CREATE TABLE zones_low PARTITION OF zones FOR VALUES FROM ('a') TO ('m');
CREATE TABLE zones_high PARTITION OF zones FOR VALUES FROM ('m') TO ('zz');
CREATE TABLE lockers (id int, ssn text PRIMARY KEY);
CREATE TABLE lent (ssn text REFERENCES lockers);
CREATE TABLE bulky (id int, secret text);
ALTER TABLE bulky ALTER secret SET STORAGE external;
CREATE STATISTICS known_values (mcv, ndistinct) ON ssn, email FROM people;
`;

/** Rows lie in the same order on both sides. */
function values(side: 'left' | 'right'): string {
  const [salary, code, other, low, next, times] =
    side === 'left' ? [4, 'h-x', 'h-y', 'b', 'c', 30] : [3, 'h-z', 'h-a', 'n', 'o', 900];
  return `
INSERT INTO ranks VALUES (1, ${salary}), (2, 9);
INSERT INTO halls VALUES (1, '${code}'), (2, '${other}'), (3, 'h-c');
INSERT INTO zones VALUES (1, '${low}'), (2, '${next}'), (3, 'd');
INSERT INTO lockers VALUES (1, 'l-a'), (2, 'l-b');
INSERT INTO lent VALUES ('l-${side === 'left' ? 'a' : 'b'}');
INSERT INTO bulky SELECT n, repeat(md5(n::text), ${times}) FROM generate_series(1, 20) n;
${side === 'left' ? '' : 'UPDATE people SET profile = \'{"city": "Bonn"}\' WHERE id < 3;'}
CLUSTER people USING people_pkey;
CREATE INDEX people_rich ON people (id) WHERE salary > 5;
ANALYZE;
`;
}

const MASKED = [
  ...['ssn', 'token', 'tags', 'home', 'code', 'email', 'salary'].map((name) => `people.${name}`),
  ...[
    'staff.ssn',
    'computed.ssn',
    'ranks.salary',
    'halls.code',
    'zones.ssn',
    'lockers.ssn',
    'lent.ssn',
    'bulky.secret',
  ],
].map((name) => `'public.${name}'`);

const POLICY = `apiVersion: sallyport.dev/v1
repeats: { after: 1000 }
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - id: everything
    effect: allow
    on: sql
    match: { groups: [agents] }
    mask:
      - { columns: [${MASKED.join(', ')}], with: 'null' }
      - { columns: ['public.people.profile'], paths: ['key'], with: 'null' }
      - { columns: ['public.letters.body'], detect: [email], with: 'null' }
`;

const SECRET_VARIABLE = 'SALLYPORT_TEST_TWINS_SECRET';

/** `again` is `left` once more: what differs between these two tells nothing. */
export type Side = 'left' | 'right' | 'again';

/** What came of an attempt. */
export interface Heard {
  /** Everything, without what differs from decision to decision and from copy to copy. */
  readonly told: string;
  /** Masked values in it. */
  readonly leaks: readonly string[];
  readonly codes: readonly string[];
  readonly isAlive: boolean;
}

/** The server, the copies, a gateway. */
export class TwinDatabases implements AsyncDisposable {
  readonly #server: OpenServer;
  readonly #gateway: TestGateway;
  readonly #clients = new Map<string, RawClient>();

  private constructor(server: OpenServer, gateway: TestGateway) {
    this.#server = server;
    this.#gateway = gateway;
  }

  static async start(): Promise<TwinDatabases> {
    await using undo = new AsyncDisposableStack();
    const server = undo.use(await OpenServer.start());
    await server.createTemplate('left_template', `${MASKED_PEOPLE}${TABLES}`);
    await server.copy('left_template', 'right_template');
    await server.postgres.query(values('left'), { database: 'left_template' });
    await server.postgres.query(`${OTHER_VALUES}${values('right')}`, { database: 'right_template' });
    for (const side of ['left', 'right', 'again'] as const) {
      await server.copy(templateOf(side), side);
      await server.copy(templateOf(side), `${side}_seen`);
    }
    process.env[SECRET_VARIABLE] = 'app-secret';
    const gateway = undo.use(
      await startTestGateway({
        policy: POLICY,
        postgres: server.postgres,
        resource: {
          databases: SEEN,
          database: 'left_seen',
          accounts: [{ name: 'app', credential: { env: SECRET_VARIABLE }, allowSuperuser: true }],
        },
      }),
    );
    undo.move();
    return new TwinDatabases(server, gateway);
  }

  /** What the server itself answers. */
  direct(side: Side, steps: readonly Step[]): Promise<Heard> {
    return this.#ask(side, () => this.#server.connect(side), steps);
  }

  /** What the gateway answers. */
  seen(side: Side, steps: readonly Step[]): Promise<Heard> {
    const database = `shop/${side}_seen`;
    return this.#ask(
      database,
      async () => RawClient.connect(await rawLogin(this.#gateway, { database })),
      steps,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients.values()) await client[Symbol.asyncDispose]();
    await this.#gateway[Symbol.asyncDispose]();
    await this.#server[Symbol.asyncDispose]();
  }

  /** One session serves many attempts, but those that may leave it with other names, which would be judged with more care. */
  async #ask(key: string, connect: () => Promise<RawClient>, steps: readonly Step[]): Promise<Heard> {
    const kept = this.#clients.get(key);
    const client = kept === undefined || kept.isClosed ? await connect() : kept;
    this.#clients.set(key, client);
    const answers = await converse(client, ['BEGIN', ...steps]);
    const bytes = Buffer.concat(answers.map((answer) => answer.bytes));
    if (!client.isClosed) {
      await client.ask(query('ROLLBACK'));
      await client.ask(query('DISCARD ALL'));
    }
    const isAlive = !client.isClosed && (await client.ask(query("SELECT 'alive'"))).rows.length === 1;
    if (steps.some((step) => /search_path|ROLE|AUTHORIZATION/.test(step.toString('latin1')))) {
      this.#clients.delete(key);
      await client[Symbol.asyncDispose]();
    }
    return { told: comparable(bytes), leaks: leaks(bytes), codes: codesOf(answers), isAlive };
  }
}

function templateOf(side: Side): string {
  return side === 'right' ? 'right_template' : 'left_template';
}

function codesOf(answers: readonly Answer[]): readonly string[] {
  return answers.flatMap(({ errors }) => errors.map(({ code }) => code ?? ''));
}

/** Message by message, without ids of decisions and oids of what an attempt makes, which no two copies share. */
function comparable(bytes: Buffer): string {
  let told = '';
  for (let at = 0; at + 5 <= bytes.length; at += 1 + bytes.readInt32BE(at + 1)) {
    const type = String.fromCharCode(bytes[at] ?? 0);
    const body = bytes.toString('latin1', at + 5, at + 1 + bytes.readInt32BE(at + 1));
    const known = body.replaceAll(/dec_[0-9a-z_]+/gi, 'dec');
    told += `${type}${type === 'T' ? known.replaceAll(/\0.{18}/gs, '\0') : known}\n`;
  }
  return told;
}
