import { describe, expect, it } from 'vitest';
import { NameTable } from './names.ts';

describe('NameTable', () => {
  it('P2: a proposed name is certain within its batch, uncertain after it until the server answered', () => {
    const table = new NameTable<string>();
    const proposal = table.propose('a', 1, 'new');
    expect(table.find('a', 1)).toEqual({ found: 'new' });
    expect(table.find('a', 2)).toBe('uncertain');
    table.confirm(proposal);
    expect(table.find('a', 2)).toEqual({ found: 'new' });
  });

  it('P2: a refused proposal leaves the confirmed entry, because the server kept its text', () => {
    const table = new NameTable<string>();
    table.confirm(table.propose('a', 1, 'first'));
    const second = table.propose('a', 2, 'second');
    expect(table.find('a', 3)).toBe('uncertain');
    table.reject(second);
    expect(table.find('a', 3)).toEqual({ found: 'first' });
  });

  it('P3: a name that nobody confirmed is missing', () => {
    const table = new NameTable<string>();
    table.reject(table.propose('a', 1, 'x'));
    expect(table.find('a', 1)).toBe('missing');
    expect(table.size).toBe(0);
  });

  it('ignores a confirmation that comes after the rejection', () => {
    const table = new NameTable<string>();
    const proposal = table.propose('a', 1, 'x');
    table.reject(proposal);
    table.confirm(proposal);
    expect(table.find('a', 1)).toBe('missing');
  });
});
