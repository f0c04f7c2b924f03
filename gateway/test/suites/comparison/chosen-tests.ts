/**
 * Which tests of a suite run: a quick selection, or what `SALLYPORT_TEST_SUITES` says: `long` (`npm run test:long`), or names.
 * In the order of `all`, because tests build on those before them.
 */
export function chosenTests(lists: {
  readonly all: readonly string[];
  /** What `npm test` has time for. */
  readonly quick: ReadonlySet<string>;
  /** What is compared by `npm run test:long`. */
  readonly long: (name: string) => boolean;
}): readonly string[] {
  const wanted = process.env['SALLYPORT_TEST_SUITES'];
  if (wanted === undefined) return lists.all.filter((name) => lists.quick.has(name));
  if (wanted === 'long') return lists.all.filter(lists.long);
  const names = wanted.split(',');
  return lists.all.filter((name) => names.includes(name));
}
