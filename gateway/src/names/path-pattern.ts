import { compileGlob, type GlobMatcher } from './glob.ts';

/** A compiled pattern for paths with the two readings a policy needs. */
export interface PathPattern {
  /** Surely matches, for allow rules: as written. */
  covers(path: string): boolean;
  /**
   * Possibly matches, for deny rules: without regard to case and a last slash, which many services ignore, and always
   * for the value `*`, which stands for any path.
   */
  hits(path: string): boolean;
}

const MOST_SEGMENTS = 64;
const ANYTHING = '*';

/**
 * Compiles a pattern for paths: `/v1/customers/*`. A `*` is a run of characters inside of one segment, alone at least
 * one; `**` as a whole segment is any number of segments, none included. Undefined when it cannot be read.
 */
export function compilePathPattern(pattern: string): PathPattern | undefined {
  if (!pattern.startsWith('/')) return undefined;
  const segments = pattern.slice(1).split('/');
  if (segments.length > MOST_SEGMENTS) return undefined;
  if (segments.some((segment) => segment.includes('**') && segment !== '**')) return undefined;
  if (segments.slice(0, -1).includes('')) return undefined;
  const exact = compileRuns(segments);
  const folded = compileRuns(withoutLastSlash(segments.map((segment) => segment.toLowerCase())));
  const isAll = segments.length === 1 && segments[0] === '**';
  return {
    covers: (path) => (path === ANYTHING ? isAll : exact(segmentsOf(path))),
    hits: (path) => path === ANYTHING || folded(withoutLastSlash(segmentsOf(path.toLowerCase()))),
  };
}

function segmentsOf(path: string): readonly string[] {
  return path.slice(1).split('/');
}

function withoutLastSlash(segments: readonly string[]): readonly string[] {
  return segments.length > 1 && segments.at(-1) === '' ? segments.slice(0, -1) : segments;
}

/** Matches runs of segments between `**` each at its leftmost place, so it never backtracks. */
function compileRuns(segments: readonly string[]): (path: readonly string[]) => boolean {
  const runs: GlobMatcher[][] = [[]];
  for (const segment of segments) {
    if (segment === '**') runs.push([]);
    else runs.at(-1)?.push(compileSegment(segment));
  }
  const [first = [], ...rest] = runs;
  const last = rest.pop();
  if (last === undefined) return (path) => path.length === first.length && fits(first, path, 0);
  return (path) => {
    const end = path.length - last.length;
    if (end < first.length || !fits(first, path, 0) || !fits(last, path, end)) return false;
    let at = first.length;
    for (const run of rest) {
      while (at + run.length <= end && !fits(run, path, at)) at += 1;
      at += run.length;
      if (at > end) return false;
    }
    return true;
  };
}

function fits(run: readonly GlobMatcher[], path: readonly string[], at: number): boolean {
  return run.every((matches, index) => matches(path[at + index] ?? ''));
}

function compileSegment(segment: string): GlobMatcher {
  return segment === '*' ? (value) => value !== '' : compileGlob(segment);
}
