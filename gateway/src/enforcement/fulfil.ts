/**
 * What stands between a permit of the policy and carrying it out: a place among the limits, and the people who have to
 * agree. The order: is there room, do they agree, take the room. So nobody is asked in vain, no statement that waits is
 * counted, and of two that race for the last place one is refused.
 */
import type { AccessRequest } from '../model/access-request.ts';
import type { ApprovalOutcome, Approvals } from '../model/approval.ts';
import type { Decision, DenyDecision, PermitDecision } from '../model/decision.ts';
import { GatewayError } from '../model/gateway-error.ts';
import { denyOverLimit } from './limits/limit-denial.ts';
import type { Usage } from './limits/usage.ts';
import type { Execution, Verdict } from './verdict.ts';

/** What fulfilling works with. */
export interface FulfilServices {
  readonly usage: Usage;
  readonly approvals: Approvals | undefined;
  /** Asks the policy anew, in the time of the call. */
  readonly redecide: (access: AccessRequest) => Decision;
}

/** The verdict that an execution gets in the end; a promise only where people are asked. */
export function fulfil(execution: Execution, services: FulfilServices): Verdict | Promise<Verdict> {
  const { verdict, access } = execution;
  const { decision } = verdict;
  if (decision.effect === 'deny') return verdict;
  // A connection counts among the open sessions even where no rule bounds them.
  if (decision.obligations.length === 0 && access.facts.family !== 'connect') return verdict;
  if (!needsApproval(decision)) return counted(execution, verdict, services.usage);
  const exceeded = services.usage.check(access, decision.obligations);
  if (exceeded !== undefined) return refused(execution, denyOverLimit(decision, access, exceeded));
  if (access.resource.mode === 'observe') {
    return refused(execution, denyUnapproved(decision, access, { state: 'pending', id: '', remainingMs: 0 }));
  }
  return approved(execution, decision, services);
}

async function approved(
  execution: Execution,
  first: PermitDecision,
  services: FulfilServices,
): Promise<Verdict> {
  const { access, verdict } = execution;
  let latest: Decision = first;
  const grounds = (): PermitDecision | undefined => {
    latest = services.redecide(access);
    return latest.effect === 'permit' ? latest : undefined;
  };
  const outcome = await ask(execution, grounds, services.approvals);
  const decision = latest as Decision;
  if (decision.effect === 'deny') return refused(execution, decision);
  if (typeof outcome === 'string') return refused(execution, denyUnasked(decision, access, outcome));
  if (outcome.state === 'granted') {
    return counted(execution, { id: verdict.id, decision, grant: outcome.grant }, services.usage);
  }
  if (!needsApproval(decision)) return counted(execution, { id: verdict.id, decision }, services.usage);
  return refused(execution, denyUnapproved(decision, access, outcome));
}

/** What came of asking; a text where nobody could be asked (P3: it is then refused). */
async function ask(
  execution: Execution,
  grounds: () => PermitDecision | undefined,
  approvals: Approvals | undefined,
): Promise<ApprovalOutcome | string> {
  if (approvals === undefined) return 'this gateway has nobody to ask';
  const { access, verdict, wait } = execution;
  try {
    const { binding, view } = execution.ask();
    const { sessionId: session } = access.context;
    return await approvals.ask({ binding, view, grounds, session, decision: verdict.id }, wait);
  } catch (error) {
    return (error instanceof GatewayError ? error.publicMessage : undefined) ?? 'nobody can be asked now';
  }
}

function counted(execution: Execution, verdict: Verdict, usage: Usage): Verdict {
  const { access } = execution;
  const { decision } = verdict;
  if (decision.effect === 'deny') return verdict;
  const exceeded = usage.take(access, decision.obligations);
  return exceeded === undefined ? verdict : refused(execution, denyOverLimit(decision, access, exceeded));
}

/** Shadow mode lets pass what it would refuse, and says so on record. */
function refused({ access, verdict }: Execution, denied: DenyDecision): Verdict {
  const { id } = verdict;
  if (access.resource.mode !== 'observe') return { id, decision: denied };
  return { id, decision: withoutApproval(verdict.decision, denied), shadow: denied };
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
