import type { AccessWindow } from '../../model/access-window.ts';
import type { ApprovalRequest } from '../request.ts';

/** The window that an approved access request is; undefined where it is none. */
export function windowOf(request: ApprovalRequest): AccessWindow | undefined {
  const { access, grant, requester, resource, account } = request;
  if (access?.fromMs === undefined || access.untilMs === undefined || grant === undefined) return undefined;
  const { rules, only, fromMs, untilMs } = access;
  return {
    id: grant,
    holder: requester,
    resource,
    account,
    rules: rules.map(({ id, terms }) => ({ id, terms })),
    only,
    fromMs,
    untilMs,
  };
}

/** The request with its window, from now on or from the start that was asked for. What was asked late is shorter by that. */
export function withWindow(request: ApprovalRequest, nowMs: number): ApprovalRequest {
  const { access } = request;
  if (access === undefined) return request;
  return {
    ...request,
    access: {
      ...access,
      fromMs: Math.max(nowMs, access.startMs ?? nowMs),
      untilMs: windowEndMs(access, nowMs),
    },
  };
}

/** When a window ends that is granted now, in milliseconds since the epoch. */
export function windowEndMs(
  { startMs, durationMs }: { readonly startMs?: number | undefined; readonly durationMs: number },
  nowMs: number,
): number {
  return (startMs ?? nowMs) + durationMs;
}
