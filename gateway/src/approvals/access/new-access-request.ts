import type { AccessOffer, AccessWindow } from '../../model/access-window.ts';
import type { Quorum } from '../../model/approval.ts';
import type { PolicyVersion } from '../../model/decision.ts';
import type { Principal } from '../../model/principal.ts';
import { byUnits, canonicalDigest } from '../canonical.ts';
import { newId } from '../new-request.ts';
import type { ApprovalRequest } from '../request.ts';
import { windowEndMs, withWindow } from './window-of.ts';

/** What somebody asks for, checked. */
export interface AccessTerms {
  readonly principal: Principal;
  readonly resource: string;
  readonly protocol: string;
  readonly account: string;
  /** The rules to open. */
  readonly offers: readonly AccessOffer[];
  readonly only: AccessWindow['only'];
  readonly durationMs: number;
  readonly startMs?: number | undefined;
  readonly justification: string;
  /** Opened at once, without anybody. */
  readonly breakGlass: boolean;
}

/** What makes two requests the same to an approver, reasons included; hex. */
export function accessDigest(asked: AccessTerms): string {
  const { principal, resource, protocol, account, offers, durationMs, startMs } = asked;
  const { issuer, subject, agent, run } = principal;
  return canonicalDigest('access-request-v1', {
    issuer,
    subject,
    agent,
    run,
    delegation: principal.delegation.map((actor) => ({ subject: actor.subject, issuer: actor.issuer })),
    resource,
    protocol,
    account,
    rules: offers.map(({ rule, terms }) => [rule, terms]),
    only: Object.fromEntries(
      Object.entries(asked.only).map(([name, patterns]) => [name, patterns.toSorted(byUnits)]),
    ),
    durationMs,
    startMs,
    justification: asked.justification,
    breakGlass: asked.breakGlass,
  });
}

/** The request for access. In an emergency it is granted already. */
export function newAccessRequest(
  asked: AccessTerms,
  of: { readonly digest: string; readonly policy: PolicyVersion; readonly nowMs: number },
): ApprovalRequest {
  const { principal, resource, protocol, account, offers, only, durationMs, startMs } = asked;
  const { issuer, subject, agent, delegation, run } = principal;
  const { digest, policy, nowMs } = of;
  const endMs = windowEndMs(asked, nowMs);
  const windowMs = Math.min(endMs - nowMs, ...offers.map(({ withinMs }) => withinMs));
  const rules = offers.map(({ rule, terms, phrase }) => ({ id: rule, terms, phrase }));
  const { justification, breakGlass } = asked;
  const request: ApprovalRequest = {
    id: newId('acc'),
    digest,
    // What is permitted is asked of the policy at each exchange.
    grounds: '',
    status: 'open',
    requester: { issuer, subject, agent, delegation, run },
    resource,
    protocol,
    account,
    target: '',
    view: {
      summary:
        `access for ${Math.round(durationMs / 60_000)} min: ${rules.map(({ id }) => id).join(', ')}`.slice(
          0,
          500,
        ),
      text: justification,
      textLength: justification.length,
      parameters: [],
      furtherParameters: 0,
    },
    access: { rules, only, durationMs, startMs, justification, breakGlass },
    quorums: quorumsOf(offers),
    policy,
    session: '',
    decision: '',
    createdMs: nowMs,
    expiresMs: nowMs + windowMs,
    windowMs,
    remainingMs: windowMs,
    answers: [],
    version: 1,
  };
  return breakGlass ? opened(request, offers, endMs) : request;
}

/** Each rule has its own; equal ones are one. */
function quorumsOf(offers: readonly AccessOffer[]): readonly Quorum[] {
  const kept = new Map<string, Quorum>();
  for (const { rule, by, count, comment } of offers) {
    const key = JSON.stringify([by, count, comment]);
    if (!kept.has(key))
      kept.set(key, { rule, groups: by, count, ...(comment === undefined ? {} : { comment }) });
  }
  return [...kept.values()];
}

function opened(request: ApprovalRequest, offers: readonly AccessOffer[], endMs: number): ApprovalRequest {
  const { createdMs, access } = request;
  const within = offers.flatMap(({ breakGlass }) => breakGlass?.reviewWithinMs ?? []);
  const review = { dueMs: createdMs + Math.min(...within), isOverdue: false };
  const granted = {
    ...request,
    status: 'approved' as const,
    grant: newId('grt'),
    expiresMs: endMs,
    remainingMs: endMs - createdMs,
    ...(access === undefined ? {} : { access: { ...access, review } }),
  };
  return withWindow(granted, createdMs);
}
