import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderTranscript } from './rdp-golden.ts';
import { SEPARATOR } from './sql-golden.ts';

const ROOT = join(import.meta.dirname, 'rdp');
/** Rewrites the expectations; the difference is then for a person to judge. */
const UPDATE = process.env['UPDATE_GOLDEN'] === '1';

const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.case'))
  .sort();

describe('golden transcripts of channels of RDP', () => {
  it('finds the cases', () => {
    expect(files.length).toBeGreaterThan(14);
  });

  it.each(files)('%s', (name) => {
    const path = join(ROOT, name);
    const content = readFileSync(path, 'utf8');
    const [input = '', expected = ''] = content.split(`\n${SEPARATOR}\n`);
    const actual = renderTranscript(input);
    if (UPDATE) writeFileSync(path, `${input}\n${SEPARATOR}\n${actual}\n`);
    else expect(actual).toBe(expected.trimEnd());
  });
});
