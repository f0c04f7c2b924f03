/**
 * What stands between a permit of the policy and carrying it out: a place among the limits, and the people who have to
 * agree. The order: is there room, do they agree, take the room. So nobody is asked in vain, no statement that waits is
 * counted, and of two that race for the last place one is refused.
 */
import type { AccessRequest } from '../model/access-request.ts';
import type { ApprovalOutcome, Approvals } from '../model/approval.ts';
import type { AuditLog } from '../model/audit-event.ts';
import type { Decision, DenyDecision, PermitDecision } from '../model/decision.ts';
import { GatewayError } from '../model/gateway-error.ts';
import { denyOverLimit } from './limits/limit-denial.ts';
import type { LimitExceeded } from './limits/limit-exceeded.ts';
import type { Usage } from './limits/usage.ts';
import { previewOf } from './previewing.ts';
import type { RunHistory } from './run-history.ts';
import type { Execution, Verdict } from './verdict.ts';

/** What fulfilling works with. */
export interface FulfilServices {
  readonly usage: Usage;
  readonly approvals: Approvals | undefined;
  readonly audit: AuditLog;
  readonly history: RunHistory;
  /** Asks the policy anew, limits aside. */
  readonly redecide: (access: AccessRequest) => Decision;
}

/** The verdict that an execution gets in the end; a promise only where people are asked. */
export function fulfil(execution: Execution, services: FulfilServices): Verdict | Promise<Verdict> {
  const { verdict, access } = execution;
  const { decision } = verdict;
  if (decision.effect === 'deny') return verdict;
  // A connection counts among the open sessions even where no rule bounds them.
  if (decision.obligations.length === 0 && access.facts.family !== 'connect') return verdict;
  if (!needsApproval(decision)) return counted(execution, verdict, services);
  const exceeded = services.usage.check(access, decision.obligations, execution.asked);
  if (exceeded !== undefined) return refused(execution, denyOverLimit(decision, access, exceeded));
  if (access.resource.mode === 'observe') return unasked(execution, decision, services);
  return approved(execution, decision, services);
}

/** In shadow mode nobody is asked; everything else is as it would be. */
function unasked(execution: Execution, decision: PermitDecision, services: FulfilServices): Verdict {
  const denied = denyUnapproved(decision, execution.access, { state: 'pending', id: '', remainingMs: 0 });
  return counted(execution, refused(execution, denied), services);
}

/**
 * What the policy says is asked anew each time the approval is looked at, of whom it is about now: the policy, a run's
 * quarantine and the mapping of groups may have changed during the wait. Where there is no room among the limits by then,
 * a grant is left for the next try.
 */
async function approved(
  execution: Execution,
  first: PermitDecision,
  services: FulfilServices,
): Promise<Verdict> {
  const { verdict } = execution;
  let access = execution.access;
  let latest: Decision = first;
  let exceeded: LimitExceeded | undefined;
  const noRoom = new AbortController();
  const grounds = (): PermitDecision | undefined => {
    access = execution.current();
    latest = services.redecide(access);
    if (latest.effect === 'deny') return undefined;
    exceeded = services.usage.check(access, latest.obligations, execution.asked);
    if (exceeded !== undefined) noRoom.abort();
    return latest;
  };
  const outcome = await ask(execution, { grounds, noRoom: noRoom.signal, first, services });
  const decision = latest as Decision;
  const now = { ...execution, access };
  if (decision.effect === 'deny') return refused(now, decision);
  if (typeof outcome === 'string') return refused(now, denyUnasked(decision, access, outcome));
  if (outcome.state === 'granted') {
    return counted(now, { id: verdict.id, family: verdict.family, decision, grant: outcome.grant }, services);
  }
  if (outcome.state === 'pending' && exceeded !== undefined)
    return refused(now, denyOverLimit(decision, access, exceeded));
  if (!needsApproval(decision))
    return counted(now, { id: verdict.id, family: verdict.family, decision }, services);
  return refused(now, denyUnapproved(decision, access, outcome));
}

