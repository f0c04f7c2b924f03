import type { Clock } from '../../model/clock.ts';

/** Longest delay that a timer can hold, in milliseconds. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** Runs `action` once when the clock reaches `atMs`, however far away that is; `clear` calls it off. */
export function scheduleExpiry(atMs: number, clock: Clock, action: () => void): { clear(): void } {
  let timer: NodeJS.Timeout | undefined;
  const arm = (): void => {
    const delay = atMs - clock.nowMs();
    if (delay <= 0) {
      action();
      return;
    }
    timer = setTimeout(arm, Math.min(delay, MAX_DELAY_MS));
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
