import { UpstreamError } from './errors.ts';

/**
 * Runs `work` under a signal that aborts when `outer` does or when the time is up, and rejects with its reason then
 * (ERR_UPSTREAM_ABORTED or ERR_UPSTREAM_TIMEOUT), even if `work` hangs where no signal reaches, as a read from a dead
 * network file system does. `work` must free what it holds when the signal aborts.
 */
export async function withDeadline<Result>(
  limit: { readonly timeoutMs: number; readonly outer?: AbortSignal; readonly what: string },
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const abort = (): void =>
    controller.abort(new UpstreamError('ERR_UPSTREAM_ABORTED', `${limit.what} was given up by its caller`));
  const timer = setTimeout(() => {
    const message = `${limit.what} took more than ${limit.timeoutMs} ms (connectTimeoutMs)`;
    controller.abort(new UpstreamError('ERR_UPSTREAM_TIMEOUT', message));
  }, limit.timeoutMs);
  if (limit.outer?.aborted === true) abort();
  limit.outer?.addEventListener('abort', abort, { once: true });
  const { signal } = controller;
  const aborted = new Promise<never>((_, reject) => {
    const fail = (): void => reject(signal.reason);
    if (signal.aborted) fail();
    signal.addEventListener('abort', fail, { once: true });
  });
  try {
    return await Promise.race([work(signal), aborted]);
  } catch (error) {
    // Whatever broke because of the abort, the abort is the reason.
    throw signal.aborted ? signal.reason : error;
  } finally {
    clearTimeout(timer);
    limit.outer?.removeEventListener('abort', abort);
  }
}
