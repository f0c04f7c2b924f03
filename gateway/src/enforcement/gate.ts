/**
 * The enforcement point. The order below is the security property and stands here only:
 * decide → fulfil what must hold before → record intent → forward, masked and metered → record outcome.
 * The protocol forwards between {@link Gate.admit} and {@link Gate.settle}, with the permits it got.
 * This module knows no protocol and opens no socket.
 */
import type { AccessRequest } from '../model/access-request.ts';
import type { AccessWindows } from '../model/access-window.ts';
import type { Approvals } from '../model/approval.ts';
import type { AuditLog, Durability, ExchangeIntent } from '../model/audit-event.ts';
import type { Clock } from '../model/clock.ts';
import type { Decision, DenyDecision, PolicyEngine, PolicyVersion } from '../model/decision.ts';
import type { MaskObligation } from '../model/obligation.ts';
import type { SessionRecording } from '../model/recording.ts';
import type { Quarantine, RepeatTerms, RunGuard } from '../model/run-guard.ts';
import { denialText } from './denial-text.ts';
import { denyQuarantined } from './deny-quarantined.ts';
import { denyUnfulfilled } from './deny-unfulfilled.ts';
import { EnforcementError } from './errors.ts';
import { fulfil } from './fulfil.ts';
import { intentEvent } from './intent-event.ts';
import { denyOverLimit } from './limits/limit-denial.ts';
import type { Usage } from './limits/usage.ts';
import { type ObligationFulfiller, unfulfilled } from './obligations/index.ts';
import { type Permit, takePermitMint } from './permit.ts';
import { RunHistory } from './run-history.ts';
import type { Execution, Intent, Outcome, Verdict } from './verdict.ts';

export type { Execution, Intent, Outcome, Verdict } from './verdict.ts';

const mint = takePermitMint();

/** The enforcement point of one gateway. */
export interface Gate {
  /**
   * Step 1: asks the policy. Never throws; what fails is denied.
   * @param asked the request as the client sent it, where it is one: a run that repeats what is denied is noticed
   * @param isCounted limits have counted it before, so that there is room for it
   */
  decide(access: AccessRequest, asked?: string, isCounted?: boolean): Verdict;
  /** All masks of rules that may apply to who asks there; undefined while the policy is the one of `known`. */
  masksFor(access: AccessRequest, known: PolicyVersion | undefined): PolicyMasks | undefined;
  /**
   * Step 2, of what is about to be carried out and not of what only prepares it: counts it among the limits and asks for
   * approvals. The verdict to go on with; a promise only where people are asked. Never throws or rejects.
   */
  fulfil(execution: Execution): Verdict | Promise<Verdict>;
  /**
   * Step 3: puts intents on file, denials included, and answers a permit for each intent that is permitted,
   * `undefined` for each that is not, in the same order.
   * @throws EnforcementError when the audit cannot be written: nothing may be forwarded.
   */
  admit(intents: readonly Intent[], recording?: SessionRecording): Promise<readonly (Permit | undefined)[]>;
  /** Last step: records the outcome, once. */
  settle(permit: Permit, outcome: Outcome): void;
  /** A session is over: its place among the open ones is free. Idempotent. */
  release(sessionId: string): void;
}

/** What a policy masks for somebody, whatever is asked. */
export interface PolicyMasks {
  readonly masks: readonly MaskObligation[];
  readonly policy: PolicyVersion;
}

/** What a gate works with. */
export interface GateServices {
  /** The engine of this moment; asked anew for every decision (P8). */
  readonly engine: () => PolicyEngine;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly obligations: readonly ObligationFulfiller[];
  readonly usage: Usage;
  /** Absent: what needs an approval is denied. */
  readonly approvals?: Approvals | undefined;
  /** What people opened for a time; absent: nothing. */
  readonly windows?: AccessWindows | undefined;
  /** Watches for runs that repeat what was denied; absent: nobody does. */
  readonly guard?: RunGuard | undefined;
  /** The policy's terms for them, as of now. */
  readonly repeats?: (() => RepeatTerms) | undefined;
}

