import { describe, expect, it } from 'vitest';
import { NameBudget, SharedNameBudget } from './name-budget.ts';
import { NameTable } from './names.ts';

interface Text {
  readonly text: string;
  readonly weight: number;
}

const text = (of: string, weight = 1): Text => ({ text: of, weight });

function newTable(limit = 1_000_000): NameTable<Text> {
  return new NameTable(new NameBudget(new SharedNameBudget(), limit));
}

describe('NameTable', () => {
  it('P2: a proposed name is certain within its batch, uncertain after it until the server answered', () => {
    const table = newTable();
    const proposal = table.propose('a', 1, text('new'));
    expect(table.find('a', 1)).toEqual({ found: text('new') });
    expect(table.find('a', 2)).toBe('uncertain');
    table.confirm(proposal);
    expect(table.find('a', 2)).toEqual({ found: text('new') });
  });

  it('P2: a refused proposal leaves the confirmed entry, because the server kept its text', () => {
    const table = newTable();
    table.confirm(table.propose('a', 1, text('first')));
    const second = table.propose('a', 2, text('second'));
    expect(table.find('a', 3)).toBe('uncertain');
    table.reject(second);
    expect(table.find('a', 3)).toEqual({ found: text('first') });
  });

  it('P3: a name that nobody confirmed is missing', () => {
    const table = newTable();
    table.reject(table.propose('a', 1, text('x')));
    expect(table.find('a', 1)).toBe('missing');
    expect(table.size).toBe(0);
  });

  it('ignores a confirmation that comes after the rejection', () => {
    const table = newTable();
    const proposal = table.propose('a', 1, text('x'));
    table.reject(proposal);
    table.confirm(proposal);
    expect(table.find('a', 1)).toBe('missing');
  });

  it('P10: is full at a number of names, and at a weight', () => {
    const many = newTable();
    for (let i = 0; i < 10_000; i += 1) many.propose(`n${i}`, 1, text('x'));
    expect(many.isFull).toBe(true);
    const heavy = newTable(100);
    const proposal = heavy.propose('a', 1, text('x', 100));
    expect(heavy.isFull).toBe(true);
    heavy.reject(proposal);
    expect(heavy.isFull).toBe(false);
  });

  it('P10: gives back what is replaced, deleted and cleared', () => {
    const table = newTable(100);
    for (let i = 0; i < 1000; i += 1) table.confirm(table.propose('a', i, text('x', 90)));
    expect(table.isFull).toBe(false);
    table.set('b', text('y', 10));
    expect(table.isFull).toBe(true);
    table.delete('a');
    table.delete('a');
    expect(table.isFull).toBe(false);
    table.clear();
    table.set('c', text('z', 99));
    expect(table.isFull).toBe(false);
  });

  it('P3, P10: what SQL declares beyond the limit replaces the oldest, or stays unknown', () => {
    const table = newTable(100);
    for (const name of ['a', 'b', 'c']) table.set(name, text(name, 50));
    expect(table.find('a', 1)).toBe('missing');
    expect(table.get('c')).toEqual(text('c', 50));
    const other = new NameBudget(new SharedNameBudget(), 10);
    other.take(10);
    const crowdedOut = new NameTable<Text>(other);
    crowdedOut.set('a', text('x'));
    expect(crowdedOut.find('a', 1)).toBe('missing');
  });
});

describe('NameBudget', () => {
  it('P10: all sessions together have a limit, which nobody’s first statements are refused for', () => {
    const shared = new SharedNameBudget(1_000_000);
    const greedy = new NameBudget(shared);
    greedy.take(1_000_000);
    expect(greedy.isSpent).toBe(true);
    const modest = new NameBudget(shared);
    modest.take(10_000);
    expect(modest.isSpent).toBe(false);
    greedy.close();
    expect(shared.used).toBe(10_000);
    expect(greedy.isSpent).toBe(false);
  });
});
