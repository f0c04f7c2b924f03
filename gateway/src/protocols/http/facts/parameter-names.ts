/**
 * Whether some service takes one name of a parameter for another. In any case; to forms with nested names `a[]` and `a[0]` are `a`, and
 * to qs and Rack `[a]` and `]a` as well; PHP makes `_` of dots and spaces and drops leading spaces; IIS folds what looks alike.
 */
export function mayBeTakenFor(name: string, wanted: string): boolean {
  const sought = fold(wanted.toLowerCase());
  const given = name.normalize('NFKC').toLowerCase().replace(BEFORE_NAME, '');
  return fold(given) === sought || fold(given.replace(DOTS_BEFORE_NAME, '')) === sought;
}

/** Patterns of masks have no more parts. */
const MOST_PARTS = 6;

/**
 * The fields that a parameter may be about, by its name: `filter[email]` and `customer.email` name a field within, and
 * `email[like]` says how the field is compared.
 */
export function fieldsOf(name: string): readonly (readonly string[])[] {
  const path = name.split(/[[\].]+/).filter((part) => part !== '');
  return path.map((_, index) => path.slice(Math.max(0, index + 1 - MOST_PARTS), index + 1));
}

const BEFORE_NAME = /^[\s[\]]+/;
/** Names with dots for what is nested have none in front. */
const DOTS_BEFORE_NAME = /^[\s.[\]]+/;

function fold(name: string): string {
  return name
    .replace(/[[\]].*$/s, '')
    .trim()
    .replace(/[\s.-]/g, '_');
}
