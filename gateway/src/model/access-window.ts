import type { PolicyVersion } from './decision.ts';
import type { Principal } from './principal.ts';

/** Whose window it is, as the token that asked for it proved them. */
export type WindowHolder = Pick<Principal, 'issuer' | 'subject' | 'delegation'> & {
  readonly agent?: string | undefined;
  /** The run that the token proved; absent: bound to principal and actor alone. */
  readonly run?: string | undefined;
};

/** A rule that a window opens, and what it said when people agreed to that. */
export interface OpenedRule {
  readonly id: string;
  /** Everything of the rule that changes what it permits: another text is another rule, which nobody opened. */
  readonly terms: string;
}

/**
 * A stretch of time in which rules permit somebody something that they permit nobody else: what comes of an approved access
 * request. A value inside of the AccessRequest, so that a decision stays a function of it (P7).
 */
export interface AccessWindow {
  /** `grt_…`: in the record of every exchange that rests on it. */
  readonly id: string;
  readonly holder: WindowHolder;
  readonly resource: string;
  readonly account: string;
  readonly rules: readonly OpenedRule[];
  /** Narrows them: dimension → patterns, all of which an atom has to fit. A dimension that a rule's family lacks says nothing. */
  readonly only: Readonly<Record<string, readonly string[]>>;
  /** Milliseconds since the epoch, inclusive. */
  readonly fromMs: number;
  /** Milliseconds since the epoch, exclusive. */
  readonly untilMs: number;
}

/** Where the gate finds the windows of whoever asks. Implemented by `approvals/access/`; every call is quick, and none throws. */
export interface AccessWindows {
  /** Those that are open now, of this principal through this actor there; the same list as long as they are the same. */
  openFor(principal: Principal, resource: string, account: string): readonly AccessWindow[] | undefined;
  /** A session was permitted something by windows: it ends when one of them does (P12). */
  used(session: string, windows: readonly string[]): void;
  /** A session is over. Idempotent. */
  release(session: string): void;
}

/** A rule that people may open to somebody there, as the policy of this moment has it. */
export interface AccessOffer {
  readonly rule: string;
  readonly terms: string;
  /** What it would permit, in a few words. */
  readonly phrase: string;
  readonly description?: string | undefined;
  /** Groups of those who open it. */
  readonly by: readonly string[];
  readonly count: number;
  /** How long a request stays open, in milliseconds. */
  readonly withinMs: number;
  /** Longest window, in milliseconds. */
  readonly upToMs: number;
  readonly comment?: 'required' | undefined;
  readonly breakGlass?: { readonly by: readonly string[]; readonly reviewWithinMs: number } | undefined;
  /** What a window may be narrowed by. */
  readonly dimensions: readonly string[];
  /** Those patterns of a narrowing that mean nothing to the rule. */
  unreadable(only: AccessWindow['only']): readonly string[];
}

/** What of the policy access requests have to know. */
export interface AccessPolicy {
  readonly version: PolicyVersion;
  /** The rule is still what people were asked to open. */
  stands(rule: OpenedRule): boolean;
}
