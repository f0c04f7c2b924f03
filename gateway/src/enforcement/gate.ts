/**
 * The enforcement point. The order below is the security property and stands here only:
 * decide → record intent → fulfil obligations → forward → mask → record outcome.
 * The protocol forwards between {@link Gate.admit} and {@link Gate.settle}, with the permits it got.
 * This module knows no protocol and opens no socket.
 */
import type { AccessRequest } from '../model/access-request.ts';
import type { AuditLog, ExchangeIntent, ExchangeOutcome } from '../model/audit-event.ts';
import type { Clock } from '../model/clock.ts';
import type { Decision, DenyDecision, ObservedVerdict, PolicyEngine } from '../model/decision.ts';
import type { JsonObject } from '../model/json.ts';
import { EnforcementError } from './errors.ts';
import { type ObligationFulfiller, unfulfilled } from './obligations/index.ts';
import { type Permit, takePermitMint } from './permit.ts';

const mint = takePermitMint();

/** What the policy said of one request; not yet on file, so not yet a permit. */
export interface Verdict {
  /** `dec_<session>_<n>`: unique, told to the agent, found in the audit. */
  readonly id: string;
  readonly decision: Decision;
  /** In shadow mode a denial is kept here while `decision` permits. */
  readonly shadow?: DenyDecision;
}

/** A verdict together with what has to be on file before anything is forwarded. */
export interface Intent {
  readonly access: AccessRequest;
  readonly verdict: Verdict;
  readonly summary: string;
  /** The request as the protocol records it. No secrets. */
  readonly request: JsonObject;
  /** The exchange changes something: its intent is synced whatever the configured durability (P4). */
  readonly writes: boolean;
}

/** The result of an exchange, as the protocol saw it. */
export type Outcome = Pick<ExchangeOutcome, 'status' | 'result'>;

/** The enforcement point of one gateway. */
export interface Gate {
  /** Step 1: asks the policy. Never throws; what fails is denied. */
  decide(access: AccessRequest): Verdict;
  /**
   * Step 2: puts intents on file, denials included, and answers a permit for each intent that is permitted,
   * `undefined` for each that is not, in the same order.
   * @throws EnforcementError when the audit cannot be written: nothing may be forwarded.
   */
  admit(intents: readonly Intent[]): Promise<readonly (Permit | undefined)[]>;
  /** Last step: records the outcome, once. */
  settle(permit: Permit, outcome: Outcome): void;
}

/** What a gate works with. */
export interface GateServices {
  /** The engine of this moment; asked anew for every decision (P8). */
  readonly engine: () => PolicyEngine;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly obligations: readonly ObligationFulfiller[];
}

/** Creates the gate. */
export function createGate(services: GateServices): Gate {
  const { audit, clock } = services;
  let counter = 0;

  function decide(access: AccessRequest): Verdict {
    counter += 1;
    const id = `dec_${access.context.sessionId.slice(4)}_${counter.toString(36)}`;
    const decision = refuseUnfulfillable(services.engine().decide(access), access, services.obligations);
    if (decision.effect === 'deny' && access.resource.mode === 'observe') {
      return { id, decision: passInShadow(decision), shadow: decision };
    }
    return { id, decision };
  }

  function admit(intents: readonly Intent[]): Promise<readonly (Permit | undefined)[]> {
    const events = intents.map(toEvent);
    const durability = intents.some((intent) => intent.writes) ? 'synced' : undefined;
    return audit.append(events, durability).then(
      () => {
        const startedMs = clock.nowMs();
        return events.map((event) => {
          if (event.effect === 'deny') return undefined;
          const { exchange, decision, session } = event;
          return mint({ exchange, decision, session, startedMs });
        });
      },
      (cause: unknown) => {
        throw unrecorded(cause);
      },
    );
  }

  function settle(permit: Permit, outcome: Outcome): void {
    if (!permit.settle()) return;
    audit.enqueue({
      type: 'exchange.outcome',
      session: permit.session,
      exchange: permit.exchange,
      status: outcome.status,
      result: outcome.result,
      durationMs: Math.max(0, clock.nowMs() - permit.startedMs),
    });
  }

  return { decide, admit, settle };
}

function refuseUnfulfillable(
  decision: Decision,
  access: AccessRequest,
  fulfillers: readonly ObligationFulfiller[],
): Decision {
  if (decision.effect === 'deny' || decision.obligations.length === 0) return decision;
  const missing = unfulfilled(decision.obligations, access, fulfillers);
  if (missing === undefined) return decision;
  return {
    effect: 'deny',
    cause: 'obligation',
    rules: [missing.rule],
    subject: access.facts.statements[0]?.summary ?? access.facts.action,
    message: `rule ${missing.rule} asks for ${missing.kind}, which this gateway cannot fulfil here`,
    alternatives: [],
    observed: decision.observed,
    policy: decision.policy,
  };
}

function passInShadow(denied: DenyDecision): Decision {
  return { effect: 'permit', rules: [], obligations: [], observed: denied.observed, policy: denied.policy };
}

function unrecorded(cause: unknown): EnforcementError {
  return new EnforcementError('ERR_ENFORCEMENT_UNRECORDED', 'the audit log cannot be written', {
    source: 'internal',
    publicMessage: 'the gateway cannot record this request, so it was not forwarded; try again later',
    cause,
  });
}

/** On the hot path: one object, no copies. */
function toEvent(intent: Intent): ExchangeIntent {
  const { verdict, access, request, summary } = intent;
  const { decision, id } = verdict;
  const session = access.context.sessionId;
  const event: Mutable<ExchangeIntent> = {
    type: 'exchange.intent',
    session,
    exchange: `${session}.${id.slice(id.lastIndexOf('_') + 1)}`,
    request,
    summary,
    effect: decision.effect,
    decision: id,
    rules: decision.rules,
    policy: decision.policy,
  };
  if (decision.effect === 'deny') event.cause = decision.cause;
  const observed = observedVerdicts(verdict);
  if (observed.length > 0) event.observed = observed;
  return event;
}

function observedVerdicts({ decision, shadow }: Verdict): readonly ObservedVerdict[] {
  if (shadow === undefined) return decision.observed;
  return [...decision.observed, { rule: shadow.rules[0] ?? `(${shadow.cause})`, effect: 'deny' }];
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