/** Creates the gate. */
export function createGate(services: GateServices): Gate {
  let counter = 0;
  const history = new RunHistory();

  function decide(access: AccessRequest, asked?: string, isCounted?: boolean): Verdict {
    counter += 1;
    const id = `dec_${access.context.sessionId.slice(4)}_${counter.toString(36)}`;
    const stopped = services.guard?.quarantined(access.principal);
    const decision = stopped === undefined ? judge(access, isCounted) : quarantined(access, stopped);
    if (decision.effect === 'deny' && access.resource.mode === 'observe') {
      return verdictOf(id, access, passInShadow(decision, access, services.engine()), decision);
    }
    const verdict = verdictOf(id, access, decision);
    if (decision.effect === 'permit' || stopped !== undefined || asked === undefined) return verdict;
    return withRepetition(services, { verdict, access, text: asked });
  }

  function permitted(access: AccessRequest): Decision {
    const asked = withWindows(access, services.windows);
    return refuseUnfulfillable(services.engine().decide(asked), access, services.obligations);
  }

  function judge(access: AccessRequest, isCounted?: boolean): Decision {
    const decision = permitted(access);
    if (decision.effect === 'deny' || decision.obligations.length === 0 || isCounted) return decision;
    // Nothing is counted yet; but what is over a limit is not even prepared.
    const exceeded = services.usage.check(access, decision.obligations);
    return exceeded === undefined ? decision : denyOverLimit(decision, access, exceeded);
  }

  function quarantined(access: AccessRequest, stopped: Quarantine): DenyDecision {
    return denyQuarantined(access, stopped, services.engine().version);
  }

  const fulfilServices = {
    usage: services.usage,
    approvals: services.approvals,
    audit: services.audit,
    history,
    redecide(access: AccessRequest): Decision {
      const stopped = services.guard?.quarantined(access.principal);
      return stopped === undefined ? permitted(access) : quarantined(access, stopped);
    },
  };

  return {
    decide,
    fulfil: (execution) => fulfil(execution, fulfilServices),
    admit: (intents, recording) => admit(services, history.noteAll(intents), recording),
    settle: (permit, outcome) => settle(services, permit, outcome),
    masksFor(access, known) {
      const engine = services.engine();
      if (engine.version === known) return undefined;
      return { masks: engine.masksFor(access), policy: engine.version };
    },
    release(sessionId) {
      services.usage.release(sessionId);
      services.windows?.release(sessionId);
    },
  };
}

function admit(
  { audit, clock, windows }: GateServices,
  intents: readonly Intent[],
  recording: SessionRecording | undefined,
): Promise<readonly (Permit | undefined)[]> {
  const events = intents.map(intentEvent);
  let durability: Durability | undefined;
  for (const { writes } of intents) if (writes) durability = 'synced';
  // Before anything is forwarded: a window that ends meanwhile finds the session.
  for (const { session, windows: used } of events) if (used !== undefined) windows?.used(session, used);
  return audit.append(events, durability).then(() => {
    const startedMs = clock.nowMs();
    return events.map((event, index) => {
      const recorded = recording === undefined ? 0 : begin(recording, event, intents[index]?.verdict);
      if (event.effect === 'deny') return undefined;
      const { exchange, decision, session } = event;
      return mint({ exchange, decision, session, startedMs, recording, recorded });
    });
  }, unrecorded);
}

function settle({ audit, clock }: GateServices, permit: Permit, { status, result }: Outcome): void {
  if (!permit.settle()) return;
  const { session, exchange, recording } = permit;
  const durationMs = Math.max(0, clock.nowMs() - permit.startedMs);
  audit.enqueue({ type: 'exchange.outcome', session, exchange, status, result, durationMs });
  recording?.end(permit.recorded, { status, result, durationMs });
}

function verdictOf(id: string, { facts }: AccessRequest, decision: Decision, shadow?: DenyDecision): Verdict {
  const { family } = facts;
  return shadow === undefined ? { id, family, decision } : { id, family, decision, shadow };
}

/** What people opened to whoever asks is part of what is decided (P7). Nearly always: nothing is. */
function withWindows(access: AccessRequest, windows: AccessWindows | undefined): AccessRequest {
  const open = windows?.openFor(access.principal, access.resource.name, access.account);
  return open === undefined ? access : { ...access, context: { ...access.context, windows: open } };
}

/** A run that repeats what is denied is noticed. */
function withRepetition(
  { guard, repeats }: GateServices,
  denied: { readonly verdict: Verdict; readonly access: AccessRequest; readonly text: string },
): Verdict {
  const { verdict, access, text } = denied;
  if (guard === undefined || repeats === undefined) return verdict;
  const { principal, resource, context } = access;
  const session = context.sessionId;
  const terms = repeats();
  const repetition = guard.denied({ principal, session, resource: resource.name, text, terms });
  return { ...verdict, repetition };
}

function refuseUnfulfillable(
  decision: Decision,
  access: AccessRequest,
  fulfillers: readonly ObligationFulfiller[],
): Decision {
  if (decision.effect === 'deny' || decision.obligations.length === 0) return decision;
  const missing = unfulfilled(decision.obligations, access, fulfillers);
  if (missing === undefined) return decision;
  return denyUnfulfilled(decision, access, missing);
}

/** What nobody permits passes with all masks and row filters that anybody's permit would have brought. */
function passInShadow(denied: DenyDecision, access: AccessRequest, engine: PolicyEngine): Decision {
  const { observed, policy } = denied;
  const obligations = [...engine.masksFor(access), ...engine.filtersFor(access)];
  return { effect: 'permit', rules: [], obligations, observed, policy };
}

function unrecorded(cause: unknown): never {
  throw new EnforcementError('ERR_ENFORCEMENT_UNRECORDED', 'the audit log cannot be written', {
    source: 'internal',
    publicMessage: 'the gateway cannot record this request, so it was not forwarded; try again later',
    cause,
  });
}

/** A refused exchange is over as soon as it is recorded. */
function begin(recording: SessionRecording, event: ExchangeIntent, verdict: Verdict | undefined): number {
  const { type: _type, session: _session, ...request } = event;
  const recorded = recording.begin(request);
  if (verdict?.decision.effect === 'deny') {
    const { message } = denialText(verdict.id, verdict.decision, verdict);
    recording.end(recorded, { status: 'refused', result: { message }, durationMs: 0 });
  }
  return recorded;
}
