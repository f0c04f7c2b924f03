/** The life of an approval request: open → approved | denied | expired | voided; approved → consumed | … Pure. */
import type { ApprovalStatus } from '../model/approval.ts';
import { withWindow } from './access/window-of.ts';
import { isSamePerson, missingIn } from './quorum.ts';
import { type Answer, type ApprovalRequest, isLive } from './request.ts';

/** What a step needs from outside. */
export interface StepTime {
  readonly nowMs: number;
  /** What is left of the window or of the grant. */
  readonly remainingMs: number;
}

/** Longest life of the grant, and its id should this answer complete the last quorum. */
export interface GrantTerms {
  readonly grant: string;
  readonly grantMs: number;
}

/**
 * The request after an answer; `undefined` when it is not open to that: an approval wants an open request, a denial
 * also stops one that is approved and whose grant nobody has used.
 */
export function withAnswer(
  request: ApprovalRequest,
  answer: Answer,
  time: StepTime,
  terms: GrantTerms,
): ApprovalRequest | undefined {
  const isOpen = request.status === 'open' || (request.status === 'approved' && answer.verdict === 'deny');
  if (!isOpen || time.remainingMs <= 0) return undefined;
  const answers = [...request.answers.filter(({ by }) => !isSamePerson(by, answer.by)), answer];
  const next = { ...request, answers, remainingMs: time.remainingMs, version: request.version + 1 };
  // A denial stands for the rest of the window: whoever asks the same again is told the same.
  if (answer.verdict === 'deny') return { ...next, status: 'denied', closedMs: time.nowMs };
  if (missingIn(request.quorums, answers).some((missing) => missing > 0)) return next;
  const { grant } = terms;
  // Of access for a time the whole window was agreed to.
  const grantMs = request.access === undefined ? Math.min(terms.grantMs, request.windowMs) : terms.grantMs;
  const expiresMs = time.nowMs + grantMs;
  return withWindow({ ...next, status: 'approved', grant, expiresMs, remainingMs: grantMs }, time.nowMs);
}

/** The request at its end; `undefined` when it is over already, or there is no grant to consume. */
export function closed(
  request: ApprovalRequest,
  status: Extract<ApprovalStatus, 'expired' | 'voided' | 'consumed'>,
  nowMs: number,
  reason?: string,
): ApprovalRequest | undefined {
  if (!isLive(request) || (status === 'consumed' && request.status !== 'approved')) return undefined;
  return {
    ...request,
    status,
    closedMs: nowMs,
    ...(reason === undefined ? {} : { reason }),
    remainingMs: 0,
    version: request.version + 1,
  };
}
