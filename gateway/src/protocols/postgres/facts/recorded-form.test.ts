import { describe, expect, it } from 'vitest';
import { ValueDigests } from '../../../masking/replace/digest.ts';
import { MaskingKeys } from '../../../masking/replace/masking-keys.ts';
import { compileColumnPatterns } from '../../../names/column-patterns.ts';
import { analyseSql, isSyntaxError } from '../../../sql/postgres/facts.ts';
import { createSqlParser } from '../../../sql/postgres/parse.ts';
import type { KnownRelation } from '../../../sql/postgres/relation-catalog.ts';
import { recordedParameters } from '../relay/recorded-parameters.ts';
import { RECORDED_TEXT, type RecordedForm, recordedForm } from './recorded-form.ts';
import { RecordedForms } from './recorded-forms.ts';
import { Statement } from './statement.ts';

const parser = await createSqlParser(18);
const digests = new ValueDigests(new MaskingKeys([{ id: 'k', bytes: new Uint8Array(32).fill(1) }]), 'shop');
const columns = compileColumnPatterns(['*.email', 'public.people.ssn', 'public.people.flag']);
const D = /'\[digest k:[0-9a-f]{32}\]'/g;

const RELATIONS: Readonly<Record<string, KnownRelation>> = {
  'public.people': { kind: 'table', carries: [] },
  'public.notes': { kind: 'table', carries: [] },
  'public.contacts': { kind: 'view', carries: ['public.people.ssn'] },
};

function read(text: string): Statement {
  const analysis = analyseSql(parser, text, {
    searchPath: ['public'],
    epoch: 0,
    relations: { relation: (name) => RELATIONS[name] },
  });
  if (isSyntaxError(analysis)) {
    const facts = { summary: 'x', atoms: [], attributes: {}, opaque: ['not grammatical'] };
    return new Statement(text, { family: 'sql', action: 'query', statements: [facts] }, []);
  }
  return new Statement(text, analysis.facts, analysis.statements);
}

const formOf = (text: string): RecordedForm | undefined => recordedForm(read(text), columns, digests);
const recorded = (text: string): string => formOf(text)?.text.replace(D, '#') ?? text;

