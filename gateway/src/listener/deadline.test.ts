import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startDeadline } from './deadline.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const timedOut = expect.objectContaining({
  code: 'ERR_LISTENER_DEADLINE',
  message: 'the work took longer than 50 ms',
});

describe('a deadline', () => {
  it('aborts its signal when the time is over, with a reason that says what took too long', () => {
    const deadline = startDeadline(50, 'the work');
    vi.advanceTimersByTime(49);
    expect(deadline.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(deadline.signal.reason).toEqual(timedOut);
  });

  it('never aborts once it was called off, and leaves no timer', () => {
    const deadline = startDeadline(50, 'the work');
    deadline.clear();
    deadline.clear();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(100);
    expect(deadline.signal.aborted).toBe(false);
  });

  it('ends with its scope', () => {
    {
      using deadline = startDeadline(50, 'the work');
      expect(deadline.signal.aborted).toBe(false);
    }
    expect(vi.getTimerCount()).toBe(0);
  });
});
