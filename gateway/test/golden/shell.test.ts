/** Golden cases of shell facts: a text, a line of dashes, what is in it and what is sent; `UPDATE_GOLDEN=1` writes what comes out. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderShell } from './shell-golden.ts';
import { SEPARATOR } from './sql-golden.ts';

const ROOT = join(import.meta.dirname, 'shell');
/** Rewrites the expectations; the difference is then for a person to judge. */
const UPDATE = process.env['UPDATE_GOLDEN'] === '1';

const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.case'))
  .sort();

describe('golden cases of shell facts', () => {
  it('finds the cases', () => {
    expect(files.length).toBeGreaterThan(60);
  });

  it.each(files)('%s', (name) => {
    const path = join(ROOT, name);
    const [input = '', expected = ''] = readFileSync(path, 'utf8').split(`\n${SEPARATOR}\n`);
    const actual = renderShell(input);
    if (UPDATE) writeFileSync(path, `${input}\n${SEPARATOR}\n${actual}\n`);
    else expect(actual).toBe(expected.trimEnd());
  });
});
