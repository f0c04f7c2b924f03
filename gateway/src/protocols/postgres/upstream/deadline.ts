import { UpstreamError } from './errors.ts';

/**
 * Runs `work` under a signal that aborts when `outer` does or when the time is up. Its reason is the UpstreamError that
 * `work` should end with (ERR_UPSTREAM_ABORTED or ERR_UPSTREAM_TIMEOUT).
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
  try {
    return await work(controller.signal);
  } catch (error) {
    // Whatever broke because of the abort, the abort is the reason.
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    clearTimeout(timer);
    limit.outer?.removeEventListener('abort', abort);
  }
}
