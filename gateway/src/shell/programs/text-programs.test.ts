import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toArguments } from '../arguments.ts';
import { readAwk, readSed } from './text-programs.ts';

function opaqueOf(reader: typeof readSed, words: readonly string[]): readonly string[] {
  const args = toArguments(words.map((text) => [{ kind: 'text', text }]));
  return reader(args, words[0] ?? '').opaque;
}

const hasSed = spawnSync('sed', ['--version'], { encoding: 'utf8' }).stdout?.includes('GNU') === true;

describe('scripts of sed', () => {
  it.each([
    'p',
    '1,5p',
    '$d',
    '/a/,/b/!d',
    's/a/b/g',
    's|/srv|/mnt|2',
    's/[a-z]*/x/I;p',
    '/^#/d;s/a\\/b/c/',
    '5q',
    '=',
  ])('sees that %s prints, deletes and substitutes only', (script) => {
    expect(opaqueOf(readSed, ['sed', '-n', script, 'f'])).toEqual([]);
  });

  it.each([
    'e',
    '1e id',
    's/a/b/e',
    's/a/b/ge',
    's/a/b/w f',
    'w f',
    'r f',
    'R f',
    'W f',
    'a\\x',
    '{p;e}',
    'y/a/b/;e',
    's/[/]/e',
    'bx;:x',
    's,a,b,;1e',
  ])('P3: does not see what %s may run', (script) => {
    expect(opaqueOf(readSed, ['sed', script, 'f'])).toEqual(['code:sed']);
  });

  it.skipIf(!hasSed)('P3: what is seen is nothing that sed itself takes for e, r or w', () => {
    const script = fc
      .array(
        fc.constantFrom(
          's',
          '/',
          '|',
          ',',
          '#',
          'e',
          'w',
          'r',
          'a',
          'p',
          'd',
          '1',
          '$',
          ';',
          '\n',
          ' ',
          '[',
          ']',
          '\\',
          '!',
          '^',
          '&',
          'g',
          'I',
          '{',
          '}',
        ),
        {
          maxLength: 14,
        },
      )
      .map((parts) => parts.join(''));
    const seen = fc.oneof(
      script,
      script.map((one) => `s/${one}/`),
      script.map((one) => `/[${one}/p;${one}`),
    );
    fc.assert(
      fc.property(seen, (text) => {
        fc.pre(text !== '' && opaqueOf(readSed, ['sed', text, 'f']).length === 0);
        // The sandbox refuses these commands before anything is run.
        const { stderr } = spawnSync('sed', ['--sandbox', '-n', '--', text], { input: '', encoding: 'utf8' });
        expect(stderr).not.toContain('sandbox');
      }),
      { numRuns: 60, maxSkipsPerRun: 10_000 },
    );
  });

  it('P10: takes no time that grows faster than the script', () => {
    expect(opaqueOf(readSed, ['sed', `${'s/[a]/[b]/;'.repeat(180)}!`, 'f'])).toEqual(['code:sed']);
    expect(opaqueOf(readSed, ['sed', `${'p\n'.repeat(900)}!`, 'f'])).toEqual(['code:sed']);
  });
});

describe('programs of awk', () => {
  it('sees what only prints fields', () => {
    expect(opaqueOf(readAwk, ['awk', '-F:', '{ print $1, NR }', '/etc/hosts'])).toEqual([]);
  });

  it.each([
    'BEGIN { system("id") }',
    '{ print | "sh" }',
    '{ "id" | getline }',
    '{ print > "f" }',
    '@load "x"',
    '{ s = "sys" "tem"; @s("id") }',
    '{ print "\\x7c" }',
  ])('P3: does not see what %s may run', (program) => {
    expect(opaqueOf(readAwk, ['awk', program, 'f'])).toEqual(['code:awk']);
  });

  it('P3: takes an assignment among the files for what it is', () => {
    expect(opaqueOf(readAwk, ['awk', '{ print }', 'ARGV=x'])).toEqual(['arguments:awk']);
  });
});
