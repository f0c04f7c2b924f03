/** Names that say nothing: whatever is in such a place belongs beside what it serves. */
const emptyNames = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'shared', 'misc', 'types', 'v2']);

/** Suites of others keep the names they came with. */
const foreign = /^gateway\/test\/suites\/[^/]+\/fixtures\//;

/**
 * Finds folders and files whose name says nothing.
 *
 * @param paths relative to the repository, with forward slashes
 */
export function nameProblems(paths: readonly string[]): readonly string[] {
  const found = new Set<string>();
  for (const path of paths) {
    if (foreign.test(path)) continue;
    const parts = path.split('/');
    parts.forEach((part, index) => {
      const bare = part.replace(/(\.test|\.property\.test)?\.[a-z]+$/, '');
      const folder = parts.slice(0, index + 1).join('/');
      if (emptyNames.has(bare)) found.add(`${folder}: '${bare}' says nothing: name it after what it does`);
    });
  }
  return [...found];
}

/**
 * Finds files in `gateway/src` that the layer check would not read.
 *
 * @param paths relative to the repository, with forward slashes
 */
export function strayFileProblems(paths: readonly string[]): readonly string[] {
  return paths
    .filter((path) => path.startsWith('gateway/src/') && !/(\.ts|\/README\.md)$/.test(path))
    .map((path) => `${path}: gateway/src holds TypeScript only, which the layer check reads`)
    .concat(
      paths
        .filter((path) => path.startsWith('gateway/src/') && path.endsWith('.d.ts'))
        .map((path) => `${path}: write types in the module that owns them`),
    );
}

/**
 * Finds tests that `npm test` would not run.
 *
 * @param paths relative to the repository, with forward slashes
 */
export function strayTestProblems(paths: readonly string[]): readonly string[] {
  return paths
    .filter((path) => /\.(test|spec|tests)\.[cm]?[jt]sx?$/.test(path))
    .filter((path) => !/^(gateway\/(src|test)|console\/src|examples|scripts)\/.*\.test\.ts$/.test(path))
    .map((path) => `${path}: no suite of vitest.config.ts includes it, so that it never runs`);
}
