/** Says whether a whole value fits a glob. */
export type GlobMatcher = (value: string) => boolean;

/**
 * Compiles a glob: `*` matches any run of characters, everything else is literal and case-sensitive.
 * The matcher takes the leftmost place for each literal piece, so it never backtracks.
 */
export function compileGlob(pattern: string): GlobMatcher {
  const pieces = pattern.split('*');
  const [first = '', ...rest] = pieces;
  if (rest.length === 0) {
    return (value) => value === pattern;
  }
  const last = rest.pop() ?? '';
  if (rest.length === 0 && last === '') {
    return first === '' ? () => true : (value) => value.startsWith(first);
  }
  return (value) => {
    if (value.length < first.length + last.length || !value.startsWith(first) || !value.endsWith(last)) {
      return false;
    }
    let at = first.length;
    for (const piece of rest) {
      const found = value.indexOf(piece, at);
      if (found === -1) {
        return false;
      }
      at = found + piece.length;
    }
    return at <= value.length - last.length;
  };
}

/** Compiles several globs into one matcher that any of them satisfies. */
export function compileGlobs(patterns: readonly string[]): GlobMatcher {
  const literal = new Set(patterns.filter((pattern) => !pattern.includes('*')));
  const globs = patterns.filter((pattern) => pattern.includes('*')).map(compileGlob);
  return (value) => literal.has(value) || globs.some((matches) => matches(value));
}
