import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseOptions } from './startup-options.ts';

describe('parseOptions', () => {
  it.each([
    ['', []],
    [' \t\n\v\f\r', []],
    ['-c work_mem=64MB', [['work_mem', '64MB']]],
    ['-cwork_mem=64MB', [['work_mem', '64MB']]],
    ['--work-mem=64MB', [['work_mem', '64MB']]],
    ['-c work-mem=64MB', [['work_mem', '64MB']]],
    ['--work_mem=', [['work_mem', '']]],
    ['-c a=b=-c', [['a', 'b=-c']]],
    [
      '  -c  a=1\t--b=2  -cc=3 ',
      [
        ['a', '1'],
        ['b', '2'],
        ['c', '3'],
      ],
    ],
    [
      '-c a=1 -c a=2',
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    ['-c search_path=a,\\ b', [['search_path', 'a, b']]],
    ['-c a=\\\\x', [['a', '\\x']]],
    ['-c a=b\\', [['a', 'b']]],
    ['-c a=\\b\\\tc', [['a', 'b\tc']]],
    ['-\\c a\\=1', [['a', '1']]],
    ['-c a=\u00a0b\u2003', [['a', '\u00a0b\u2003']]],
    ['-c a="x', [['a', '"x']]],
    ['-c -a=1', [['_a', '1']]],
  ] as const)('splits %j as PostgreSQL does', (options, settings) => {
    expect(parseOptions(options)).toEqual(settings);
  });

  it.each([
    '-c',
    '-c work_mem',
    '--work_mem',
    '--',
    '-- a=1',
    '-',
    '-c =x',
    '--=x',
    '-c a=1 b',
    'a=1',
    '-e',
    '-S 64',
    '-O',
    '-d5',
    '\\',
    '\\ ',
    '-c\u00a0a=1 x',
    '\u00a0-c a=1',
  ])('P3: refuses %j', (options) => {
    expect(() => parseOptions(options)).toThrow(
      expect.objectContaining({ code: 'ERR_WIRE_OPTIONS', source: 'downstream' }),
    );
  });

  it('any value comes back once whitespace and backslashes are escaped', () => {
    const name = fc.stringMatching(/^[a-z_][a-z0-9_]{0,9}$/);
    const settings = fc.array(fc.tuple(name, fc.string({ unit: 'grapheme' })), { maxLength: 5 });
    fc.assert(
      fc.property(settings, (pairs) => {
        const words = pairs.map(
          ([key, value]) => `-c ${key}=${value.replaceAll(/[\\ \t\n\v\f\r]/g, '\\$&')}`,
        );
        expect(parseOptions(words.join(' '))).toEqual(pairs);
      }),
    );
  });
});
