import type { StatementFacts } from '../../model/facts.ts';
import type { CopyOut } from './copy-out.ts';

/** What a statement does to the transaction. */
export type TransactionVerb =
  | 'begin'
  | 'commit'
  | 'rollback'
  | 'savepoint'
  | 'release'
  | 'rollback-to'
  | 'prepare'
  | 'commit-prepared'
  | 'rollback-prepared';

/** A change of a run-time parameter that a statement asks for. */
export interface SettingChange {
  /** Lower-case parameter name; `*` for all (RESET ALL, DISCARD ALL). */
  readonly name: string;
  /** The new value as `SHOW` would give it; absent when it is reset, or not a literal. */
  readonly value?: string;
  readonly scope: 'session' | 'local';
}

/** What the relay must know about a statement to follow the session. Aligned with `facts.statements`. */
export interface SqlStatementInfo {
  /** Kind of the statement as a whole: a word of the dimension `kinds`. */
  readonly kind: string;
  readonly transaction?: TransactionVerb;
  /** COMMIT or ROLLBACK AND CHAIN: a new transaction begins at once. */
  readonly chain?: boolean;
  /** Name of the savepoint of savepoint, release and rollback-to. */
  readonly savepoint?: string;
  /** `in`: the server will send CopyInResponse. `out`: CopyOutResponse. */
  readonly copy?: 'in' | 'out';
  /** Of `out`: what is sent. */
  readonly copyOut?: CopyOut;
  /** True when the server may answer with rows (RowDescription). */
  readonly returnsRows: boolean;
  readonly settings?: readonly SettingChange[];
  /**
   * PREPARE of a named statement. `facts` are those of the inner statement, under the search path of now; the server
   * resolves names again when the path changes, so keep the text and analyse it again in a new epoch.
   */
  readonly prepare?: {
    readonly name: string;
    readonly facts: StatementFacts;
    readonly returnsRows: boolean;
  };
  readonly execute?: { readonly name: string };
  /** DEALLOCATE; no name for ALL. DISCARD ALL counts as DEALLOCATE ALL. */
  readonly deallocate?: { readonly name?: string };
  readonly cursor?: { readonly action: 'declare' | 'fetch' | 'move' | 'close'; readonly name?: string };
  /** Half-open range of UTF-16 offsets in the text, without the semicolon; may end in space and comments. */
  readonly location: { readonly start: number; readonly end: number };
}