describe('P5: the recorded form of a statement', () => {
  it.each([
    [
      "SELECT id FROM people WHERE email = 'canary' AND id = 7",
      'SELECT id FROM people WHERE email = # AND id = 7',
    ],
    ["SELECT id FROM people WHERE name = 'Ada'", "SELECT id FROM people WHERE name = 'Ada'"],
    ['SELECT email FROM people WHERE id = 7', 'SELECT email FROM people WHERE id = 7'],
    ["UPDATE people SET email = 'canary' WHERE id = 7", 'UPDATE people SET email = # WHERE id = 7'],
    [
      "UPDATE people SET (name, ssn) = ('Ada', 'canary') WHERE id = 7",
      'UPDATE people SET (name, ssn) = (#, #) WHERE id = 7',
    ],
    [
      "INSERT INTO people (id, name, ssn) VALUES (1, 'Ada', 'canary'), (2, 'Bob', E'can\\'ary')",
      "INSERT INTO people (id, name, ssn) VALUES (1, 'Ada', #), (2, 'Bob', #)",
    ],
    [
      'SELECT id FROM people WHERE ssn = -123 AND id = -7',
      'SELECT id FROM people WHERE ssn = -# AND id = -7',
    ],
    ["SELECT id FROM people WHERE ssn = 'can'\n'ary'", 'SELECT id FROM people WHERE ssn = #'],
    ["SELECT id FROM people WHERE ssn = U&'c\\0061nary'", 'SELECT id FROM people WHERE ssn = #'],
    ['SELECT id FROM people WHERE ssn = $$canary$$', 'SELECT id FROM people WHERE ssn = #'],
    ['SELECT id FROM people WHERE flag = true AND id = 7', 'SELECT id FROM people WHERE flag = # AND id = 7'],
    [
      "SELECT id FROM people WHERE ssn ~ 'can.*' OR ssn IN ('a', 'b')",
      'SELECT id FROM people WHERE ssn ~ # OR ssn IN (#, #)',
    ],
    ["DELETE FROM people WHERE ssn = date '2020-01-01'::text", 'DELETE FROM people WHERE ssn = date #::text'],
    [
      "SELECT 'é', id FROM people WHERE name = 'ü' AND ssn = 'canary'",
      "SELECT #, id FROM people WHERE name = 'ü' AND ssn = #",
    ],
    // What meets the column by a detour is not known, so it is hidden.
    [
      "WITH c AS (SELECT 'canary' AS x) SELECT id FROM people, c WHERE ssn = x AND id = 7",
      'WITH c AS (SELECT # AS x) SELECT id FROM people, c WHERE ssn = x AND id = 7',
    ],
    ["INSERT INTO people (ssn) SELECT 'canary'", 'INSERT INTO people (ssn) SELECT #'],
    [
      "SELECT id FROM contacts WHERE number = 'canary' AND id = 7",
      'SELECT id FROM contacts WHERE number = # AND id = #',
    ],
    ["SELECT app.person_of('canary')", 'SELECT app.person_of(#)'],
    ["SELECT id FROM elsewhere WHERE a = 'canary' /* canary */", 'SELECT id FROM elsewhere WHERE a = # '],
    // Only the statement of a text that meets it.
    [
      "SELECT 5; UPDATE people SET ssn = 'canary'; SELECT 'x'",
      "SELECT 5; UPDATE people SET ssn = #; SELECT 'x'",
    ],
    [
      "PREPARE p AS SELECT id FROM people WHERE ssn = 'canary'",
      'PREPARE p AS SELECT id FROM people WHERE ssn = #',
    ],
    ["EXPLAIN SELECT id FROM people WHERE ssn = 'canary'", 'EXPLAIN SELECT id FROM people WHERE ssn = #'],
    // What nobody understands.
    ["SELEC id FROM people WHERE ssn = 'canary' -- canary", 'SELEC id FROM people WHERE ssn = # '],
    ["SELECT 'canary", 'SELECT #'],
    ['DO $$ BEGIN PERFORM canary; END $$', 'DO #'],
    ["EXECUTE unknown ('canary')", 'EXECUTE unknown (#)'],
  ])('%s', (text, expected) => {
    expect(recorded(text)).toBe(expected);
  });

  it('digests equal values alike, as literal and as parameter, and others not', () => {
    const form = formOf(
      "SELECT id FROM people WHERE ssn = 'it''s' OR ssn = $q$it's$q$ OR email = 'other' OR ssn = $1",
    );
    const [first, second, third] = form?.text.match(D) ?? [];
    expect(second).toBe(first);
    expect(third).not.toBe(first);
    const record = recordedParameters([Buffer.from("it's")], ['text'], form);
    expect(record).toEqual({ parameters: [first?.slice(1, -1)] });
  });

  it('hides parameters that meet a masked column, and those of which it is not known', () => {
    const form = formOf('SELECT id FROM people WHERE ssn = $1 AND name = $2 LIMIT $3');
    expect([0, 1, 2, 3].map((index) => form?.hides(index))).toEqual([true, false, true, true]);
    const values = [Buffer.from('canary'), Buffer.from('Ada'), undefined];
    const record = JSON.stringify(recordedParameters(values, ['binary', 'text'], form));
    expect(record).toMatch(/^\{"parameters":\["\[digest k:[0-9a-f]{32}\]","Ada",null\]\}$/);
  });

  it('has no unkeyed digest of what it hides', () => {
    const form = formOf('SELECT id FROM people WHERE ssn = $1');
    const many = Array.from({ length: 10_000 }, () => Buffer.from('canary'));
    const record = recordedParameters(many, [], form);
    expect(record).toMatchObject({
      parametersCut: true,
      parametersDigest: expect.stringMatching(/^\[digest k:/),
    });
    expect(record).not.toHaveProperty('parametersSha256');
    expect(JSON.stringify(record)).not.toContain('canary');
  });

  it('tells COPY data of masked columns from other', () => {
    expect(formOf('COPY people (id, ssn) FROM STDIN')?.hidesData).toBe(true);
    expect(formOf('COPY people FROM STDIN')?.hidesData).toBe(true);
    expect(formOf('COPY notes (body) FROM STDIN')).toBeUndefined();
    expect(formOf("UPDATE people SET ssn = 'x'")?.hidesData).toBe(false);
  });

  it('P10: is bounded, and ends no literal in its middle to show the rest', () => {
    const rows = Array.from({ length: 50_000 }, (_, index) => `(${index}, 'canary${index}')`).join();
    const form = formOf(`INSERT INTO people (id, ssn) VALUES ${rows}`);
    expect(form?.isCut).toBe(true);
    expect(form?.text.length).toBe(RECORDED_TEXT);
    expect(form?.text).not.toContain('canary');
    const long = formOf(`SELECT id FROM people WHERE ssn = '${'canary'.repeat(20_000)}'`);
    expect(long?.text.replace(D, '#')).toBe('SELECT id FROM people WHERE ssn = #');
  });

  it('is made once for a statement and the masks, and not at all without masks', () => {
    const statement = read("SELECT id FROM people WHERE ssn = 'canary'");
    const [one, other] = [new RecordedForms(digests), new RecordedForms(digests)];
    expect(one.of(statement)).toBeUndefined();
    const mask = { kind: 'mask', rule: 'r', columns: ['*.ssn'], method: 'redact' } as const;
    one.follow([mask]);
    other.follow([{ ...mask }]);
    expect(one.of(statement)).toBeDefined();
    expect(other.of(statement)).toBe(one.of(statement));
    other.follow([{ ...mask, columns: ['*.email'] }]);
    expect(other.of(statement)).toBeUndefined();
    other.follow([{ ...mask, columns: [], detect: ['card'] }]);
    expect(other.of(statement)).toBeUndefined();
  });
});
