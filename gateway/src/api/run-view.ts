/** Runs as the API tells them. */
import type { FoundRun, RunKey, RunSession } from '../recording/index/run-query.ts';
import type { ApiRun, ApiRunSession } from './contract/run.ts';
import { ApiError } from './errors.ts';

/** What names a run, as one word. It is no secret and needs no signature, as cursors need none. */
export function runId({ subject, agent, run }: RunKey): string {
  return `run_${Buffer.from(JSON.stringify([run, subject, agent ?? null])).toString('base64url')}`;
}

/** The key in such a word. @throws ApiError `ERR_API_UNKNOWN_RUN` */
export function runKey(id: string): RunKey {
  try {
    const parts: unknown = JSON.parse(Buffer.from(id.slice('run_'.length), 'base64url').toString('utf8'));
    const [run, subject, agent, ...others] = Array.isArray(parts) ? (parts as readonly unknown[]) : [];
    const isKey = typeof run === 'string' && typeof subject === 'string' && others.length === 0;
    if (isKey && typeof agent === 'string') return { run, subject, agent };
    if (isKey && agent === null) return { run, subject };
  } catch {
    // Told below.
  }
  throw unknownRun();
}

/** There is no such run. */
export function unknownRun(): ApiError {
  return new ApiError('ERR_API_UNKNOWN_RUN', 'no recording has a run of this id');
}

export function toApiRun(found: FoundRun): ApiRun {
  const { startedMs, endedMs, ...rest } = found;
  return {
    id: runId(found),
    ...rest,
    startedAt: time(startedMs),
    ...(endedMs === undefined ? {} : { endedAt: time(endedMs) }),
  };
}

/** @param live ids of the sessions that run on this gateway */
export function toApiRunSession(found: RunSession, live: ReadonlySet<string>): ApiRunSession {
  const { openedMs, endedMs, ...rest } = found;
  return {
    ...rest,
    openedAt: time(openedMs),
    ...(endedMs === undefined ? {} : { closedAt: time(endedMs) }),
    live: live.has(found.session),
  };
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
