import { decodePercent, encodePercent } from './percent.ts';
import { type Reading, read, unread } from './reading.ts';

/** One name and value of a query or form. */
export interface Pair {
  readonly name: string;
  readonly value: string;
  /** Without `=`: some services tell `?acl` from `?acl=`. */
  readonly bare: boolean;
}

const MOST_PAIRS = 1000;

/**
 * Reads `application/x-www-form-urlencoded` text: pairs in order, duplicates kept. A raw `;` is refused, because it
 * separates pairs for some servers and not for others; empty pairs (`a=1&&b=2`) are dropped.
 */
export function readPairs(text: string): Reading<readonly Pair[]> {
  if (text.includes(';')) return unread('a `;`, which some servers take for a separator');
  const parts = text.split('&', MOST_PAIRS + 1);
  if (parts.length > MOST_PAIRS) return unread(`more than ${MOST_PAIRS} parameters`);
  const pairs: Pair[] = [];
  for (const part of parts) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = decodePercent(equals === -1 ? part : part.slice(0, equals), 'space');
    if (!name.ok) return name;
    const value = decodePercent(equals === -1 ? '' : part.slice(equals + 1), 'space');
    if (!value.ok) return value;
    pairs.push({ name: name.value, value: value.value, bare: equals === -1 });
  }
  return read(pairs);
}

/** Values by name, in order; a plain object, as JSON has it. */
export function valuesByName(pairs: readonly Pair[]): Readonly<Record<string, readonly string[]>> {
  const lists = new Map<string, string[]>();
  for (const { name, value } of pairs) {
    const list = lists.get(name);
    if (list === undefined) lists.set(name, [value]);
    else list.push(value);
  }
  return Object.fromEntries(lists);
}

const UNRESERVED = /^[A-Za-z0-9\-._~]$/;

/** Writes pairs as a query: everything but unreserved characters is escaped, a space as `%20`. */
export function writePairs(pairs: readonly Pair[]): string {
  return pairs
    .map(({ name, value, bare }) => {
      const left = encodePercent(name, UNRESERVED);
      return bare ? left : `${left}=${encodePercent(value, UNRESERVED)}`;
    })
    .join('&');
}
