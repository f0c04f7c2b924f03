import type { Atom, OutputFields, StatementFacts } from '../../model/facts.ts';
import { classesOf, type SqlClass, type SqlKind } from '../kinds.ts';
import { formatPart, type NamePart } from '../qualified-name.ts';
import { isTelling } from './carried.ts';
import { FieldUses, type ValueGroup } from './field-uses.ts';
import type { FunctionName, RelationName } from './names.ts';
import { rising } from './rising.ts';
import { type RowChanges, rowChangesIn } from './row-changes.ts';
import type { SettingChange } from './statement-info.ts';

/** What an atom may carry besides kind and classes. */
export interface AtomParts {
  readonly tables?: readonly string[];
  readonly functions?: readonly string[];
  readonly settings?: readonly string[];
  readonly channels?: readonly string[];
  readonly objects?: readonly string[];
}

/** How an UPDATE, DELETE, MERGE or SELECT restricts the rows it touches. */
export interface Bound {
  readonly hasWhere: boolean;
  readonly byKey: boolean;
}

interface RelationUse {
  readonly kind: SqlKind;
  readonly relation: RelationName;
  readonly columns: Set<NamePart>;
}

/**
 * Columns times tables that they may belong to. An unqualified column among n tables counts n times, so a text of
 * n columns and n tables would cost n² (P10).
 */
const MAX_USES = 100_000;

/** Collects what one statement asks for while its tree is walked. Mutable; one per statement. */
export class Findings {
  readonly #uses = new Map<string, RelationUse>();
  #last: RelationUse | undefined;
  #useCount = 0;
  readonly #plain: { readonly kind: SqlKind; readonly parts: AtomParts }[] = [];
  readonly #calls = new Map<string, FunctionName>();
  readonly #inherited: Atom[] = [];
  readonly opaque: Set<string> = new Set<string>();
  /** How columns are used. */
  readonly fields: FieldUses = new FieldUses();
  readonly settings: SettingChange[] = [];
  /** `name=value` of each parameter that the atoms change; the bare name where the value is not known. */
  readonly settingValues: Set<string> = new Set<string>();
  /** One for each place where rows are changed or locked. */
  readonly bounds: Bound[] = [];
  /** INSERT, UPDATE, DELETE and MERGE, those in WITH included. */
  modifications = 0;
  /** Of the statement that it prepares or runs by name. */
  innerChanges: RowChanges | undefined;
  /** What each column of the result may carry, where they are known one by one. */
  outputs: readonly OutputFields[] | undefined;
  hasLimit = false;
  returning = false;
  cascade = false;
  usesPrepared = false;

  /** An operation on a relation, without columns yet. */
  use(kind: SqlKind, relation: RelationName): void {
    this.#useOf(kind, relation);
  }

  /** An operation on a column of a relation, or on whole rows. */
  useColumn(kind: SqlKind, relation: RelationName, column: NamePart): void {
    this.#useOf(kind, relation).columns.add(column);
  }

  #useOf(kind: SqlKind, relation: RelationName): RelationUse {
    if (++this.#useCount > MAX_USES) throw new RangeError('too many column references to attribute');
    const last = this.#last;
    // Most statements use one relation over and over.
    if (last?.kind === kind && last.relation.key === relation.key) return last;
    const key = `${kind} ${relation.key}`;
    const use = this.#uses.get(key) ?? { kind, relation, columns: new Set<NamePart>() };
    this.#uses.set(key, use);
    this.#last = use;
    return use;
  }

  /** An operation that is not on columns of one relation. */
  add(kind: SqlKind, parts: AtomParts = {}): void {
    this.#plain.push({ kind, parts });
  }

  /** A function call; one that is not safe becomes an atom of its own. */
  call(name: FunctionName): void {
    if (!name.safe && isTelling(name)) this.carry(name.functions);
    this.#calls.set(name.functions.join(' '), name);
  }

  /** A function that may hand out anything. */
  carry(functions: readonly string[]): void {
    this.fields.carry({ dimension: 'functions', names: functions }, ['*']);
  }

  /** Code that the statement makes under these names: it may do anything, whatever they stood for before. */
  carryMade(functions: readonly string[]): void {
    this.fields.carry({ dimension: 'functions', names: functions, isMade: true }, ['*']);
  }

  /** Parameters that the statement changes when it runs. */
  change(changes: readonly SettingChange[]): void {
    this.settings.push(...changes);
    this.noteValues(changes);
  }

  /** Values of parameters that an atom names, whether or not they change in this session. */
  noteValues(changes: readonly SettingChange[]): void {
    for (const { name, value } of changes)
      this.settingValues.add(value === undefined ? name : `${name}=${value}`);
  }

  /**
   * Takes over what is known of a statement that was analysed before (EXECUTE of a prepared statement), which gets these
   * values for its parameters.
   */
  inherit(facts: StatementFacts, parameters: readonly ValueGroup[]): void {
    this.fields.inherit(facts.fields ?? [{ names: ['*'], as: 'expression' }], parameters);
    this.#inherited.push(...facts.atoms.map(withoutParameters));
    for (const reason of facts.opaque) this.opaque.add(reason);
    for (const { values } of facts.atoms)
      if (values['kinds']?.includes('SET') === true)
        for (const name of values['settings'] ?? []) this.settings.push({ name, scope: 'session' });
    const { hasWhere, boundedByKey, hasLimit, cascade, returning, settingValues } = facts.attributes;
    for (const value of Array.isArray(settingValues) ? settingValues : [])
      this.settingValues.add(String(value));
    this.bounds.push({ hasWhere: hasWhere === true, byKey: boundedByKey === true });
    this.innerChanges = rowChangesIn(facts);
    this.hasLimit = hasLimit === true;
    this.cascade ||= cascade === true;
    this.returning ||= returning === true;
  }

