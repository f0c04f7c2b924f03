import type { Carrier } from './facts.ts';

/**
 * What a permit obliges the gateway to do. One that cannot be fulfilled turns the permit into a denial.
 * Each kind has one file in `enforcement/obligations/`.
 */
export type Obligation = MaskObligation | FilterObligation | ApprovalObligation | LimitsObligation;

/** How a masked value is replaced; strictest first. */
export type MaskMethod = 'null' | 'redact' | 'fixed' | 'pseudonym' | 'partial';

/**
 * Replace values in the response: those of the named columns or fields, or whatever the named detectors find in any
 * column that this obligation's `columns` name (all, where it names none).
 */
export interface MaskObligation {
  readonly kind: 'mask';
  readonly rule: string;
  /** Qualified-name patterns: `*.email`, `public.customers.ssn`. Empty only where `detect` is not. */
  readonly columns: readonly string[];
  readonly method: MaskMethod;
  /** Names of content detectors; absent: the whole value is replaced. */
  readonly detect?: readonly string[];
  /** Paths inside of JSON, JSONB and XML values: `contact.email`, `cards[*].number`; absent: the whole value. */
  readonly paths?: readonly string[];
  /** What `fixed` puts in place. */
  readonly value?: string;
  /** What `partial` leaves readable, in characters; absent: the default of the kind of value. */
  readonly keep?: { readonly first: number; readonly last: number };
  /**
   * What becomes of uses that do not hand the value out and tell of it all the same (conditions, sorting, expressions that
   * can fail): absent: denied; else permitted, and with `audit` put on record. The value itself is masked in any case.
   */
  readonly inference?: 'audit' | 'allow';
  /**
   * Of a `pseudonym`: a column may be compared for equality with another of this mask, and with pseudonyms that were shown,
   * which are turned back before the statement is sent.
   */
  readonly lookups?: true;
  /** Views and functions of which the policy says that they hand out nothing that this mask is for. */
  readonly vouched?: readonly Carrier[];
}

/**
 * Rows outside of it are not there: for reads, and for changes, which may not make any either. It holds for all relations that
 * `tables` name, whatever rule permits the request.
 */
export interface FilterObligation {
  readonly kind: 'filter';
  readonly rule: string;
  /** Qualified-name patterns of relations: `public.orders`. */
  readonly tables: readonly string[];
  /** All of them have to be true of a row. */
  readonly where: readonly FilterTerm[];
  /** Views and functions of which the policy says that they hand out nothing that this filter is for. */
  readonly vouched?: readonly Carrier[];
}

/** One comparison of a column with what is known before the request is carried out. */
export interface FilterTerm {
  readonly column: string;
  readonly operator: '=' | '<>' | '<' | '<=' | '>' | '>=' | 'in' | 'is null' | 'is not null';
  /** One for a comparison, any number for `in`, none for `is null`. */
  readonly values: readonly FilterValue[];
}

/** A value as the policy writes it, or one of the principal: a claim by the name that the issuer's config gives it. */
export type FilterValue =
  | { readonly text: string }
  | { readonly number: string }
  | { readonly boolean: boolean }
  | { readonly claim: string }
  | { readonly principal: 'subject' | 'groups' };

/** Hold the exchange until enough approvers agreed. */
export interface ApprovalObligation {
  readonly kind: 'approval';
  readonly rule: string;
  readonly by: readonly string[];
  readonly count: number;
  /** How long the request stays open, in milliseconds. */
  readonly withinMs: number;
  /** How long the client waits for an answer before it is told `APPROVAL_PENDING`, in milliseconds; absent: the gateway's default. */
  readonly waitMs?: number;
  /** An answer without a comment does not count. */
  readonly comment?: 'required';
  /** What approvers are told of the rows that it would change; absent: the planner's estimate. `exact` runs it and rolls back. */
  readonly preview?: 'none' | 'exact';
}

/** Upper bounds: on the exchange, and on what principal, run and resource do together. */
export interface LimitsObligation {
  readonly kind: 'limits';
  readonly rule: string;
  /** Rows returned or copied in one exchange. */
  readonly rows?: number;
  readonly bytes?: number;
  /** Rows that one exchange may change, as the resource reports them; what would change more is undone. */
  readonly affectedRows?: number;
  /** Time from forwarding to the end of the answer; then the work is cancelled upstream. */
  readonly timeoutMs?: number;
  /** Statements that this rule permits a principal's run on a resource in any 60 seconds. */
  readonly statementsPerMinute?: number;
  /** Distinct tables that a run may touch. */
  readonly distinctTables?: number;
  /** Different statements by which a run may ask about masked columns, where masks permit inference. */
  readonly probes?: number;
  /** Sessions a principal may have open on the resource at once; on `connect` rules. */
  readonly sessions?: number;
}
