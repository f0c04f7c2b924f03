import type { Clock } from '../../model/clock.ts';

/** How often the clock is looked at: timers do not notice that it was set, nor that the machine slept. Milliseconds. */
const LOOK_MS = 5_000;

/** Runs `action` once when the clock reaches `atMs`, or at most 5 s after it was set past it; `clear` calls it off. */
export function scheduleExpiry(atMs: number, clock: Clock, action: () => void): { clear(): void } {
  let timer: NodeJS.Timeout | undefined;
  const arm = (): void => {
    const delay = atMs - clock.nowMs();
    if (delay <= 0) {
      action();
      return;
    }
    timer = setTimeout(arm, Math.min(delay, LOOK_MS));
    timer.unref();
  };
  timer = setTimeout(arm, 0);
  timer.unref();
  return {
    clear() {
      clearTimeout(timer);
    },
  };
}
