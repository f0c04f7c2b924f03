import type {
  Carrier,
  ClientValues,
  Equality,
  FieldUse,
  FieldUseKind,
  FieldUsePlace,
} from '../../model/facts.ts';
import type { Origin } from './lineage.ts';
import { rising } from './rising.ts';

/** Literals and parameters that stand together with columns; filled while their expression is walked. */
export interface ValueGroup {
  readonly parameters: number[];
  readonly literals: number[];
  /** The same in order, each once: made when all are there, for all columns that meet them. */
  values?: ClientValues | undefined;
}

/** A new, empty group. */
export function valueGroup(): ValueGroup {
  return { parameters: [], literals: [] };
}

/** Puts names of columns in the place of a name that stands for all of a table. */
export type Expansion = (names: readonly string[]) => readonly string[];

interface Entry {
  readonly use: FieldUse;
  /** One, or several: most columns meet the values of one expression. */
  groups: ValueGroup | Set<ValueGroup> | undefined;
}

function join(entry: Entry, group: ValueGroup): void {
  const { groups } = entry;
  if (groups === undefined) entry.groups = group;
  else if (groups instanceof Set) groups.add(group);
  else if (groups !== group) entry.groups = new Set([groups, group]);
}

function groupsOf({ groups }: Entry): Iterable<ValueGroup> {
  if (groups === undefined) return [];
  return groups instanceof Set ? groups : [groups];
}

/** Columns that may be looked at to find out what references mean: each one looks at all columns of its relation. (P10) */
const MAX_STEPS = 2_000_000;

/** Names in all uses of a statement; an unqualified column among n tables has n. (P10) */
const MAX_NAMES = 100_000;

/**
 * Collects how one statement uses columns. What is recorded without a kind is of the kind of the place that is being
 * walked, which is an expression unless somebody says that it is not: so a place that is forgotten fails closed.
 */
export class FieldUses {
  readonly #entries = new Map<string, Entry>();
  #names = 0;
  #steps = 0;
  #kind: FieldUseKind = 'expression';
  #place: FieldUsePlace | undefined;
  #equals: Equality | undefined;
  /** How often parameters stand in the statement, and how often in comparisons for equality. */
  readonly #parameters = new Map<number, number>();
  readonly #compared = new Map<number, number>();
  #group: ValueGroup | undefined;
  #rowGroups: readonly ValueGroup[] | undefined;
  /** What the value that is being computed is made of. */
  #sources: Set<Origin> | undefined;

  /** How columns are used in the place that is walked. */
  get kind(): FieldUseKind {
    return this.#kind;
  }

  /** Counts columns that are about to be looked at or listed. */
  spend(columns: number): void {
    this.#steps += columns;
    if (this.#steps > MAX_STEPS) throw new RangeError('too many columns to attribute');
  }

  /** Walks a place where columns are used in that way. */
  as<T>(kind: FieldUseKind, walk: () => T, place?: FieldUsePlace): T {
    const before = this.#kind;
    const around = this.#place;
    this.#kind = kind;
    this.#place = place;
    try {
      return walk();
    } finally {
      this.#kind = before;
      this.#place = around;
    }
  }

  /** Walks a place where columns decide about rows. */
  decide<T>(place: FieldUsePlace, walk: () => T): T {
    return this.as('filter', walk, place);
  }

  /** Walks a column that is compared for equality, in a place where columns decide. */
  equal(equals: Equality, walk: () => void): void {
    const before = this.#equals;
    this.#equals = equals;
    try {
      walk();
    } finally {
      this.#equals = before;
    }
  }

  /** Parameters stand in a comparison for equality. */
  compare(parameters: readonly number[]): void {
    for (const number of parameters) this.#compared.set(number, (this.#compared.get(number) ?? 0) + 1);
  }

  /** Walks an expression that cannot fail, or that is computed all the same; gives the columns that its value may carry. */
  sources(kind: 'derived' | 'computed', walk: () => void): readonly Origin[] {
    const before = this.#sources;
    const sources = new Set<Origin>();
    this.#sources = sources;
    try {
      this.as(kind, walk);
    } finally {
      this.#sources = before;
    }
    return [...sources];
  }

  /** The value that is being computed is made of these. */
  deriveFrom(origins: readonly Origin[]): void {
    for (const origin of origins) this.#sources?.add(origin);
  }

  /** Walks an expression whose literals and parameters meet its columns; one inside another is part of it. */
  together(walk: () => void, group?: ValueGroup): void {
    if (this.#group !== undefined) {
      walk();
      return;
    }
    this.#group = group ?? valueGroup();
    try {
      walk();
    } finally {
      this.#group = undefined;
    }
  }

  /** Groups for the items of the rows that an INSERT is about to walk, by column. */
  giveRowGroups(groups: readonly ValueGroup[]): void {
    this.#rowGroups = groups;
  }

  /** The groups, for whoever walks the rows. */
  takeRowGroups(): readonly ValueGroup[] | undefined {
    const groups = this.#rowGroups;
    this.#rowGroups = undefined;
    return groups;
  }

  /** A literal that begins there, in the expression that is walked. */
  literal(at: number): void {
    this.#group?.literals.push(at);
  }

  /** A parameter in the expression that is walked. */
  parameter(number: number): void {
    this.#parameters.set(number, (this.#parameters.get(number) ?? 0) + 1);
    this.#group?.parameters.push(number);
  }

  /** A use of a column that goes by any of the names; `*` of a table stays only where whole rows are handed out. */
  add(names: readonly string[], kind: FieldUseKind = this.#kind, by?: Carrier): void {
    if (names.length === 0) return;
    const place = kind === this.#kind ? this.#place : undefined;
    this.#add({
      names: rising(names),
      as: kind,
      ...(place === undefined ? {} : { place }),
      ...(kind !== 'filter' || this.#equals === undefined ? {} : { equals: this.#equals }),
      ...(by === undefined ? {} : { by }),
    });
  }

