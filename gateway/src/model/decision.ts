import type { ApprovalOutcome } from './approval.ts';
import type { FilterObligation, MaskObligation, Obligation } from './obligation.ts';

/** Which policy decided: recorded with each decision. */
export interface PolicyVersion {
  /** Git commit of the policy folder, when it is in a repository; `-dirty` is appended when files differ. */
  readonly commit?: string;
  /** SHA-256 over the names and contents of all policy files; hex. */
  readonly hash: string;
}

/** Verdict of the policy on one AccessRequest. Pure data: the gate gives it an id. */
export type Decision = PermitDecision | DenyDecision;

/** All atoms are covered and no deny rule hit. */
export interface PermitDecision {
  readonly effect: 'permit';
  /** Ids of the allow rules that cover an atom, in policy order. */
  readonly rules: readonly string[];
  readonly obligations: readonly Obligation[];
  readonly observed: readonly ObservedVerdict[];
  readonly policy: PolicyVersion;
  /** Ids of the access windows that it rests on. */
  readonly windows?: readonly string[];
}

/** Why a request was denied. */
export type DenyCause =
  /** A deny rule hit. */
  | 'rule'
  /** Nothing covers some atom. */
  | 'default'
  /** The facts are opaque. */
  | 'opaque'
  /** A rule failed to evaluate. */
  | 'error'
  /** An obligation cannot be fulfilled. Set by the gate. */
  | 'obligation'
  /** A limit on what principal, run and resource do together is used up. Set by the gate. */
  | 'limit'
  /** It was not approved, or not yet. Set by the gate. */
  | 'approval'
  /** The run is stopped for a while, because it repeated what was denied. Set by the gate. */
  | 'quarantine';

/** The request may not pass. */
export interface DenyDecision {
  readonly effect: 'deny';
  readonly cause: DenyCause;
  /** Deny rules that hit, in policy order; empty for default deny. */
  readonly rules: readonly string[];
  /** What was refused, one phrase: the label of the first offending atom, or the opaque reason. */
  readonly subject: string;
  /** The rule's `message:`, told to the agent. */
  readonly message?: string;
  /** Where the approval stands, when that is the cause. */
  readonly approval?: Exclude<ApprovalOutcome, { readonly state: 'granted' }>;
  /** After how long the same may pass; only of what time lifts. */
  readonly retryAfterMs?: number;
  /** What this principal may do here instead, phrases drawn only from allow rules that already apply to it. */
  readonly alternatives: readonly string[];
  /** Rules that would permit it once people opened them to this principal; absent: none. */
  readonly requestable?: readonly RequestableRule[];
  readonly observed: readonly ObservedVerdict[];
  readonly policy: PolicyVersion;
}

/** A rule that permits nothing until people open it, for a time. */
export interface RequestableRule {
  readonly rule: string;
  /** Longest window, in milliseconds. */
  readonly upToMs: number;
}

/** What a rule in observe mode would have said. */
export interface ObservedVerdict {
  readonly rule: string;
  readonly effect: 'permit' | 'deny';
}

/** The decision point. Synchronous and pure (P7); never throws: a failure is a denial. */
export interface PolicyEngine {
  readonly version: PolicyVersion;
  decide(request: import('./access-request.ts').AccessRequest): Decision;
  /** All masks of rules that may apply to who asks there, whatever is asked: none of their columns is theirs to see. */
  masksFor(request: import('./access-request.ts').AccessRequest): readonly MaskObligation[];
  /** All row filters of rules that may apply to who asks there, where the request may meet any. */
  filtersFor(request: import('./access-request.ts').AccessRequest): readonly FilterObligation[];
}
