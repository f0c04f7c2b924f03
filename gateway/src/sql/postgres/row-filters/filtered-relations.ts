/** Which relations of a statement are filtered, and which may hand out rows of filtered ones. */

import type { Fields } from '../ast.ts';
import { textAt } from '../ast.ts';
import type { Names } from '../names.ts';
import type { KnownRelation, RelationCatalog } from '../relation-catalog.ts';
import { TELLTALES } from '../telltales.ts';
import type { FilterRefusal, RowFilter, RowTerm } from './row-filter.ts';

/** A relation that has to be filtered: the one that its name can only mean. */
export interface FilteredRelation {
  readonly schema: string;
  readonly name: string;
  readonly known: KnownRelation;
  readonly rule: string;
  readonly terms: readonly RowTerm[];
}

/** What a name in a statement is: a relation to filter, one to leave alone, or a reason why neither can be said. */
export type Meaning = FilteredRelation | 'clear' | FilterRefusal;

/** Looks relations up under the filters of one session. */
export class FilteredRelations {
  readonly #filters: readonly RowFilter[];
  readonly #names: Names;
  readonly #relations: RelationCatalog | undefined;
  /** Names of common tables anywhere in the statement. */
  readonly #commonTables: ReadonlySet<string>;

  constructor(
    filters: readonly RowFilter[],
    {
      names,
      relations,
      commonTables,
    }: {
      readonly names: Names;
      readonly relations: RelationCatalog | undefined;
      readonly commonTables: ReadonlySet<string>;
    },
  ) {
    this.#filters = filters;
    this.#names = names;
    this.#relations = relations;
    this.#commonTables = commonTables;
  }

  /** What a `RangeVar` means. */
  meaning(rangeVar: Fields): Meaning {
    const name = textAt(rangeVar, 'relname');
    const isBare = textAt(rangeVar, 'schemaname') === '';
    const relation = this.#names.readRelation(rangeVar);
    const candidates = relation?.candidates ?? [];
    const found = candidates.flatMap(([schema, table], index) => {
      const known = this.#relations?.relation(relation?.tables[index] ?? '');
      return known === undefined || typeof schema !== 'string' || typeof table !== 'string'
        ? []
        : [{ schema, name: table, known, table: relation?.tables[index] ?? '' }];
    });
    const meanings = found.map((one) => this.#meaningOf(one));
    const [first, ...others] = meanings;
    if (first !== undefined && others.length === 0) {
      if (first === 'clear' || !isBare || !this.#commonTables.has(name)) return first;
      return this.#refuse(
        `${name} is a filtered table and a common table of this statement: name the common table otherwise`,
      );
    }
    if (first !== undefined) {
      return meanings.every((one) => one === 'clear')
        ? 'clear'
        : this.#refuse(
            `${name} may mean several relations, of which one is filtered: write it with its schema`,
          );
    }
    if (isBare && this.#commonTables.has(name)) return 'clear';
    if (candidates.length === 1 && this.#isHarmless(candidates[0])) return 'clear';
    if (this.#isVouchedFor(relation?.tables ?? [])) return 'clear';
    return this.#refuse(`what ${name} hands out is not known, so that it may be rows of filtered tables`);
  }

  #meaningOf(one: {
    readonly schema: string;
    readonly name: string;
    readonly known: KnownRelation;
    readonly table: string;
  }): Meaning {
    const { schema, name, known, table } = one;
    // Rows of a partition are rows of what it is a partition of, and the other way.
    const family = [table, ...(known.parents ?? [])];
    const own = this.#filters.filter(({ isFor }) => family.some(isFor));
    const [filter] = own;
    if (filter !== undefined) {
      const terms = own.flatMap((each) => each.terms);
      const missing = terms.find((term) => known.columns?.includes(term.column) !== true);
      return missing === undefined
        ? { schema, name, known, rule: filter.rule, terms }
        : { rule: filter.rule, reason: `${name} has no column ${missing.column}, by which it is filtered` };
    }
    const reads = known.reads ?? [];
    const met = this.#filters.find(({ isFor }) => reads.some((source) => source === '*' || isFor(source)));
    if (met === undefined || this.#isVouchedFor([table])) return 'clear';
    return {
      rule: met.rule,
      reason: `${name} may hand out rows of filtered tables: ask the tables themselves`,
    };
  }

  #isHarmless(candidate: readonly [unknown, unknown] | undefined): boolean {
    const [schema, name] = candidate ?? [];
    if (schema === 'information_schema') return true;
    if (schema !== 'pg_catalog' || typeof name !== 'string' || TELLTALES.has(name)) return false;
    return this.#names.isCatalogRelation(name);
  }

  #isVouchedFor(tables: readonly string[]): boolean {
    return tables.length > 0 && this.#filters.every((filter) => filter.vouchesFor('tables', tables));
  }

  #refuse(reason: string): FilterRefusal {
    return { rule: this.#filters[0]?.rule ?? '', reason };
  }
}
