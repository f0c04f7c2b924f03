import type { ValueKind } from './value-kind.ts';

/** Always as many, so that the length of a value is not told. */
const STARS = '***';
/** Values with fewer letters and digits than this are masked whole. */
const FEWEST = 4;

/** What stays readable when a policy does not say, in characters: card numbers their last four, others less. */
const KEPT: Readonly<Record<ValueKind, { readonly first: number; readonly last: number }>> = {
  text: { first: 1, last: 0 },
  email: { first: 1, last: 0 },
  digits: { first: 0, last: 2 },
  card: { first: 0, last: 4 },
  iban: { first: 2, last: 2 },
  code: { first: 0, last: 2 },
  uuid: { first: 4, last: 0 },
  ip: { first: 0, last: 0 },
  mac: { first: 0, last: 0 },
  date: { first: 0, last: 0 },
  opaque: { first: 0, last: 0 },
};

/**
 * Leaves a little of a value readable. Never more than half of its letters and digits, whatever `keep` asks for, and
 * nothing of a value that has fewer than four. An e-mail address keeps its first letter and top level
 * (`a***@***.com`), not its domain, which often names a person or an employer; an IPv4 address its first part, a date
 * its year.
 */
export function partial(
  value: string,
  kind: ValueKind,
  keep?: { readonly first: number; readonly last: number },
): string {
  const trimmed = value.trim();
  const budget = Math.floor(countTelling(trimmed) / 2);
  if (budget * 2 < FEWEST || kind === 'opaque') {
    return STARS;
  }
  if (keep === undefined) {
    const shaped = shapedPartial(trimmed, kind, budget);
    if (shaped !== undefined) {
      return shaped;
    }
  }
  const characters = Array.from(trimmed);
  const { first, last } = keep ?? KEPT[kind];
  const tail = take(characters.toReversed(), last, budget).reversed;
  const head = take(characters, first, budget - tail.telling);
  return `${head.text}${STARS}${tail.text}`;
}

function isTelling(character: string): boolean {
  const code = character.charCodeAt(0);
  return code < 0x80 ? isAsciiTelling(code) : /[\p{L}\p{N}]/u.test(character);
}

function isAsciiTelling(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a);
}

/** Letters and digits; most values are ASCII and need no list of their characters. */
function countTelling(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= 0x80) {
      return Array.from(text).filter((character) => isTelling(character)).length;
    }
    count += isAsciiTelling(code) ? 1 : 0;
  }
  return count;
}

interface Taken {
  readonly text: string;
  readonly telling: number;
}

/** Takes up to `count` letters and digits, with the signs between them. */
function take(
  characters: readonly string[],
  count: number,
  budget: number,
): Taken & { readonly reversed: Taken } {
  const taken: string[] = [];
  let telling = 0;
  for (const character of characters) {
    if (telling >= Math.min(count, budget)) {
      break;
    }
    telling += isTelling(character) ? 1 : 0;
    taken.push(character);
  }
  return {
    text: taken.join(''),
    telling,
    reversed: { text: taken.toReversed().join(''), telling },
  };
}

/** What stands behind the last dot, if no `@` does. */
function topLevelOf(address: string): string {
  const top = address.slice(address.lastIndexOf('.') + 1);
  return top.length === address.length || top.includes('@') ? '' : top;
}

function shapedPartial(value: string, kind: ValueKind, budget: number): string | undefined {
  if (kind === 'email') {
    const top = topLevelOf(value);
    const isAffordable = 1 + top.length <= budget;
    const first = String.fromCodePoint(value.codePointAt(0) ?? 0x2a);
    return isAffordable && isTelling(first) ? `${first}${STARS}@${STARS}.${top}` : `${STARS}@${STARS}`;
  }
  if (kind === 'ip') {
    const first = value.split('.')[0] ?? '';
    return value.includes(':') ? undefined : first.length <= budget ? `${first}.*.*.*` : '*.*.*.*';
  }
  if (kind === 'date') {
    const year = /^(\d{4})-\d{2}-\d{2}$/.exec(value)?.[1];
    return year === undefined ? undefined : `${year}-**-**`;
  }
  return undefined;
}
