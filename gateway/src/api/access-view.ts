/** Requests for access as the API tells them, each viewer what is theirs to know. */
import { windowOf } from '../approvals/access/window-of.ts';
import type { SeenRequest } from '../approvals/approvals-inbox.ts';
import type { AskedAccess } from '../approvals/request.ts';
import { toApproval } from './approval-view.ts';
import type { ApiAccessRequest, ApiAccessStatus, ApiReview } from './contract/access.ts';
import { ApiError } from './errors.ts';

/** All of it. @throws ApiError for what is no request for access */
export function toAccessRequest(seen: SeenRequest): ApiAccessRequest {
  const { request, isOnlyOwn } = seen;
  const { access, policy } = request;
  if (access === undefined) throw new ApiError('ERR_API_NOT_FOUND', 'this is no request for access');
  const { summary: _summary, target: _target, status, ...common } = toApproval(seen);
  const window = windowOf(request);
  const { rules, only, durationMs, startMs, justification, breakGlass } = access;
  return {
    ...common,
    // Nothing uses it up.
    status: status as ApiAccessStatus,
    rules: rules.map(({ id, phrase }) => ({ id, phrase })),
    only,
    durationMs,
    ...(startMs === undefined ? {} : { start: time(startMs) }),
    justification,
    breakGlass,
    ...(window === undefined
      ? {}
      : { window: { id: window.id, from: time(window.fromMs), until: time(window.untilMs) } }),
    ...(access.review === undefined ? {} : { review: reviewOf(access.review, isOnlyOwn) }),
    policy,
  };
}

function reviewOf(
  { dueMs, isOverdue, closed }: NonNullable<AskedAccess['review']>,
  isOnlyOwn: boolean,
): ApiReview {
  const due = { dueAt: time(dueMs), overdue: isOverdue };
  if (closed === undefined) return { state: 'open', ...due };
  const { by, comment, atMs } = closed;
  return { state: 'closed', ...due, ...(isOnlyOwn ? {} : { by }), comment, at: time(atMs) };
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
