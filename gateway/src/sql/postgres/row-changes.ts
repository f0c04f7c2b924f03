import type { Atom, StatementFacts } from '../../model/facts.ts';

/** What is known, before it runs, of the number of rows that a statement changes. */
export type RowChanges =
  /** It changes no rows. */
  | 'none'
  /** The server reports the number in the command tag: one INSERT, UPDATE, DELETE, MERGE or COPY FROM. */
  | 'counted'
  /** Nobody reports it: writes in WITH, TRUNCATE, DDL, and code. */
  | 'unknown';

/** What the answer is made of. */
export interface ChangingParts {
  readonly kind: string;
  readonly explain: 'none' | 'plan' | 'analyze';
  /** How many INSERT, UPDATE, DELETE and MERGE it has, those in WITH included. */
  readonly modifications: number;
  /** Of the statement that it prepares or runs by name. */
  readonly inner: RowChanges | undefined;
}

/** Classes of which no command tag tells how many rows were changed. */
const UNCOUNTED_CLASSES: ReadonlySet<string> = new Set(['ddl', 'dcl', 'code']);
const UNCOUNTED_KINDS: ReadonlySet<string> = new Set(['TRUNCATE', 'REFRESH MATERIALIZED VIEW']);
const COUNTED_KINDS: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE']);

/** Tells it from the parts; triggers and foreign keys of the tables are not seen. */
export function rowChangesOf(parts: ChangingParts, atoms: readonly Atom[]): RowChanges {
  const { kind, explain, modifications, inner } = parts;
  if (explain === 'plan') return 'none';
  if (atoms.some(isUncounted)) return 'unknown';
  if (inner !== undefined) return explain === 'analyze' && inner !== 'none' ? 'unknown' : inner;
  if (modifications === 0) return kind === 'COPY' && atoms.some(isInsert) ? 'counted' : 'none';
  return modifications === 1 && explain === 'none' && COUNTED_KINDS.has(kind) ? 'counted' : 'unknown';
}

/** As the facts of a statement say it; what says nothing is not known. */
export function rowChangesIn({ attributes }: StatementFacts): RowChanges {
  const { rowChanges } = attributes;
  return rowChanges === 'none' || rowChanges === 'counted' ? rowChanges : 'unknown';
}

function isUncounted({ values }: Atom): boolean {
  return (
    values['classes']?.some((name) => UNCOUNTED_CLASSES.has(name)) === true ||
    values['kinds']?.some((name) => UNCOUNTED_KINDS.has(name)) === true
  );
}

function isInsert({ values }: Atom): boolean {
  return values['kinds']?.includes('INSERT') === true;
}
