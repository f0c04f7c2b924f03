import { ListenerError } from './errors.ts';

/**
 * A bound on waiting. The only place in the gateway that arms a timer for it: everything else listens to
 * {@link Deadline.signal}, so that one clear-up ends all.
 */
export interface Deadline extends Disposable {
  /** Aborted with a {@link ListenerError} `ERR_LISTENER_DEADLINE` when the time is over; never after {@link Deadline.clear}. */
  readonly signal: AbortSignal;
  /** Calls the deadline off. Idempotent. */
  clear(): void;
}

/** Starts a deadline of `durationMs`; `what` completes "… took longer than". It does not keep the process alive. */
export function startDeadline(durationMs: number, what: string): Deadline {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(deadlineError(durationMs, what)), durationMs);
  timer.unref();
  const clear = (): void => clearTimeout(timer);
  return { signal: controller.signal, clear, [Symbol.dispose]: clear };
}

/**
 * Runs `work` under a deadline. The work gets the signal to stop by; when it does not stop, its result is dropped and the
 * caller goes on all the same.
 * @throws ListenerError `ERR_LISTENER_DEADLINE`, or what `work` throws before it.
 */
export async function withDeadline<T>(
  durationMs: number,
  what: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  using deadline = startDeadline(durationMs, what);
  return await untilAborted(work(deadline.signal), deadline.signal);
}

/** The promise's outcome, or the signal's reason as soon as it aborts. A late rejection of the promise is not lost as unhandled. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function deadlineError(durationMs: number, what: string): ListenerError {
  return new ListenerError('ERR_LISTENER_DEADLINE', `${what} took longer than ${durationMs} ms`, {
    source: 'downstream',
    retryable: true,
  });
}
