/**
 * What the server says beside the rows of a look-up: the value that a pseudonym stands for is sent to it as a parameter, and it can be
 * told to repeat parameters in errors, notices, plans and the log. The account is a superuser, so that it may be told everything. Sent
 * to the server itself, with the value, each makes it say the value.
 */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { RawClient, rawLogin } from '../../support/raw-client.ts';
import { extended, query, sync } from '../messages.ts';

const CANARY = 'qz7x';
/** As the server prints the bytes of a constant. */
const BYTES_OF_IT = [...Buffer.from(CANARY)].join(' ');

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - id: everything
    effect: allow
    on: sql
    match: { groups: [agents] }
    mask: [{ columns: ['*.email'], with: pseudonym, lookups: true }]
`;

const SECRET_VARIABLE = 'SALLYPORT_TEST_VOICES_SECRET';
const FAILING = 'SELECT 1 / (id - 2) FROM people WHERE email = $1';
const FINDING = 'SELECT id FROM people WHERE email = $1';

/** What the session is told to say, and the look-up that is asked then. */
const VOICES: readonly (readonly [settings: readonly string[], text: string])[] = [
  [['SET log_parameter_max_length_on_error = -1'], FAILING],
  [['SET log_parameter_max_length_on_error = 100', 'SET client_min_messages = debug5'], FAILING],
  [["SET log_statement = 'all'", 'SET client_min_messages = log'], FINDING],
  [['SET log_min_duration_statement = 0', 'SET client_min_messages = log'], FINDING],
  [['SET debug_print_plan = on', 'SET client_min_messages = log'], FINDING],
  [
    ["LOAD 'auto_explain'", 'SET auto_explain.log_min_duration = 0', "SET auto_explain.log_level = 'notice'"],
    FINDING,
  ],
  [
    [
      "LOAD 'auto_explain'",
      'SET auto_explain.log_min_duration = 0',
      "SET auto_explain.log_level = 'notice'",
      'SET auto_explain.log_verbose = on',
      'SET plan_cache_mode = force_custom_plan',
    ],
    FINDING,
  ],
  [['SET log_error_verbosity = verbose', 'SET log_parameter_max_length_on_error = -1'], FAILING],
  [
    ["SET lock_timeout = '100ms'", 'SET log_lock_waits = on', 'SET log_parameter_max_length_on_error = -1'],
    FAILING,
  ],
];

let gateway: TestGateway;

beforeAll(async () => {
  process.env[SECRET_VARIABLE] = 'app-secret';
  gateway = await startTestGateway({
    policy: POLICY,
    setUp: `ALTER ROLE app SUPERUSER; CREATE TABLE people (id int PRIMARY KEY, name text, email text);
      INSERT INTO people SELECT n, 'n' || n, n || '${CANARY}@example.org' FROM generate_series(1, 5) n`,
    resource: { accounts: [{ name: 'app', credential: { env: SECRET_VARIABLE }, allowSuperuser: true }] },
  });
}, 60_000);

afterAll(() => gateway[Symbol.asyncDispose]());

/** All that the server itself says beside rows, when it is asked with the value. */
async function said(settings: readonly string[], text: string): Promise<string> {
  const client = new pg.Client({ connectionString: gateway.postgres.url() });
  const heard: unknown[] = [];
  client.on('notice', (notice) => heard.push({ ...notice, message: notice.message }));
  await client.connect();
  try {
    for (const setting of settings) await client.query(setting);
    await client.query(text, [`2${CANARY}@example.org`]);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    heard.push({ ...error, message: error.message });
  } finally {
    await client.end();
  }
  return JSON.stringify(heard);
}

const tells = (words: string): boolean => words.includes(CANARY) || words.includes(BYTES_OF_IT);

describe('what is said beside a look-up', () => {
  it.each(VOICES.map(([settings, text]) => ({ name: [...settings, text].join('; '), settings, text })))(
    'P5: $name',
    async ({ settings, text }) => {
      expect(tells(await said(settings, text)), 'the server itself says nothing').toBe(true);
      await using client = await RawClient.connect(await rawLogin(gateway));
      const shown = await client.ask(query('SELECT email FROM people WHERE id = 2'));
      const pseudonym = shown.rows[0]?.[0] ?? '';
      expect(pseudonym).toMatch(/@masked\.invalid$/);
      const heard = [shown.bytes];
      for (const setting of settings) heard.push((await client.ask(query(setting))).bytes);
      const answer = await client.ask(extended(text, [pseudonym]), sync());
      heard.push(answer.bytes, (await client.ask(query('SELECT 1'))).bytes);
      expect(tells(Buffer.concat(heard).toString('latin1'))).toBe(false);
      const isFound = answer.rows[0]?.[0] === '2';
      expect(isFound || answer.errors[0]?.code !== '42501', 'the look-up is sent').toBe(true);
    },
  );
});
