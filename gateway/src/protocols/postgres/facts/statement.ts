/** A statement text with what was learned from it: facts for the policy, effects for the session's bookkeeping. */
import { hash } from 'node:crypto';
import type { Atom, Facts } from '../../../model/facts.ts';
import type { GrammarError } from '../../../sql/postgres/grammar-error.ts';
import type { FilteredText } from '../../../sql/postgres/row-filters/filter-text.ts';
import type { SqlStatementInfo } from '../../../sql/postgres/statement-info.ts';
import { countsChanges, isTransactionControl } from './bounded-changes.ts';
import { weighStatement } from './statement-weight.ts';

/** Classes whose statements change nothing that outlives the session. */
const HARMLESS_CLASSES: ReadonlySet<string> = new Set(['read', 'tcl', 'session']);
const HARMLESS_KINDS: ReadonlySet<string> = new Set(['EXPLAIN', 'FETCH', 'MOVE', 'CLOSE', 'DECLARE', 'SHOW']);

/** Options of a {@link Statement}. */
export interface StatementOptions {
  /** What the grammar said of a text that it did not accept. */
  readonly syntaxProblem?: GrammarError;
  readonly isCacheable?: boolean;
  readonly readKey?: string;
  /** Settings that it names by parameters, once these are bound: `$1` → `timezone`. */
  readonly boundSettings?: ReadonlyMap<string, string>;
  /** It names a relation that the catalog does not know. */
  readonly namesUnknown?: boolean;
  /** Type oids that its Parse fixes; 0 leaves one to the server. */
  readonly parameterTypes?: readonly number[];
  /** What was, or is to be, sent in its place: it within the row filters. */
  readonly sentAs?: FilteredText;
}

const NO_TYPES: readonly number[] = [];

/** One judged text. Immutable; shared by all sessions that send the same text in the same state. */
export class Statement {
  readonly text: string;
  readonly facts: Facts;
  readonly infos: readonly SqlStatementInfo[];
  readonly syntaxProblem: GrammarError | undefined;
  readonly summary: string;
  /** The facts depend on nothing but the text and the search path. */
  readonly isCacheable: boolean;
  /** The state it was read in, see SessionState; undefined when it plays no part. */
  readonly readKey: string | undefined;
  readonly boundSettings: ReadonlyMap<string, string> | undefined;
  readonly parameterTypes: readonly number[];
  /** What was, or is to be, sent in its place; `undefined`: it as it is. */
  readonly sentAs: FilteredText | undefined;
  /** Its facts name a setting as `$n`. */
  readonly namesSettingsByParameter: boolean;
  readonly namesUnknown: boolean;
  /** It makes, changes or drops what statements of others may name. */
  readonly changesStructure: boolean;
  /** It may change something: its intent is synced. */
  readonly writes: boolean;
  /** Estimated memory of it, in bytes. */
  readonly weight: number;
  /** It changes session state that later judging depends on. */
  readonly changesState: boolean;
  readonly copiesIn: boolean;
  /** The server reports how many rows it changes. */
  readonly countsChanges: boolean;
  /** It begins, ends or marks a transaction. */
  readonly controlsTransaction: boolean;
  /** Its text is nothing but PREPARE. As a query it carries nothing out; bound by its name it is what was prepared. */
  readonly onlyPrepares: boolean;
  /** The server may answer it with rows. */
  readonly returnsRows: boolean;
  /** It runs a prepared statement or reads a cursor by its name. */
  readonly usesNames: boolean;

