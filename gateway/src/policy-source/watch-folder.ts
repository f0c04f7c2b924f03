import { watch } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const DEBOUNCE_MS = 200;
const POLL_MS = 5000;

/**
 * Calls `onChange` soon after something in a folder changed, and every 5 s besides: file systems that do not report
 * changes (network mounts, swapped links) are found by the poll. One call at a time. Ends when the signal aborts.
 */
export function watchFolder(path: string, signal: AbortSignal, onChange: () => Promise<unknown>): void {
  const wake = createWake();
  try {
    const watcher = watch(path, { recursive: true, persistent: false, signal }, () => wake.now());
    watcher.on('error', () => watcher.close());
  } catch {
    // The folder cannot be watched; the poll remains.
  }
  void run();

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        await Promise.race([wake.wait(), delay(POLL_MS, undefined, { signal, ref: false })]);
        await delay(DEBOUNCE_MS, undefined, { signal, ref: false });
        wake.reset();
        await onChange();
      } catch {
        // Aborted, or a callback failed: the loop condition and the next change decide.
      }
    }
  }
}

interface Wake {
  now(): void;
  wait(): Promise<void>;
  reset(): void;
}

function createWake(): Wake {
  let gate = Promise.withResolvers<void>();
  return {
    now: () => gate.resolve(),
    wait: () => gate.promise,
    reset: () => {
      gate = Promise.withResolvers<void>();
    },
  };
}
