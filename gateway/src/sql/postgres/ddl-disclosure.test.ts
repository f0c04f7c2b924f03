/** Structures that tell of the values of columns, by whether they can be made or by the order that rows then have. */
import { beforeAll, describe, expect, it } from 'vitest';
import { analyseSql } from './facts.ts';
import { createSqlParser, type SqlParser } from './parse.ts';
import { ASSUMED_TABLES } from './relation-catalog.ts';

let parser: SqlParser;

beforeAll(async () => {
  parser = await createSqlParser(18);
});

/** The columns that decide something, in the last statement. */
function deciding(text: string): readonly string[] {
  const analysis = analyseSql(parser, text, {
    searchPath: ['public'],
    relations: ASSUMED_TABLES,
    columns: () => ['id', 'ssn', 'code'],
    keys: () => [['id'], ['ssn']],
    epoch: 0,
  });
  if ('syntaxError' in analysis) throw new Error(analysis.syntaxError.message);
  const { fields = [] } = analysis.facts.statements.at(-1) ?? {};
  return fields.flatMap(({ as, names }) => (as === 'filter' ? names : []));
}

describe('P5: what a structure tells of', () => {
  it.each([
    ['CREATE INDEX ON t (ssn)', []],
    ['CREATE INDEX ON t (ssn, id)', ['public.t.ssn', 'public.t.id']],
    ['CREATE INDEX ON t (ssn) INCLUDE (id)', ['public.t.ssn']],
    ['CREATE INDEX ON t (id) INCLUDE (ssn)', ['public.t.id']],
    ['CREATE UNIQUE INDEX ON t (ssn)', ['public.t.ssn']],
    ['ALTER TABLE t ADD EXCLUDE USING gist (ssn WITH =, code WITH &&)', ['public.t.ssn', 'public.t.code']],
    ['CLUSTER t USING t_ssn_key', ['public.t.*']],
    ['CLUSTER', ['*']],
    ["ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE < 'd')", ['*']],
    ['ALTER DOMAIN d VALIDATE CONSTRAINT c', ['*']],
    ['ALTER DOMAIN d SET NOT NULL', ['*']],
    ['ALTER DOMAIN d DROP NOT NULL', []],
    ['ALTER DOMAIN d DROP CONSTRAINT c', []],
  ])('%s', (text, columns) => {
    expect(deciding(text)).toEqual(columns);
  });
});

describe('P5: ON CONFLICT tells of keys that are written to', () => {
  it.each([
    ["INSERT INTO t (id, ssn) VALUES (1, 'x') ON CONFLICT (ssn) DO NOTHING", ['public.t.ssn']],
    ["INSERT INTO t (id, ssn) VALUES (1, 'x') ON CONFLICT DO NOTHING", ['public.t.id', 'public.t.ssn']],
    ["INSERT INTO t VALUES (1, 'x') ON CONFLICT DO NOTHING", ['public.t.id', 'public.t.ssn']],
    [
      "INSERT INTO t (id, ssn) VALUES (1, 'x') ON CONFLICT ON CONSTRAINT k DO UPDATE SET code = 'x'",
      ['public.t.id', 'public.t.ssn'],
    ],
    ["INSERT INTO t (id, code) VALUES (1, 'x') ON CONFLICT DO NOTHING", ['public.t.id']],
    ["INSERT INTO t (id, ssn) VALUES (1, 'x')", []],
  ])('%s', (text, columns) => {
    expect([...deciding(text)].sort()).toEqual([...columns].sort());
  });
});
