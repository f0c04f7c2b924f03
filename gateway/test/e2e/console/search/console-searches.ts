/** Searches as people make them in the console, over recordings of `seeded-recordings.ts`, and what each has to find. */
import {
  SESSION_EXCHANGES,
  type SeededExchange,
  seededRequest,
  sessionId,
  TABLES,
} from '../../../support/seeded-recordings.ts';

/** Fields of the form, by their labels, and what is typed there. */
export type SearchFields = Readonly<Partial<Record<SearchField, string>>>;

/** Labels of fields that are typed into. */
export type SearchField = (typeof SEARCH_FIELDS)[number];

/** All of them. */
export const SEARCH_FIELDS = [
  'Words in the request',
  'Principal or agent',
  'Resource',
  'Rule',
  'Decision id',
  'Run',
] as const;

/** A search. */
export interface ConsoleSearch {
  /** What it is like, for the summary. */
  readonly kind: string;
  readonly fields: SearchFields;
  /** Chosen before: a part of the address. */
  readonly effect?: 'deny' | undefined;
  readonly finds: (one: SeededExchange) => boolean;
}

const wordOf = (n: number): string => `word${(n * 7919) % 50_021}`;
const regionOf = (n: number): string => `region_${n % 977}`;
const tableOf = (n: number): string => TABLES[n % TABLES.length] ?? '';
const isDenied = (n: number): boolean => n % 50 === 0;

/** One after the other, the kinds in turn. @param at which one; @param sessions that were seeded */
export function consoleSearch(at: number, sessions: number): ConsoleSearch {
  // Spread over what there is, and never the same twice.
  const s = (at * 37) % sessions;
  const n = 1 + ((at * 101) % SESSION_EXCHANGES);
  const kinds: readonly (() => ConsoleSearch)[] = [
    () => ({
      kind: 'a word in one run',
      fields: { 'Words in the request': wordOf(n), Run: `run-${s}` },
      finds: (one) => one.s === s && wordOf(one.n).startsWith(wordOf(n)),
    }),
    () => ({
      kind: 'two words',
      fields: { 'Words in the request': `select ${regionOf(n)}` },
      finds: (one) => regionOf(one.n).startsWith(regionOf(n)),
    }),
    () => ({
      kind: 'common words of one principal',
      fields: { 'Words in the request': 'invoices limit', 'Principal or agent': `svc-${s % 40}` },
      finds: (one) => one.s % 40 === s % 40 && tableOf(one.n) === 'invoices',
    }),
    () => ({
      kind: 'denials of an agent',
      fields: { 'Principal or agent': `bot-${s % 7}`, Rule: 'bounded-writes' },
      effect: 'deny',
      finds: (one) => one.s % 7 === s % 7 && isDenied(one.n),
    }),
    () => ({
      kind: 'a table in one run',
      fields: { 'Words in the request': 'customers', Run: `run-${s}` },
      finds: (one) => one.s === s && tableOf(one.n) === 'customers',
    }),
    () => ({
      kind: 'common words, a rule and a resource',
      fields: {
        'Words in the request': `select public ${tableOf(n)}`,
        Rule: 'bounded-writes',
        Resource: 'pg-prod',
      },
      finds: (one) => one.s % 3 === 0 && isDenied(one.n) && tableOf(one.n) === tableOf(n),
    }),
    () => ({
      kind: 'the beginning of a word',
      fields: { 'Words in the request': wordOf(n).slice(0, 6) },
      finds: (one) => wordOf(one.n).startsWith(wordOf(n).slice(0, 6)),
    }),
    () => ({
      kind: 'one decision',
      fields: { 'Decision id': `dec_${sessionId(s)}_${n}` },
      finds: (one) => one.s === s && one.n === n,
    }),
    () => ({
      kind: 'nothing',
      fields: { 'Words in the request': `nowhere${at}` },
      finds: () => false,
    }),
  ];
  return (kinds[at % kinds.length] ?? kinds[0])?.() as ConsoleSearch;
}

/** How many kinds there are. */
export const SEARCH_KINDS = 9;

/** What a search has to find: how many, and the newest of them as their rows show it, the newest first. */
export interface Expected {
  readonly count: number;
  readonly newest: readonly ExpectedRow[];
}

/** Parts of one row. */
export interface ExpectedRow {
  readonly verdict: string;
  readonly text: string;
  readonly rule: string;
  readonly agent: string;
}

/** Goes through all that was seeded: the database is not asked. @param most rows that are told */
export function expectedOf(search: ConsoleSearch, sessions: number, most: number): Expected {
  let count = 0;
  const newest: ExpectedRow[] = [];
  for (let s = sessions - 1; s >= 0; s -= 1) {
    for (let n = SESSION_EXCHANGES; n >= 1; n -= 1) {
      if (!search.finds({ s, n })) continue;
      count += 1;
      if (newest.length < most) newest.push(rowOf({ s, n }));
    }
  }
  return { count, newest };
}

function rowOf(one: SeededExchange): ExpectedRow {
  const { request, effect, rules } = seededRequest(one);
  return {
    verdict: effect,
    text: String(request['text']),
    rule: rules.join(', '),
    agent: `bot-${one.s % 7}`,
  };
}
