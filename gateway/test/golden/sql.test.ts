import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  createSqlParser,
  type ParserMajor,
  parserMajor,
  type SqlParser,
} from '../../src/sql/postgres/parse.ts';
import { readCase, renderAnalysis, SEPARATOR } from './sql-golden.ts';

const ROOT = join(import.meta.dirname, 'sql');
/** Rewrites the expectations; the difference is then for a person to judge. */
const UPDATE = process.env['UPDATE_GOLDEN'] === '1';

const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.case'))
  .sort();

describe('golden cases of SQL facts', () => {
  const parsers = new Map<ParserMajor, SqlParser>();

  beforeAll(async () => {
    for (const major of [15, 16, 17, 18] as const) parsers.set(major, await createSqlParser(major));
  });

  it('finds the cases', () => {
    expect(files.length).toBeGreaterThan(100);
  });

  it.each(files)('%s', (name) => {
    const path = join(ROOT, name);
    const golden = readCase(readFileSync(path, 'utf8'));
    const parser = parsers.get(parserMajor(golden.major));
    if (parser === undefined) throw new Error(`no parser for ${relative(ROOT, path)}`);
    const actual = renderAnalysis(parser, golden);
    if (UPDATE) {
      const content = readFileSync(path, 'utf8');
      const input = content.split(`\n${SEPARATOR}\n`)[0]?.trimEnd() ?? '';
      writeFileSync(path, `${input}\n${SEPARATOR}\n${actual}\n`);
    } else expect(actual).toBe(golden.expected);
  });
});
