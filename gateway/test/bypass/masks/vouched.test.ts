/**
 * A rule vouches for a function by its name. What the client puts under that name is another function, and nobody vouches for it.
 * Sent to the server itself each attempt shows a masked value.
 */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CANARY } from './masked-people.ts';
import { type SuperuserScene, startSuperuserScene } from './superuser-scene.ts';

const SET_UP = `
CREATE SCHEMA other;
CREATE TABLE people (id int PRIMARY KEY, ssn text);
INSERT INTO people VALUES (1, '${CANARY}');
CREATE FUNCTION initial(int) RETURNS text LANGUAGE sql STABLE AS 'SELECT left(ssn, 1) FROM public.people WHERE id = $1';
CREATE FUNCTION ssn_of(int) RETURNS text LANGUAGE sql STABLE AS 'SELECT ssn FROM public.people WHERE id = $1';
CREATE FUNCTION other.initial(text) RETURNS text LANGUAGE sql STABLE AS 'SELECT ssn FROM public.people';
CREATE FUNCTION add_ssn(text, int) RETURNS text LANGUAGE sql STABLE AS 'SELECT $1 || ssn FROM public.people WHERE id = $2';
`;

/** The first rule that vouches is as long as one writes it; the second is as narrow as it can be. */
const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - id: everything
    effect: allow
    on: sql
    match: { groups: [agents] }
    mask: [{ columns: ['public.people.ssn'], with: redact }]
  - { id: vouched, effect: allow, on: sql, match: { groups: [agents], functions: [public.initial] }, unmasked: true }
  - { id: called, effect: allow, on: sql, match: { groups: [agents], kinds: [EXECUTE FUNCTION], functions: [public.initial] }, unmasked: true }
`;

let scene: SuperuserScene;

beforeAll(async () => {
  scene = await startSuperuserScene(POLICY, SET_UP);
}, 60_000);

afterAll(() => scene?.[Symbol.asyncDispose]());

/** All that comes of the steps, in a transaction that is rolled back. */
async function heard(by: pg.Client, steps: readonly string[]): Promise<string> {
  const said: unknown[] = [];
  try {
    await by.query('BEGIN');
    for (const text of steps) {
      const answer: unknown = await by.query({ text, rowMode: 'array' });
      said.push(...[answer].flat().map((one) => (one as pg.QueryArrayResult).rows));
    }
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    said.push(`${error.code ?? ''}: ${error.message}`);
  }
  await by.query('ROLLBACK');
  return JSON.stringify(said);
}

const REPLACED =
  "CREATE OR REPLACE FUNCTION initial(int) RETURNS text LANGUAGE sql AS 'SELECT ssn FROM public.people'";

/** Each makes another function of that name, and calls it. */
const MADE: readonly (readonly string[])[] = [
  [REPLACED, 'SELECT initial(1)'],
  [`${REPLACED}; SELECT initial(1)`],
  [`SELECT initial(1); ${REPLACED}`, 'SELECT initial(1)'],
  ['DROP FUNCTION initial(int)', 'ALTER FUNCTION ssn_of(int) RENAME TO initial', 'SELECT initial(1)'],
  ['ALTER FUNCTION other.initial(text) SET SCHEMA public', "SELECT initial('')"],
  [
    'DROP FUNCTION initial(int)',
    "CREATE AGGREGATE initial(int) (SFUNC = add_ssn, STYPE = text, INITCOND = '')",
    'SELECT initial(v) FROM (SELECT 1 AS v) x',
  ],
];

describe('functions that a rule vouches for', () => {
  it('pass', async () => {
    expect(await heard(scene.client, ['SELECT initial(1)'])).toBe('[[["c"]]]');
  });

  it.each(MADE.map((steps) => ({ steps })))(
    'P5: are not what the client makes of them: $steps',
    async ({ steps }) => {
      expect(await heard(scene.direct, steps), 'sent directly it shows a value').toContain(CANARY);
      const seen = await heard(scene.client, steps);
      expect(seen).not.toContain(CANARY);
      expect(seen).toContain('42501');
    },
  );
});
