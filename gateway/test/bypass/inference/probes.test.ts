/** Questions about masked columns that a policy permits: put on record, counted over all connections of a run, and cut off. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import type { TokenClaims } from '../../support/issuer.ts';

const PROBES = 3;

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - id: people
    effect: allow
    on: sql
    match: { groups: [agents] }
    limits: { probes: ${PROBES} }
    mask:
      - { columns: ['*.salary'], with: null, inference: audit }
      - { columns: ['*.ssn'], with: redact, inference: allow }
      - { columns: ['*.code'], with: redact }
`;

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({
    policy: POLICY,
    setUp: `CREATE TABLE people (id int PRIMARY KEY, name text, ssn text, salary int, code text UNIQUE);
      INSERT INTO people SELECT n, 'n' || n, 's' || n, n * 1000, 'c' || n FROM generate_series(1, 9) n; GRANT ALL ON people TO app`,
  });
}, 60_000);

afterAll(() => gateway[Symbol.asyncDispose]());

/** Each on a connection of its own; the codes of their errors, or how many rows came. */
async function ask(
  claims: TokenClaims,
  questions: readonly (string | { readonly text: string; readonly values: readonly unknown[] })[],
): Promise<readonly (string | number | null)[]> {
  const outcomes: (string | number | null)[] = [];
  for (const question of questions) {
    const client = new pg.Client({ connectionString: await gateway.url({ claims }) });
    await client.connect();
    try {
      const { text, values } = typeof question === 'string' ? { text: question, values: [] } : question;
      outcomes.push((await client.query(text, [...values])).rowCount);
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) throw error;
      outcomes.push(`${error.code ?? ''} ${error.message}`);
    } finally {
      await client.end();
    }
  }
  return outcomes;
}

function above(salary: number): string {
  return `SELECT id FROM people WHERE salary > ${salary}`;
}

describe('probes of masked columns', () => {
  it('P10: are counted over reconnects, each once, and cut off at the limit', async () => {
    const run = { sub: 'agent-a', run_id: 'run-a' };
    expect(await ask(run, [above(1000), above(1000), above(2000), above(3000), above(1000)])).toEqual([
      8, 8, 7, 6, 8,
    ]);
    const [over, other, again] = await ask(run, [
      above(4000),
      "SELECT id FROM people WHERE ssn = 's1'",
      above(3000),
    ]);
    expect(over).toMatch(
      /^42501 POLICY_DENIED .* the limit of rule people is used up.* 3 different questions/,
    );
    expect(other).toMatch(/^42501 /);
    expect(again).toBe(6);
    expect(await ask({ ...run, run_id: 'run-b' }, [above(4000)])).toEqual([5]);
  });

  it('P10: a value of a parameter is a probe, and so is each literal of a list', async () => {
    const bound = (salary: number) => ({ text: 'SELECT id FROM people WHERE salary = $1', values: [salary] });
    const outcomes = await ask({ sub: 'agent-b', run_id: 'run-c' }, [
      bound(1000),
      bound(1000),
      bound(2000),
      bound(3000),
      bound(4000),
    ]);
    expect(outcomes.slice(0, 4)).toEqual([1, 1, 1, 1]);
    expect(outcomes[4]).toMatch(/^42501 /);
    const [list] = await ask({ sub: 'agent-b', run_id: 'run-d' }, [
      'SELECT id FROM people WHERE salary IN (1, 2, 3, 4)',
    ]);
    expect(list).toMatch(/^42501 /);
  });

  it.each([
    [
      'in other words',
      [
        'SELECT id FROM people WHERE SALARY > 1000',
        'SELECT id FROM people WHERE 1000 < salary',
        'SELECT p.id FROM people p WHERE p."salary" >= 1001',
        'SELECT id FROM people WHERE NOT salary <= 1000',
      ],
    ],
    [
      'by ranges, patterns, order and failures',
      [
        'SELECT id FROM people WHERE int4range(1000, NULL) @> salary',
        "SELECT id FROM people WHERE ssn LIKE 's1%'",
        'SELECT id FROM people ORDER BY salary DESC LIMIT 1',
        'SELECT 1 / (salary - 4000) FROM people WHERE id = 1',
      ],
    ],
  ])('P10: questions %s count all the same, and are cut off', async (way, questions) => {
    const outcomes = await ask({ sub: `agent ${way}`, run_id: `run ${way}` }, questions);
    // Each counts once or, for several values and for what is prepared first, more often.
    expect(String(outcomes[0])).not.toMatch(/used up/);
    expect(outcomes.at(-1)).toMatch(/^42501 .* the limit of rule people is used up/);
  });

  it('P10: a value that a unique key may have already is one, too', async () => {
    const run = { sub: 'agent-c', run_id: 'run-e' };
    const insert = (code: string) => `INSERT INTO people (id, code) VALUES (1, '${code}')`;
    const outcomes = await ask(run, [insert('x'), insert('y'), insert('z'), insert('c4')]);
    expect(outcomes.slice(0, 3)).toEqual([1, 2, 3].map(() => expect.stringMatching(/^23505 /)));
    expect(outcomes[3]).toMatch(/^42501 .* the limit of rule people is used up/);
  });

  it('what tells nothing is none', async () => {
    const run = { sub: 'agent-d', run_id: 'run-f' };
    const plain = Array.from(
      { length: PROBES + 2 },
      (_, index) => `SELECT salary, upper(ssn) FROM people WHERE id = ${index}`,
    );
    expect(await ask(run, plain)).toEqual([0, 1, 1, 1, 1]);
  });

  it('P4: the record says which columns, and how; and that there were too many', async () => {
    const run = { sub: 'agent-e', run_id: 'run-g' };
    await ask(run, [
      'SELECT p.id, 1 / (p.salary - 1) FROM people p JOIN people q ON q.salary = p.salary WHERE p.ssn = $$s1$$ ORDER BY p.salary',
      above(1),
      above(2),
      above(3),
    ]);
    const records = await gateway.recordsUntil((all) =>
      all.some(
        ({ type, session, kind }) =>
          type === 'finding.raised' && kind === 'probe-limit' && session !== undefined,
      ),
    );
    const intent = records.find(
      ({ type, summary, inference }) =>
        type === 'exchange.intent' &&
        summary !== '' &&
        inference !== undefined &&
        JSON.stringify(inference).includes('join'),
    );
    expect(intent?.['inference']).toEqual(
      expect.arrayContaining(
        ['expression', 'join', 'order'].map((use) => ({
          columns: ['public.people.salary'],
          use,
          rule: 'people',
        })),
      ),
    );
    // `ssn` is permitted without a record.
    expect(JSON.stringify(intent?.['inference'])).not.toContain('ssn');
    const findings = records.filter(
      ({ type, principal }) => type === 'finding.raised' && (principal as { run?: string }).run === 'run-a',
    );
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ kind: 'probe-limit', resource: 'shop', count: PROBES });
    expect(findings[0]).not.toHaveProperty('statement');
  });
});
