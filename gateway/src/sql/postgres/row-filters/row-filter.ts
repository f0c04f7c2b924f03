/** What a row filter asks of a database: the policy's filter with the values of who asks put in. */

/** A value that is known before the statement is sent. */
export type FilterConstant =
  | { readonly text: string }
  | { readonly number: string }
  | { readonly boolean: boolean };

/** One comparison; all of a filter have to be true of a row. */
export interface RowTerm {
  readonly column: string;
  readonly operator: '=' | '<>' | '<' | '<=' | '>' | '>=' | 'in' | 'is null' | 'is not null';
  readonly values: readonly FilterConstant[];
}

/** A row filter of one session. */
export interface RowFilter {
  /** Id of the rule. */
  readonly rule: string;
  /** Whether it is for a relation, named as in the dimension `tables`. What a name leaves open counts as meant. */
  readonly isFor: (table: string) => boolean;
  readonly terms: readonly RowTerm[];
  /** Whether the policy vouches for a view or function by all its candidate names. */
  readonly vouchesFor: (dimension: string, names: readonly string[]) => boolean;
}

/** Why a statement cannot be sent within its filters; told to the agent. */
export interface FilterRefusal {
  readonly rule: string;
  readonly reason: string;
}