  constructor(text: string, facts: Facts, infos: readonly SqlStatementInfo[], more: StatementOptions = {}) {
    this.text = text;
    this.facts = facts;
    this.infos = infos;
    this.syntaxProblem = more.syntaxProblem;
    this.isCacheable = more.isCacheable ?? true;
    this.readKey = more.readKey;
    this.boundSettings = more.boundSettings;
    this.parameterTypes = more.parameterTypes ?? NO_TYPES;
    this.sentAs = more.sentAs;
    this.namesUnknown = more.namesUnknown ?? false;
    this.changesStructure = facts.statements.some((one) => one.atoms.some(changesStructure));
    this.namesSettingsByParameter = facts.statements.some((one) => one.atoms.some(namesSettingByParameter));
    this.summary = summarise(facts);
    this.weight = weighStatement(text, facts);
    this.writes = facts.statements.some((statement) => statement.atoms.some((atom) => mayWrite(atom.values)));
    this.changesState = infos.some(changesState);
    this.usesNames = infos.some((info) => info.execute !== undefined || readsCursor(info));
    this.onlyPrepares = infos.length > 0 && infos.every((info) => info.prepare !== undefined);
    this.returnsRows = infos.some((info) => info.returnsRows);
    this.countsChanges = facts.statements.some(countsChanges);
    this.controlsTransaction = facts.statements.some(isTransactionControl);
    this.copiesIn = infos.some((info) => info.copy === 'in');
  }

  /** The same with these types of its parameters; itself where they are the same already. */
  withParameterTypes(types: readonly number[]): Statement {
    const known = this.parameterTypes;
    if (types.length === known.length && types.every((type, index) => type === known[index])) return this;
    return new Statement(this.text, this.facts, this.infos, { ...this.#options(), parameterTypes: types });
  }

  /** The same, sent as this. */
  withSentAs(sentAs: FilteredText | undefined): Statement {
    if (sentAs === this.sentAs) return this;
    const { sentAs: _, ...options } = this.#options();
    return new Statement(
      this.text,
      this.facts,
      this.infos,
      sentAs === undefined ? options : { ...options, sentAs },
    );
  }

  #options(): StatementOptions {
    return {
      isCacheable: this.isCacheable,
      parameterTypes: this.parameterTypes,
      namesUnknown: this.namesUnknown,
      ...(this.readKey === undefined ? {} : { readKey: this.readKey }),
      ...(this.syntaxProblem === undefined ? {} : { syntaxProblem: this.syntaxProblem }),
      ...(this.boundSettings === undefined ? {} : { boundSettings: this.boundSettings }),
      ...(this.sentAs === undefined ? {} : { sentAs: this.sentAs }),
    };
  }

  /** SHA-256 of the text, hex. */
  digest(): string {
    return hash('sha256', this.text);
  }
}

function summarise(facts: Facts): string {
  const parts = facts.statements.slice(0, 5).map((statement) => statement.summary);
  const more = facts.statements.length - parts.length;
  return parts.join('; ') + (more > 0 ? `; and ${more} more` : '');
}

function mayWrite(values: Readonly<Record<string, readonly string[]>>): boolean {
  const kinds = values['kinds'] ?? [];
  if (kinds.length > 0 && kinds.every((kind) => HARMLESS_KINDS.has(kind))) return false;
  const classes = values['classes'] ?? [];
  return classes.length === 0 || classes.some((name) => !HARMLESS_CLASSES.has(name));
}

function namesSettingByParameter(atom: Atom): boolean {
  return atom.values['settings']?.some((name) => name.startsWith('$')) === true;
}

/** What is temporary is nobody else's, and not in the catalog. What functions do inside is seen when the catalog is old. */
function changesStructure({ values }: Atom): boolean {
  const { classes = [], tables = [] } = values;
  const isTemporary = tables.length > 0 && tables.every((table) => table.startsWith('pg_temp.'));
  return !isTemporary && classes.includes('ddl');
}

/** FETCH and MOVE. */
export function readsCursor(info: SqlStatementInfo): boolean {
  return info.cursor?.action === 'fetch' || info.cursor?.action === 'move';
}

function changesState(info: SqlStatementInfo): boolean {
  return (
    (info.settings ?? []).length > 0 ||
    info.prepare !== undefined ||
    info.deallocate !== undefined ||
    info.cursor?.action === 'declare' ||
    info.cursor?.action === 'close'
  );
}
