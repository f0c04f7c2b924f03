/**
 * What can be inferred of masked values by statements that do not ask for them, through the real wire. Each attempt tells
 * something when it is sent to the server itself: two databases that differ in masked values alone answer it differently.
 * Through the gateway they answer alike. Where a policy permits inference, the values themselves stay hidden all the same.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { RawClient, rawLogin } from '../../support/raw-client.ts';
import { query } from '../messages.ts';
import { ATTEMPTS, KEY_CONFLICTS } from './cases/attempts.ts';
import { CANARY, createGuessedPeople, DirectClient, KNOWN, VARIANTS } from './guessed-people.ts';

const SECRET_VARIABLE = 'SALLYPORT_TEST_INFERENCE_SECRET';

const COLUMNS = ['ssn', 'code', 'salary', 'born', 'doc', 'tags'].map((name) => `public.people.${name}`);

function policy(inference: string): string {
  return `apiVersion: sallyport.dev/v1
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - id: everything
    effect: allow
    on: sql
    match: { groups: [agents] }
    mask: [{ columns: [${COLUMNS.join(', ')}], with: redact, inference: ${inference} }]
`;
}

let gateway: TestGateway;
let direct: readonly DirectClient[];
let clients: readonly RawClient[];

beforeAll(async () => {
  process.env[SECRET_VARIABLE] = 'app-secret';
  gateway = await startTestGateway({
    policy: policy('deny'),
    resource: {
      databases: [...VARIANTS],
      database: VARIANTS[0],
      accounts: [{ name: 'app', credential: { env: SECRET_VARIABLE }, allowSuperuser: true }],
    },
  });
  await createGuessedPeople(gateway.postgres);
  direct = await Promise.all(VARIANTS.map((name) => DirectClient.connect(gateway.postgres, name)));
  clients = await Promise.all(
    VARIANTS.map(async (name) => RawClient.connect(await rawLogin(gateway, { database: `shop/${name}` }))),
  );
}, 60_000);

afterAll(async () => {
  for (const client of [...direct, ...clients]) await client[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
});

interface Seen {
  /** All bytes that came, without what differs from decision to decision. */
  readonly bytes: string;
  readonly codes: readonly string[];
}

/** What comes of the steps in each database; they are rolled back. */
function ask(steps: readonly string[]): Promise<readonly Seen[]> {
  return Promise.all(clients.map((client) => askOne(client, steps)));
}

async function askOne(client: RawClient, steps: readonly string[]): Promise<Seen> {
  const answers = [];
  for (const step of steps) answers.push(await client.ask(query(step)));
  await client.ask(query('ROLLBACK'));
  const codes = answers.flatMap(({ errors }) => errors.map(({ code }) => code ?? ''));
  const bytes = Buffer.concat(answers.map((answer) => answer.bytes)).toString('latin1');
  // Ids of decisions, and the lengths of messages that tell them.
  return { bytes: bytes.replaceAll(/dec_[0-9a-z_]+/g, 'dec').replaceAll(/E.{4}SERROR/gs, 'ESERROR'), codes };
}

/** Whether the server itself answers the two databases differently: one after the other, as each sees locks of the other too. */
async function tells(steps: readonly string[]): Promise<boolean> {
  const answers = new Set<string>();
  for (const client of direct) answers.add(await client.ask(steps));
  return answers.size > 1;
}

/** What the attempt brings along, or may read elsewhere, is no secret. */
function withoutKnown(bytes: string, steps: readonly string[]): string {
  const own = steps.flatMap((step) => step.match(new RegExp(`[0-9]+${CANARY}|[0-9]{8}`, 'g')) ?? []);
  return [...own, ...KNOWN].reduce((text, value) => text.replaceAll(value, ''), bytes);
}

function expectNoValue({ bytes }: Seen, steps: readonly string[]): void {
  expect(withoutKnown(bytes, steps)).not.toContain(CANARY);
  expect(withoutKnown(bytes, steps)).not.toMatch(/(?:52|31|78)00000[12]/);
}

describe('a mask that denies inference', () => {
  it.each(ATTEMPTS)('P5: $name', async ({ steps }) => {
    expect(await tells(steps), 'sent directly it tells nothing, so it is no attempt').toBe(true);
    const [left, right] = await ask(steps);
    expect(left?.bytes).toBe(right?.bytes);
    expect(left?.codes).toContain('42501');
    if (left !== undefined) expectNoValue(left, steps);
  });

  it.each(KEY_CONFLICTS)('P5: shows no value, though it tells: $name', async ({ steps }) => {
    expect(await tells(steps)).toBe(true);
    const seen = await ask(steps);
    expect(seen.map(({ codes }) => codes)).toEqual([['23505'], []]);
    for (const one of seen) expectNoValue(one, steps);
  });
});

describe('a mask that permits inference', () => {
  beforeAll(() => gateway.setPolicy(policy('allow')));

  it.each(ATTEMPTS)('P5: shows no value: $name', async ({ steps }) => {
    for (const one of await ask(steps)) expectNoValue(one, steps);
  });

  it('lets conditions pass, and masks what comes of them', async () => {
    const steps = [
      "SELECT id, ssn, length(code)::text, born::text::date FROM people WHERE ssn LIKE '1%' ORDER BY born",
    ];
    const [left, right] = await ask(steps);
    expect([left?.codes, right?.codes]).toEqual([[], []]);
    expect(left?.bytes).toContain('[redacted]');
    expect(left?.bytes).not.toContain('1985');
  });
});
