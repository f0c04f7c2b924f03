import type { Atom, StatementFacts } from '../../model/facts.ts';
import type { JsonValue } from '../../model/json.ts';
import { classesOf, type SqlKind } from '../kinds.ts';
import { withoutEquality } from './field-uses.ts';
import type { Findings } from './findings.ts';
import { rising } from './rising.ts';
import { rowChangesOf } from './row-changes.ts';

/** What of a statement the findings do not hold. */
export interface StatementFrame {
  readonly kind: SqlKind;
  readonly explain: 'none' | 'plan' | 'analyze';
  readonly statementCount: number;
}

/** Puts the facts of one statement together. Never without an atom. */
export function statementFacts(found: Findings, frame: StatementFrame): StatementFacts {
  const atoms = found.atoms();
  if (atoms.length === 0) return refusedFacts('nothing is known about the statement', frame.statementCount);
  return {
    summary: summaryOf(frame.kind, union(atoms, 'tables')),
    atoms,
    attributes: attributesOf(found, frame, atoms),
    opaque: found.opaque.size === 0 ? NONE : [...found.opaque].sort(),
    fields: isPlain(frame) ? found.fields.list() : found.fields.list().map(withoutEquality),
    ...(found.outputs === undefined ? {} : { outputs: found.outputs }),
  };
}

const PLAIN: ReadonlySet<SqlKind> = new Set(['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'MERGE']);

/** A plan shows the values of parameters, and a cursor or a new table outlives its statement. */
function isPlain({ kind, explain }: StatementFrame): boolean {
  return PLAIN.has(kind) && explain === 'none';
}

/** The facts of a text that is not looked into: denied whatever the policy says. */
export function refusedFacts(reason: string, statementCount = 1): StatementFacts {
  const bare = bareFacts('UNKNOWN', statementCount);
  return {
    ...bare,
    attributes: { ...bare.attributes, rowChanges: 'unknown' },
    opaque: [reason],
    fields: [{ names: ['*'], as: 'expression' }],
  };
}

/** The facts of a statement that has nothing but a kind. */
export function bareFacts(kind: SqlKind, statementCount = 1): StatementFacts {
  const atom = { label: kind, values: { kinds: [kind], classes: classesOf(kind) } };
  return {
    summary: kind,
    atoms: [atom],
    attributes: { ...NO_ATTRIBUTES, kind, class: classesOf(kind)[0] ?? 'code', statementCount },
    opaque: [],
    fields: [],
  };
}

const NO_ATTRIBUTES: Readonly<Record<string, JsonValue>> = {
  kinds: [],
  classes: [],
  tables: [],
  readTables: [],
  writtenTables: [],
  columns: [],
  readColumns: [],
  writtenColumns: [],
  functions: [],
  settings: [],
  settingValues: [],
  hasWhere: false,
  boundedByKey: false,
  hasLimit: false,
  returning: false,
  cascade: false,
  isExplain: false,
  isExplainAnalyze: false,
  rowChanges: 'none',
};

function attributesOf(
  found: Findings,
  frame: StatementFrame,
  atoms: readonly Atom[],
): Record<string, JsonValue> {
  const read = atoms.filter(isRead);
  const written = atoms.filter(isWritten);
  const bounded = found.bounds.length > 0;
  return {
    kind: frame.kind,
    class: classesOf(frame.kind)[0] ?? 'code',
    kinds: union(atoms, 'kinds'),
    classes: union(atoms, 'classes'),
    tables: union(atoms, 'tables'),
    readTables: union(read, 'tables'),
    writtenTables: union(written, 'tables'),
    columns: union(atoms, 'columns'),
    readColumns: union(read, 'columns'),
    writtenColumns: union(written, 'columns'),
    functions: union(atoms, 'functions'),
    settings: union(atoms, 'settings'),
    settingValues: found.settingValues.size === 0 ? NONE : [...found.settingValues].sort(),
    hasWhere: bounded && found.bounds.every((bound) => bound.hasWhere),
    boundedByKey: bounded && found.bounds.every((bound) => bound.byKey),
    hasLimit: found.hasLimit,
    returning: found.returning,
    cascade: found.cascade,
    isExplain: frame.explain !== 'none',
    isExplainAnalyze: frame.explain === 'analyze',
    rowChanges: rowChangesOf(
      { ...frame, modifications: found.modifications, inner: found.innerChanges },
      atoms,
    ),
    statementCount: frame.statementCount,
  };
}

function isRead({ values }: Atom): boolean {
  return values['kinds']?.includes('SELECT') === true;
}

function isWritten({ values }: Atom): boolean {
  return values['classes']?.includes('write') === true;
}

/** All values that the atoms have in a dimension, in order. */
function union(atoms: readonly Atom[], dimension: string): readonly string[] {
  let only: readonly string[] | undefined;
  let all: string[] | undefined;
  for (const { values } of atoms) {
    const more = values[dimension];
    if (more === undefined) continue;
    // Most statements are one operation on one table, or two on the same.
    if (only === undefined) only = more;
    else if (all !== undefined || !isSame(only, more)) {
      all ??= [...only];
      for (const value of more) all.push(value);
    }
  }
  return rising(all ?? only ?? NONE);
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one === other || (one.length === 1 && other.length === 1 && one[0] === other[0]);
}

const NONE: readonly string[] = [];

/** Objects that a summary lists at most. */
const SUMMARY_OBJECTS = 4;

function summaryOf(kind: SqlKind, tables: readonly string[]): string {
  if (tables.length === 0) return kind;
  const shown = tables.slice(0, SUMMARY_OBJECTS).join(', ');
  return `${kind} on ${shown}${tables.length > SUMMARY_OBJECTS ? ', …' : ''}`;
}
