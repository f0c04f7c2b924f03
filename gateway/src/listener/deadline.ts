import { ListenerError } from './errors.ts';

/**
 * A bound on waiting. The only place of the listener that arms a timer for it: everything else listens to
 * {@link Deadline.signal}, so that one clear-up ends all.
 */
export interface Deadline extends Disposable {
  /** Aborted with a {@link ListenerError} `ERR_LISTENER_DEADLINE` when the time is over; never after {@link Deadline.clear}. */
  readonly signal: AbortSignal;
  /** Sets it anew, to so long from now. After its end, or once it was called off, this does nothing. */
  extend(durationMs: number): void;
  /** Calls the deadline off. Idempotent. */
  clear(): void;
}

/** Starts a deadline of `durationMs`; `what` completes "… took longer than". It does not keep the process alive. */
export function startDeadline(durationMs: number, what: string): Deadline {
  const controller = new AbortController();
  let isOver = false;
  const start = (ms: number): NodeJS.Timeout =>
    setTimeout(() => {
      isOver = true;
      controller.abort(deadlineError(ms, what));
    }, ms).unref();
  let timer = start(durationMs);
  const clear = (): void => {
    isOver = true;
    clearTimeout(timer);
  };
  const extend = (ms: number): void => {
    if (isOver) return;
    clearTimeout(timer);
    timer = start(ms);
  };
  return { signal: controller.signal, extend, clear, [Symbol.dispose]: clear };
}

function deadlineError(durationMs: number, what: string): ListenerError {
  return new ListenerError('ERR_LISTENER_DEADLINE', `${what} took longer than ${durationMs} ms`, {
    source: 'downstream',
    retryable: true,
  });
}
