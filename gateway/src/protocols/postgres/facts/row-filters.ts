/** The row filters of a session: from the obligations of a permit to the text that is sent. */
import type { FilterObligation, FilterTerm, FilterValue, Obligation } from '../../../model/obligation.ts';
import type { Principal } from '../../../model/principal.ts';
import { compileColumnPatterns } from '../../../names/column-patterns.ts';
import type { FilteredText } from '../../../sql/postgres/row-filters/filter-text.ts';
import type {
  FilterConstant,
  FilterRefusal,
  RowFilter,
  RowTerm,
} from '../../../sql/postgres/row-filters/row-filter.ts';
import type { SessionState } from './session-state.ts';
import type { Statement } from './statement.ts';
import type { StatementReader } from './statement-reader.ts';

/** What comes of a statement under filters; `undefined`: it is sent as it is. */
export type Filtered = FilteredText | FilterRefusal | undefined;

/** Statements that are kept in mind under the filters of now; they go with the statements themselves. */
interface Known {
  readonly key: string;
  readonly filters: readonly RowFilter[];
  readonly texts: WeakMap<Statement, { readonly readKey: string; readonly filtered: Filtered }>;
}

/** Keeps the statements of one session within its filters. */
export class RowFilters {
  readonly #principal: Principal;
  readonly #reader: StatementReader;
  readonly #state: SessionState;
  #known: Known | undefined;

  constructor(principal: Principal, reader: StatementReader, state: SessionState) {
    this.#principal = principal;
    this.#reader = reader;
    this.#state = state;
  }

  /** The text of a statement under these obligations. */
  of(statement: Statement, obligations: readonly Obligation[]): Filtered {
    const asked = obligations.filter((one): one is FilterObligation => one.kind === 'filter');
    if (asked.length === 0) return undefined;
    const known = this.#follow(asked);
    if ('reason' in known) return known;
    const found = known.texts.get(statement);
    if (found !== undefined && found.readKey === this.#state.readKey) return found.filtered;
    const filtered = this.#reader.filter(statement, this.#state, known.filters);
    known.texts.set(statement, { readKey: this.#state.readKey, filtered });
    return filtered;
  }

  #follow(asked: readonly FilterObligation[]): Known | FilterRefusal {
    const key = JSON.stringify(asked);
    if (this.#known?.key === key) return this.#known;
    const filters: RowFilter[] = [];
    for (const filter of asked) {
      const made = rowFilter(filter, this.#principal);
      if ('reason' in made) return made;
      filters.push(made);
    }
    this.#known = { key, filters, texts: new WeakMap() };
    return this.#known;
  }
}

function rowFilter(filter: FilterObligation, principal: Principal): RowFilter | FilterRefusal {
  const { rule, tables, where, vouched = [] } = filter;
  const terms: RowTerm[] = [];
  for (const term of where) {
    const made = rowTerm(term, principal);
    if (typeof made === 'string') return { rule, reason: made };
    terms.push(made);
  }
  const patterns = compileColumnPatterns(tables);
  return {
    rule,
    terms,
    isFor: (table) => patterns.mayMatch(table),
    vouchesFor: (dimension, names) =>
      vouched.some((one) => one.dimension === dimension && names.every((name) => one.names.includes(name))),
  };
}

function rowTerm({ column, operator, values }: FilterTerm, principal: Principal): RowTerm | string {
  const constants: FilterConstant[] = [];
  for (const value of values) {
    const made = constantsOf(value, principal);
    if (typeof made === 'string') return made;
    constants.push(...made);
  }
  if (constants.length === 0 && operator !== 'is null' && operator !== 'is not null')
    return 'rows are filtered by the groups of your token, and it has none';
  return { column, operator, values: constants };
}

function constantsOf(
  value: FilterValue,
  { claims, subject, groups }: Principal,
): readonly FilterConstant[] | string {
  if ('claim' in value) {
    const text = claims !== undefined && Object.hasOwn(claims, value.claim) ? claims[value.claim] : undefined;
    return text === undefined
      ? `rows are filtered by the claim ${value.claim} of your token, and it has none: ask for a token that has it`
      : [{ text }];
  }
  if (!('principal' in value)) return [value];
  return value.principal === 'subject' ? [{ text: subject }] : groups.map((text) => ({ text }));
}
