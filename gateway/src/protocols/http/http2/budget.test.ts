import { describe, expect, it } from 'vitest';
import { Budget } from './budget.ts';

describe('a budget', () => {
  it('P10: is spent at once, and comes back at its rate, never beyond itself', () => {
    let nowMs = 0;
    const budget = new Budget(3, 2, () => nowMs);
    const spend = (): number => {
      let count = 0;
      while (budget.take()) count += 1;
      return count;
    };
    expect(spend()).toBe(3);
    nowMs = 400;
    expect(spend()).toBe(0);
    nowMs = 500;
    expect(spend()).toBe(1);
    nowMs = 60_000;
    expect(spend()).toBe(3);
    budget.restore();
    expect(spend()).toBe(3);
  });
});
