import type { FilterTerm, FilterValue } from '../model/obligation.ts';

/** Outcome of {@link parseFilterTerms}; `at` counts UTF-16 units from 0. */
export type FilterTermsResult =
  | { readonly ok: true; readonly terms: readonly FilterTerm[] }
  | { readonly ok: false; readonly problem: string; readonly at: number };

/**
 * Reads the predicate of a row filter: comparisons of a column with what is known before a statement is carried out, joined
 * by `and`. That is all that there is, so that every database evaluates it without failing, and so that what is written can
 * be checked value by value.
 *
 *     tenant_id = principal.claims.tenant and region in ('eu', 'us') and deleted_at is null
 */
export function parseFilterTerms(text: string): FilterTermsResult {
  const reader = new TermReader(text);
  try {
    const terms = [reader.term()];
    while (!reader.isAtEnd) {
      reader.keyword('and');
      terms.push(reader.term());
    }
    return { ok: true, terms };
  } catch (error) {
    if (error instanceof Unreadable) return { ok: false, problem: error.message, at: error.at };
    throw error;
  }
}

/** A filter as it is shown: in the form that it is written in. */
export function formatFilterTerms(terms: readonly FilterTerm[]): string {
  return terms.map(formatTerm).join(' and ');
}

function formatTerm({ column, operator, values }: FilterTerm): string {
  const name = /^[a-z_][a-z0-9_]*$/.test(column) ? column : `"${column.replaceAll('"', '""')}"`;
  const shown = values.map(formatValue);
  if (operator === 'is null' || operator === 'is not null') return `${name} ${operator}`;
  const isList = operator === 'in' && shown[0] !== 'principal.groups';
  return `${name} ${operator} ${isList ? `(${shown.join(', ')})` : shown.join('')}`;
}

function formatValue(value: FilterValue): string {
  if ('text' in value) return `'${value.text.replaceAll("'", "''")}'`;
  if ('number' in value) return value.number;
  if ('boolean' in value) return String(value.boolean);
  return 'claim' in value ? `principal.claims.${value.claim}` : `principal.${value.principal}`;
}

class Unreadable extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/** Longest predicate and longest list: a policy is written by hand. */
const MOST_VALUES = 100;

const TOKEN =
  /\s*(?:(?<word>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)|(?<quoted>"(?:[^"]|"")+")|(?<text>'(?:[^']|'')*')|(?<number>-?\d+(?:\.\d+)?)|(?<sign><=|>=|<>|!=|=|<|>|\(|\)|,))/y;

interface Token {
  readonly kind: 'word' | 'quoted' | 'text' | 'number' | 'sign' | 'end';
  readonly text: string;
  readonly at: number;
}

const VALUES = 'a text in single quotes, a number, true, false, principal.claims.<name> or principal.subject';

class TermReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text.trimEnd();
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  #next(): Token {
    if (this.isAtEnd) return { kind: 'end', text: 'the end', at: this.#text.length };
    TOKEN.lastIndex = this.#at;
    const found = TOKEN.exec(this.#text);
    if (found === null) throw new Unreadable('cannot be read from here', this.#at);
    this.#at = TOKEN.lastIndex;
    for (const kind of ['word', 'quoted', 'text', 'number', 'sign'] as const) {
      const text = found.groups?.[kind];
      if (text !== undefined) return { kind, text, at: this.#at - text.length };
    }
    throw new Unreadable('cannot be read from here', this.#at);
  }

  keyword(word: string): void {
    const token = this.#next();
    if (token.kind === 'word' && token.text.toLowerCase() === word) return;
    throw new Unreadable(`expected \`${word}\`, found \`${token.text}\``, token.at);
  }

  #sign(sign: string): void {
    const token = this.#next();
    if (token.kind !== 'sign' || token.text !== sign) throw new Unreadable(`expected \`${sign}\``, token.at);
  }

  term(): FilterTerm {
    const column = this.#column();
    const token = this.#next();
    const word = token.text.toLowerCase();
    if (token.kind === 'word' && word === 'is') return { column, operator: this.#nullness(), values: [] };
    if (token.kind === 'word' && word === 'in') return { column, operator: 'in', values: this.#list() };
    const operator = token.text === '!=' ? '<>' : token.text;
    if (token.kind !== 'sign' || !isComparison(operator)) {
      throw new Unreadable('expected = <> < <= > >=, `in`, `is null` or `is not null`', token.at);
    }
    return { column, operator, values: [this.#value()] };
  }

  #column(): string {
    const token = this.#next();
    if (token.kind === 'quoted') return token.text.slice(1, -1).replaceAll('""', '"');
    if (token.kind === 'word' && !token.text.includes('.') && !/^principal$/i.test(token.text)) {
      return token.text.toLowerCase();
    }
    throw new Unreadable(`expected the name of a column, found \`${token.text}\``, token.at);
  }

  #nullness(): 'is null' | 'is not null' {
    const token = this.#next();
    if (token.kind === 'word' && token.text.toLowerCase() === 'null') return 'is null';
    if (token.kind !== 'word' || token.text.toLowerCase() !== 'not') {
      throw new Unreadable('expected `null` or `not null`', token.at);
    }
    this.keyword('null');
    return 'is not null';
  }

  #list(): readonly FilterValue[] {
    const start = this.#at;
    const first = this.#next();
    if (first.kind === 'word' && first.text === 'principal.groups') return [{ principal: 'groups' }];
    this.#at = start;
    this.#sign('(');
    const values = [this.#value()];
    for (let token = this.#next(); token.text !== ')'; token = this.#next()) {
      if (token.text !== ',' || token.kind !== 'sign') throw new Unreadable('expected `,` or `)`', token.at);
      if (values.length >= MOST_VALUES) throw new Unreadable(`more than ${MOST_VALUES} values`, token.at);
      values.push(this.#value());
    }
    return values;
  }

  #value(): FilterValue {
    const token = this.#next();
    if (token.kind === 'text') return { text: token.text.slice(1, -1).replaceAll("''", "'") };
    if (token.kind === 'number') return { number: token.text };
    if (token.kind === 'word') {
      if (/^(true|false)$/i.test(token.text)) return { boolean: token.text.toLowerCase() === 'true' };
      if (token.text === 'principal.subject') return { principal: 'subject' };
      const claim = /^principal\.claims\.([A-Za-z0-9_]+)$/.exec(token.text)?.[1];
      if (claim !== undefined) return { claim };
    }
    throw new Unreadable(`expected ${VALUES}`, token.at);
  }
}

function isComparison(text: string): text is '=' | '<>' | '<' | '<=' | '>' | '>=' {
  return ['=', '<>', '<', '<=', '>', '>='].includes(text);
}
