import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { scheduleAt } from './schedule-at.ts';

const START = 1_000_000;
let nowMs = START;
const clock = { nowMs: () => nowMs };

beforeEach(() => {
  vi.useFakeTimers();
  nowMs = START;
});
afterEach(() => void vi.useRealTimers());

/** Time that passes alike for timers and for the clock. */
function pass(ms: number): void {
  const step = 100;
  for (let left = ms; left > 0; left -= step) {
    nowMs += Math.min(step, left);
    vi.advanceTimersByTime(Math.min(step, left));
  }
}

describe('an action at a time of the clock', () => {
  it('P12: runs once when the clock is there, and not before', () => {
    const action = vi.fn<() => void>();
    scheduleAt(START + 12_300, clock, action);
    pass(12_200);
    expect(action).not.toHaveBeenCalled();
    pass(100);
    expect(action).toHaveBeenCalledOnce();
    pass(60_000);
    expect(action).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('P12: runs at most five seconds after the clock was set past it', () => {
    const action = vi.fn<() => void>();
    scheduleAt(START + 3_600_000, clock, action);
    pass(1_000);
    nowMs += 7_200_000;
    vi.advanceTimersByTime(5_000);
    expect(action).toHaveBeenCalledOnce();
  });

  it('waits on where the clock was set back', () => {
    const action = vi.fn<() => void>();
    scheduleAt(START + 1_000, clock, action);
    nowMs -= 10_000;
    vi.advanceTimersByTime(9_000);
    expect(action).not.toHaveBeenCalled();
  });

  it('runs later than the call that orders it, and not at all once it was called off', () => {
    const action = vi.fn<() => void>();
    const past = scheduleAt(START - 1, clock, action);
    expect(action).not.toHaveBeenCalled();
    past.clear();
    pass(10_000);
    expect(action).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });
});
