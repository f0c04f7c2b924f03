import { describe, expect, it } from 'vitest';
import { duration, localClock, localTime } from './local-time.ts';
import { printable } from './printable.ts';
import { type Column, fitted, tableHead, tableRow } from './table.ts';

describe('a table', () => {
  const columns: readonly Column[] = [
    { title: 'NAME', width: 6 },
    { title: 'COUNT', width: 5, align: 'right' },
    { title: 'TEXT', width: 8 },
  ];

  it('pads and cuts each cell to its column', () => {
    expect(tableRow(columns, ['é', '7', 'short'])).toBe('é           7  short\n');
    expect(tableRow(columns, ['much too long', '123456', 'a\nb'])).toBe('much …  1234…  a b\n');
    expect(tableRow(columns, [])).toBe('\n');
  });

  it('makes columns no wider than they need to be', () => {
    const fit = fitted(columns, [['ab', '1', 'x']]);
    expect(fit.map(({ width }) => width)).toEqual([4, 5, 4]);
  });

  it('has a plain head where the output is no terminal', () => {
    const stdout = { write: () => true };
    expect(tableHead(columns, { stdout, stderr: stdout })).toBe('NAME    COUNT  TEXT\n');
  });
});

describe('recorded text', () => {
  it('is shown on one line, with controls and marks of direction made visible', () => {
    expect(printable('a\r\n\t b\u0000\u001b[2J\u2028\u202e\u200b\ud800')).toBe(
      'a b\\u{0}\\u{1b}[2J \\u{202e}\\u{200b}\\u{d800}',
    );
    expect(printable('𝒳'.repeat(5), 3)).toBe('𝒳𝒳…');
    expect(printable('abc', 3)).toBe('abc');
  });
});

describe('times', () => {
  it('are shown in the local zone', () => {
    const date = new Date(2026, 10, 26, 9, 5, 3, 7);
    expect(localTime(date.toISOString())).toBe('2026-11-26 09:05:03');
    expect(localClock(date.toISOString())).toBe('09:05:03.007');
    expect(localTime('nonsense')).toBe('nonsense');
    expect(localClock('nonsense')).toBe('nonsense');
  });

  it.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [4210, '4.2 s'],
    [200_000, '3 m 20 s'],
    [18_720_000, '5 h 12 m'],
    [273_600_000, '3 d 4 h'],
  ])('of %d ms last %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
});