  /** What a view or function hands out. */
  carry(by: Carrier, names: readonly string[]): void {
    if (names.length > 0) this.#add({ names: rising(names), as: 'carried', by });
  }

  #add(use: FieldUse): void {
    this.#names += use.names.length;
    if (this.#names > MAX_NAMES) throw new RangeError('too many uses of columns');
    const entry = this.#entryOf(use);
    if (this.#group !== undefined) join(entry, this.#group);
  }

  #entryOf(use: FieldUse): Entry {
    const { as, by, names, equals } = use;
    const place = `${use.place ?? ''}${equals === undefined ? '' : ` ${equals.parameters.join()} ${equals.names.join()}`}`;
    const source = by === undefined ? '' : `${by.isMade ?? false} ${by.dimension}\n${by.names.join('\n')}`;
    const key = `${as}\n${place}\n${source}\n\n${names.length === 1 ? names[0] : names.join('\n')}`;
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const made: Entry = { use, groups: undefined };
    this.#entries.set(key, made);
    return made;
  }

  /**
   * Says what becomes of the columns handed out so far: another use, or (`undefined`) nothing. What was computed of columns
   * is then part of something that cannot be taken away column by column.
   */
  turnOutputs(kind: FieldUseKind | undefined, expand: Expansion): void {
    for (const [key, entry] of this.#entries) {
      const { use } = entry;
      if (use.as !== 'output' && use.as !== 'derived' && use.as !== 'computed') continue;
      this.#entries.delete(key);
      const to = use.as === 'output' ? kind : (kind ?? 'expression');
      if (to === undefined) continue;
      const turned = this.#entryOf({ ...use, names: rising(expand(use.names)), as: to });
      for (const group of groupsOf(entry)) join(turned, group);
    }
  }

  /** Takes over uses of a statement that was analysed before, with the values that its parameters get. */
  inherit(uses: readonly FieldUse[], parameters: readonly ValueGroup[]): void {
    for (const { values, equals: _, ...use } of uses) {
      const entry = this.#entryOf(use);
      for (const number of values?.parameters ?? []) {
        const group = parameters[number - 1];
        if (group !== undefined) join(entry, group);
      }
    }
  }

  /** Takes over what was found in a part of the statement. */
  absorb(inner: FieldUses): void {
    for (const one of inner.#entries.values()) {
      const { equals: _, ...use } = one.use;
      const entry = this.#entryOf(use);
      for (const group of groupsOf(one)) join(entry, group);
    }
  }

  /** A parameter that stands elsewhere as well cannot be given another value for the comparison alone. */
  #isOnlyCompared({ equals }: FieldUse): boolean {
    if (equals === undefined) return true;
    return equals.parameters.every((number) => this.#parameters.get(number) === this.#compared.get(number));
  }

  /** The uses, in the order found; equal ones once. */
  list(): readonly FieldUse[] {
    const uses: FieldUse[] = [];
    for (const entry of this.#entries.values()) {
      const use = this.#isOnlyCompared(entry.use) ? entry.use : withoutEquality(entry.use);
      const values = this.#valuesOf(entry);
      const isMet = values !== undefined && values.parameters.length + values.literals.length > 0;
      uses.push(isMet ? { ...use, values } : use);
    }
    return uses;
  }

  #valuesOf({ groups }: Entry): ClientValues | undefined {
    if (groups === undefined) return undefined;
    if (!(groups instanceof Set)) return valuesOf(groups);
    const all = [...groups].map(valuesOf);
    for (const { parameters, literals } of all) this.spend(parameters.length + literals.length);
    return {
      parameters: inOrder(all.flatMap(({ parameters }) => parameters)),
      literals: inOrder(all.flatMap(({ literals }) => literals)),
    };
  }
}

/** The same use, as one by which anything may be told. */
export function withoutEquality({ equals: _, ...use }: FieldUse): FieldUse {
  return use;
}

function valuesOf(group: ValueGroup): ClientValues {
  group.values ??= { parameters: inOrder(group.parameters), literals: inOrder(group.literals) };
  return group.values;
}

function inOrder(numbers: readonly number[]): readonly number[] {
  if (numbers.length === 0) return NO_NUMBERS;
  return numbers.length === 1 ? [...numbers] : [...new Set(numbers)].sort((left, right) => left - right);
}

const NO_NUMBERS: readonly number[] = [];
