/**
 * Whether some service takes one name of a parameter for another. In any case; to forms with nested names `a[]` and `a[0]` are `a`, and
 * to qs and Rack `[a]` and `]a` as well; PHP makes `_` of dots and spaces and drops leading spaces; IIS folds what looks alike.
 */
export function mayBeTakenFor(name: string, wanted: string): boolean {
  const sought = fold(wanted.toLowerCase());
  const given = name.normalize('NFKC').toLowerCase().replace(BEFORE_NAME, '');
  return fold(given) === sought || fold(given.replace(DOTS_BEFORE_NAME, '')) === sought;
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
