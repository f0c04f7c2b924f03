import type { MaskMethod } from '../model/obligation.ts';

/** A policy file after the schema has accepted it. The shape is law in `schema.ts`; this is its type. */
export interface PolicyDocument {
  readonly apiVersion: 'sallyport.dev/v1';
  readonly use?: readonly string[];
  readonly presets?: Readonly<Record<string, boolean | 'on' | 'off'>>;
  readonly calendars?: Readonly<Record<string, CalendarSource>>;
  /** An entry is undefined where the schema refused it beyond use, see `salvage.ts`. */
  readonly freezes?: readonly (FreezeSource | undefined)[];
  readonly rules?: readonly (RuleSource | undefined)[];
  readonly repeats?: RepeatsSource;
}

/** A named set of times: weekdays, hours, exceptions. */
export interface CalendarSource {
  readonly timezone: string;
  readonly days?: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly except?: readonly string[];
}

/** What every rule-like entry has. */
export interface RuleBase {
  readonly id: string;
  readonly on: string;
  readonly match?: MatchSource;
  readonly when?: string;
  readonly message?: string;
  readonly description?: string;
  readonly mode?: 'enforce' | 'observe';
}

/** A deny rule that is active only between two instants. */
export interface FreezeSource extends RuleBase {
  readonly from: string;
  readonly until: string;
  readonly timezone?: string;
}

/** One rule. */
export interface RuleSource extends RuleBase {
  readonly effect: 'allow' | 'deny';
  readonly expires?: string;
  readonly mask?: readonly MaskSource[];
  readonly filter?: readonly FilterSource[];
  readonly unmasked?: true;
  readonly approval?: ApprovalSource;
  readonly limits?: LimitsSource;
  readonly access?: AccessSource;
}

/** One `mask:` entry. */
export interface MaskSource {
  readonly columns?: readonly string[];
  readonly detect?: readonly string[];
  readonly paths?: readonly string[];
  /** YAML reads a bare `null` as no value; it means the method of that name. */
  readonly with: MaskMethod | null;
  readonly value?: string;
  readonly inference?: 'deny' | 'audit' | 'allow';
  readonly lookups?: true;
  readonly keep?: { readonly first?: number; readonly last?: number };
}

/** One `filter:` entry. */
export interface FilterSource {
  readonly tables: readonly string[];
  readonly where: string;
}

/** An `approval:`. */
export interface ApprovalSource {
  readonly by: readonly string[];
  readonly count?: number;
  readonly within: string;
  readonly wait?: string;
  readonly preview?: 'none' | 'estimate' | 'exact';
  readonly comment?: 'required';
}

/** An `access:`. */
export interface AccessSource {
  readonly by: readonly string[];
  readonly count?: number;
  readonly within: string;
  readonly upTo: string;
  readonly comment?: 'required';
  readonly breakGlass?: { readonly by: readonly string[]; readonly reviewWithin: string };
}

/** A `limits:`. */
export interface LimitsSource {
  readonly rows?: number;
  readonly bytes?: number | string;
  readonly affectedRows?: number;
  readonly timeout?: string;
  readonly statementsPerMinute?: number;
  readonly distinctTables?: number;
  readonly probes?: number;
  readonly sessions?: number;
}

/** A `repeats:`. */
export interface RepeatsSource {
  readonly after?: number;
  readonly quarantine?: { readonly after: number; readonly for: string };
}

/** The keys of `match:` that every family has; beside them stand the family's dimensions, each a list of words. */
export interface ScopeSource {
  readonly issuers?: readonly string[];
  readonly subjects?: readonly string[];
  readonly groups?: readonly string[];
  readonly agents?: readonly string[];
  readonly actors?: readonly string[];
  readonly resources?: readonly string[];
  readonly protocols?: readonly string[];
  readonly labels?: Readonly<Record<string, readonly string[]>>;
  readonly accounts?: readonly string[];
  readonly time?: string | { readonly not: string };
}

/** A whole `match:`. */
export type MatchSource = ScopeSource & Readonly<Record<string, unknown>>;
