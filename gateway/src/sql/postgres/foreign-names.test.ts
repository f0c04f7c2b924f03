import { describe, expect, it } from 'vitest';
import { hasForeignNames } from './foreign-names.ts';

describe('names with other than ASCII characters', () => {
  it.each([
    'SELECT * FROM über',
    'SELECT * FROM "über"',
    'SELECT 1 AS "ü"',
    'SELECT * FROM U&"\\00fcber"',
    'SELECT * FROM U& "\\00fcber"',
    'SELECT * FROM u&"!00fcber" UESCAPE \'!\'',
    "SELECT set_config('search_path', 'ü', false)",
    "SET SCHEMA 'ü'",
    'FETCH ALL FROM ü',
    'SELECT $ü$ x $ü$, ü',
  ])('are found: %s', (text) => {
    expect(hasForeignNames(text)).toBe(true);
  });

  it.each([
    "SELECT 'über' FROM t",
    "SELECT E'ü', U&'\\00fc', N'ü', $ü$ ü $ü$ FROM t -- ü",
    '/* ü */ SELECT a & b FROM "T"',
    'SELECT a & (1) FROM t',
  ])('are not seen in strings and comments: %s', (text) => {
    expect(hasForeignNames(text)).toBe(false);
  });
});
