import { describe, expect, it } from 'vitest';
import { AnalysisCache } from './analysis-cache.ts';

const key = (text: string, epoch = 0, major = 18) => ({ text, epoch, major });

describe('the analysis cache', () => {
  it('finds a value only under the very same text, epoch and major', () => {
    const cache = new AnalysisCache<number>({ maxBytes: 1 << 20 });
    cache.set(key('SELECT 1'), 1);
    expect(cache.get(key('SELECT 1'))).toBe(1);
    expect(cache.get(key('SELECT 2'))).toBeUndefined();
    expect(cache.get(key('select 1'))).toBeUndefined();
    expect(cache.get(key('SELECT 1', 1))).toBeUndefined();
    expect(cache.get(key('SELECT 1', 0, 17))).toBeUndefined();
    expect(cache.get({ ...key('SELECT 1'), scope: 'other' })).toBeUndefined();
  });

  it('cannot be tricked by a text that looks like another key', () => {
    const cache = new AnalysisCache<number>({ maxBytes: 1 << 20 });
    cache.set({ text: 'x', epoch: 0, major: 18, scope: 'a"]b' }, 1);
    expect(cache.get({ text: 'b"]x', epoch: 0, major: 18, scope: 'a' })).toBeUndefined();
  });

  it('P10: stays within its bound and drops the least recently used first', () => {
    const cache = new AnalysisCache<number>({ maxBytes: 40_000 });
    for (let index = 0; index < 10; index++) cache.set(key(`SELECT ${index}`), index);
    cache.get(key('SELECT 0'));
    for (let index = 10; index < 25; index++) {
      cache.set(key(`SELECT ${index}`), index);
      cache.get(key('SELECT 0'));
    }
    expect(cache.bytes).toBeLessThanOrEqual(40_000);
    expect(cache.get(key('SELECT 0'))).toBe(0);
    expect(cache.get(key('SELECT 1'))).toBeUndefined();
    expect(cache.get(key('SELECT 24'))).toBe(24);
  });

  it('P10: does not let one text push out all others', () => {
    const cache = new AnalysisCache<number>({ maxBytes: 40_000 });
    cache.set(key('SELECT 1'), 1);
    cache.set(key('x'.repeat(10_000)), 2);
    expect(cache.get(key('SELECT 1'))).toBe(1);
    expect(cache.size).toBe(1);
  });

  it('counts a replaced entry once', () => {
    const cache = new AnalysisCache<number>({ maxBytes: 40_000 });
    cache.set(key('SELECT 1'), 1);
    const before = cache.bytes;
    cache.set(key('SELECT 1'), 2);
    expect(cache.bytes).toBe(before);
    expect(cache.get(key('SELECT 1'))).toBe(2);
    cache.clear();
    expect(cache.bytes).toBe(0);
  });
});