/** What came of asking; a text where nobody could be asked (P3: it is then refused). */
async function ask(
  execution: Execution,
  asking: {
    readonly grounds: () => PermitDecision | undefined;
    readonly noRoom: AbortSignal;
    readonly first: PermitDecision;
    readonly services: FulfilServices;
  },
): Promise<ApprovalOutcome | string> {
  const { grounds, noRoom, first, services } = asking;
  const { approvals, audit, history } = services;
  if (approvals === undefined) return 'this gateway has nobody to ask';
  const { access, verdict, wait } = execution;
  try {
    const { binding, view } = execution.ask();
    const { sessionId: session } = access.context;
    const signal = wait.signal === undefined ? noRoom : AbortSignal.any([wait.signal, noRoom]);
    return await approvals.ask(
      {
        binding,
        view,
        grounds,
        session,
        decision: verdict.id,
        preview: previewOf(execution, first, audit),
        before: history.before(access),
      },
      { ...wait, signal },
    );
  } catch (error) {
    return (error instanceof GatewayError ? error.publicMessage : undefined) ?? 'nobody can be asked now';
  }
}

function counted(execution: Execution, verdict: Verdict, services: FulfilServices): Verdict {
  const { access } = execution;
  const { decision, grant } = verdict;
  if (decision.effect === 'deny') return verdict;
  const exceeded = services.usage.take(access, decision.obligations, execution.asked);
  if (exceeded === undefined) return verdict;
  if (exceeded.isFirst === true) raiseProbing(execution, exceeded, services);
  const denied = denyOverLimit(decision, access, exceeded);
  if (grant === undefined) return refused(execution, denied);
  // Somebody took the last place while the grant was handed out: it is used up, and the agent is told.
  return {
    ...refused(execution, { ...denied, message: `${denied.message}; its approval is used up` }),
    grant,
  };
}

/** A run that asks too much about masked columns is something that people should look at: once. */
function raiseProbing(
  { access, verdict }: Execution,
  { rule, used }: LimitExceeded,
  services: FulfilServices,
): void {
  const { issuer, subject, agent, delegation, run } = access.principal;
  services.usage.noteTold(access, rule);
  services.audit.enqueue({
    type: 'finding.raised',
    finding: `fnd_${verdict.id.slice('dec_'.length)}`,
    kind: 'probe-limit',
    principal: { issuer, subject, delegation, agent, run },
    session: access.context.sessionId,
    resource: access.resource.name,
    count: used,
  });
}

/** Shadow mode lets pass what it would refuse, and says so on record. */
function refused({ access, verdict }: Execution, denied: DenyDecision): Verdict {
  const { id, family } = verdict;
  if (access.resource.mode !== 'observe') return { id, family, decision: denied };
  return { id, family, decision: withoutApproval(verdict.decision, denied), shadow: denied };
}

/** Masks and limits stay: nothing but the refusal is lifted. */
function withoutApproval(decision: Decision, denied: DenyDecision): Decision {
  const kept = decision.effect === 'permit' ? decision.obligations : [];
  const obligations = kept.filter(({ kind }) => kind !== 'approval');
  return { effect: 'permit', rules: [], obligations, observed: denied.observed, policy: denied.policy };
}

function needsApproval(decision: PermitDecision): boolean {
  return decision.obligations.some(({ kind }) => kind === 'approval');
}

function denyUnapproved(
  permit: PermitDecision,
  access: AccessRequest,
  outcome: Exclude<ApprovalOutcome, { readonly state: 'granted' }>,
): DenyDecision {
  return {
    ...denial(permit, access),
    approval: outcome,
    ...(outcome.state === 'denied' ? { retryAfterMs: outcome.remainingMs } : {}),
  };
}

function denyUnasked(permit: PermitDecision, access: AccessRequest, message: string): DenyDecision {
  return { ...denial(permit, access), message };
}

function denial(permit: PermitDecision, access: AccessRequest): DenyDecision {
  const asking = permit.obligations.filter(({ kind }) => kind === 'approval').map(({ rule }) => rule);
  return {
    effect: 'deny',
    cause: 'approval',
    rules: [...new Set(asking)],
    subject: access.facts.statements[0]?.summary ?? access.facts.action,
    alternatives: [],
    observed: permit.observed,
    policy: permit.policy,
  };
}