  /** Takes over what was found in a statement that PREPARE names; its settings change only when it is executed. */
  absorb(inner: Findings): void {
    for (const use of inner.#uses.values()) {
      this.use(use.kind, use.relation);
      for (const column of use.columns) this.useColumn(use.kind, use.relation, column);
    }
    this.#plain.push(...inner.#plain);
    for (const call of inner.#calls.values()) this.call(call);
    this.fields.absorb(inner.fields);
    this.#inherited.push(...inner.#inherited);
    for (const reason of inner.opaque) this.opaque.add(reason);
    for (const value of inner.settingValues) this.settingValues.add(value);
    this.bounds.push(...inner.bounds);
    this.hasLimit = inner.hasLimit;
    this.returning ||= inner.returning;
    this.cascade ||= inner.cascade;
    this.usesPrepared ||= inner.usesPrepared;
  }

  /** True when some atom of the kind was found. */
  has(kind: SqlKind): boolean {
    for (const use of this.#uses.values()) if (use.kind === kind) return true;
    return false;
  }

  /** All tables of the statement so far, sorted. */
  tables(): string[] {
    return [...new Set([...this.#uses.values()].flatMap(({ relation }) => relation.tables))].sort();
  }

  /** All functions of the statement, sorted. */
  functions(): readonly string[] {
    if (this.#calls.size === 0) return NO_FUNCTIONS;
    return [...new Set([...this.#calls.values()].flatMap((call) => call.functions))].sort();
  }

  /** The atoms, in the order found; equal ones once. */
  atoms(): Atom[] {
    const functions = this.functions();
    const atoms: Atom[] = [];
    for (const { kind, parts } of this.#plain) atoms.push(plainAtom(kind, parts, functions));
    for (const use of this.#uses.values()) atoms.push(relationAtom(use, functions));
    for (const call of this.#calls.values()) if (!call.safe) atoms.push(callAtom(call));
    for (const atom of this.#inherited) atoms.push(atom);
    // Uses and calls are apart from each other by kind or by name.
    if (atoms.length === 1 || this.#plain.length + this.#inherited.length === 0) return atoms;
    const byContent = new Map(atoms.map((atom) => [JSON.stringify([atom.values, atom.details]), atom]));
    return [...byContent.values()];
  }
}

const NO_FUNCTIONS: readonly string[] = [];

type Values = Record<string, readonly string[]>;

/** EXECUTE gives the parameters of the prepared statement values that are not looked into. */
function withoutParameters(atom: Atom): Atom {
  const settings = atom.values['settings'];
  if (settings?.some((name) => name.startsWith('$')) !== true) return atom;
  return { ...atom, values: { ...atom.values, settings: ['*'] } };
}

interface BaseValues {
  readonly kinds: readonly SqlKind[];
  readonly classes: readonly SqlClass[];
}

const BASE_VALUES = new Map<SqlKind, BaseValues>();

function baseValues(kind: SqlKind): BaseValues {
  const known = BASE_VALUES.get(kind) ?? {
    kinds: Object.freeze([kind]),
    classes: Object.freeze(classesOf(kind)),
  };
  BASE_VALUES.set(kind, known);
  return known;
}

function plainAtom(kind: SqlKind, parts: AtomParts, functions: readonly string[]): Atom {
  const values: Values = { ...baseValues(kind), ...parts };
  const calls = parts.functions === undefined && functions.length > 0;
  if (calls) values['functions'] = functions;
  const object = parts.tables ?? parts.objects ?? parts.functions ?? parts.settings ?? parts.channels ?? [];
  const label = object.length === 0 ? kind : `${kind} ${brief(object)}`;
  return calls ? { label, values, details: CALLED } : { label, values };
}

/** Functions that a statement calls are listed in all its atoms; only the call itself is on the function. */
const CALLED: readonly string[] = ['functions'];

function relationAtom(use: RelationUse, functions: readonly string[]): Atom {
  const { tables } = use.relation;
  const values: Values = { ...baseValues(use.kind), tables };
  const names = rising(Array.from(use.columns, formatPart));
  if (names.length > 0) values['columns'] = columnValues(tables, names);
  if (functions.length > 0) values['functions'] = functions;
  const list = names.length === 0 ? '' : ` (${brief(names)})`;
  const label = `${use.kind} on ${brief(tables)}${list}`;
  return functions.length > 0 ? { label, values, details: CALLED } : { label, values };
}

function columnValues(tables: readonly string[], columns: readonly string[]): readonly string[] {
  const values: string[] = [];
  for (const table of tables) for (const column of columns) values.push(`${table}.${column}`);
  return rising(values);
}

function callAtom(call: FunctionName): Atom {
  return {
    label: `EXECUTE FUNCTION ${brief(call.functions)}`,
    values: { ...baseValues('EXECUTE FUNCTION'), functions: call.functions },
  };
}

/** The most names that a label lists. */
const LABEL_NAMES = 6;

function brief(names: readonly string[]): string {
  if (names.length === 1) return names[0] ?? '';
  const shown = names.slice(0, LABEL_NAMES).join(', ');
  return names.length > LABEL_NAMES ? `${shown}, …` : shown;
}
