import type { Clock } from '../model/clock.ts';

/** How often the clock is looked at: timers do not notice that it was set, nor that the machine slept. Milliseconds. */
const LOOK_MS = 5_000;

/** Runs `action` once when the clock reaches `atMs`, or at most 5 s after it was set past it; `clear` calls it off. */
export function scheduleAt(atMs: number, clock: Clock, action: () => void): { clear(): void } {
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    const delay = atMs - clock.nowMs();
    if (delay <= 0) action();
    else timer = setTimeout(look, Math.min(delay, LOOK_MS)).unref();
  };
  timer = setTimeout(look, 0).unref();
  return { clear: () => clearTimeout(timer) };
}
