import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startDeadline, untilAborted, withDeadline } from './deadline.ts';

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

describe('work under a deadline', () => {
  it('gives its result and leaves no timer', async () => {
    expect(await withDeadline(50, 'the work', async () => 7)).toBe(7);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('gives its own failure and leaves no timer', async () => {
    const failing = withDeadline(50, 'the work', () => Promise.reject(new Error('own failure')));
    await expect(failing).rejects.toThrow('own failure');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('P10: is left behind when it does not stop by itself', async () => {
    const stuck = withDeadline(50, 'the work', () => new Promise(() => undefined));
    const outcome = stuck.catch((error: unknown) => error);
    vi.advanceTimersByTime(50);
    expect(await outcome).toEqual(timedOut);
  });

  it('may fail after it was left behind, and nobody is hurt', async () => {
    const late = Promise.withResolvers<never>();
    const outcome = withDeadline(50, 'the work', () => late.promise).catch((error: unknown) => error);
    vi.advanceTimersByTime(50);
    expect(await outcome).toEqual(timedOut);
    late.reject(new Error('late'));
    await Promise.resolve();
  });

  it('does not begin to wait under a signal that is aborted already', async () => {
    const stuck = untilAborted(new Promise(() => undefined), AbortSignal.abort(new Error('gone')));
    await expect(stuck).rejects.toThrow('gone');
  });
});
