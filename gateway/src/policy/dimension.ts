import type { Atom, Dimension } from '../model/facts.ts';
import { compileArgvPattern } from '../names/argv-pattern.ts';
import { compileFilePattern } from '../names/file-pattern.ts';
import { compileGlobs } from '../names/glob.ts';
import { compilePathPattern, type PathPattern } from '../names/path-pattern.ts';
import { compileQualifiedName, type NameAnchor, parseQualifiedName } from '../names/qualified-name.ts';
import { createLiteralNames, type KnownName, toKnownName } from './literal-names.ts';

/** One dimension that a rule restricts, compiled for its effect. */
export interface CompiledDimension {
  readonly name: string;
  /** The patterns as written. */
  readonly patterns: readonly string[];
  /** The words, when the dimension is a closed vocabulary: what an index may use. */
  readonly keywords?: ReadonlySet<string>;
  /** A literal part of each name pattern, when every one has one: what an index may use. */
  readonly anchors?: readonly NameAnchor[];
  /** An allow's dimension: EVERY value matches, so none at all does too, unless one is needed (see `namesObject`). A deny's: ANY. */
  matches(atom: Atom): boolean;
  /** Whether there is a value that matches, or may stand for one that does, or none to compare: obligations go by it. */
  mayMatch(atom: Atom): boolean;
}

/** The patterns that cannot be read, by position in the list. */
export interface PatternErrors {
  readonly unreadable: readonly number[];
}

/** A value that stands for all there are: only a pattern that matches everything covers it, and every deny hits it. */
const EVERYTHING = '*';

const NO_VALUES: readonly string[] = [];

/** Compiles the patterns of one dimension of a rule. */
export function compileDimension(
  name: string,
  dimension: Dimension,
  rule: {
    readonly patterns: readonly string[];
    readonly effect: 'allow' | 'deny';
    readonly names: NameCache;
  },
): CompiledDimension | PatternErrors {
  const compiled = compileValues(name, dimension, rule);
  const isNeeded = dimension.needed === true || dimension.match.by === 'keyword';
  if (!isNeeded || 'unreadable' in compiled) {
    return compiled;
  }
  // What says nothing of its operation is covered by no rule that names operations.
  const hasValues = (atom: Atom): boolean => (atom.values[name] ?? NO_VALUES).length > 0;
  return {
    ...compiled,
    matches: (atom) => hasValues(atom) && compiled.matches(atom),
    mayMatch: (atom) => hasValues(atom) && compiled.mayMatch(atom),
  };
}

function compileValues(
  name: string,
  { match }: Dimension,
  { patterns, effect, names }: Parameters<typeof compileDimension>[2],
): CompiledDimension | PatternErrors {
  switch (match.by) {
    case 'qualified-name':
      return compileNames(name, patterns, effect, names);
    case 'path':
      return compilePatterns(name, effect, { patterns, compile: compilePathPattern });
    case 'file':
      return compilePatterns(name, effect, { patterns, compile: compileFilePattern });
    case 'argv':
      return compilePatterns(name, effect, { patterns, compile: compileArgvPattern });
    case 'glob': {
      const covers = compileGlobs(patterns);
      const hits = hitsOf(patterns, match.denyIgnoresCase === true, covers);
      return { name, patterns, ...quantified(name, effect, { covers, hits }) };
    }
    case 'keyword': {
      const keywords = new Set(patterns);
      const has = (value: string): boolean => keywords.has(value);
      return { name, patterns, keywords, ...quantified(name, effect, { covers: has, hits: has }) };
    }
    case 'detector': {
      const covers = (value: string): boolean => patterns.includes(value);
      const hits = (value: string): boolean => value === EVERYTHING || covers(value);
      return { name, patterns, ...quantified(name, effect, { covers, hits }) };
    }
  }
}

/** What a deny by globs hits. */
function hitsOf(
  patterns: readonly string[],
  ignoresCase: boolean,
  covers: (value: string) => boolean,
): (value: string) => boolean {
  if (!ignoresCase) return (value) => value === EVERYTHING || covers(value);
  const folded = compileGlobs(patterns.map((pattern) => pattern.toLowerCase()));
  return (value) => value === EVERYTHING || folded(value.toLowerCase());
}

/** Patterns that are read one by one, each with a reading for allow and one for deny. */
function compilePatterns(
  name: string,
  effect: 'allow' | 'deny',
  {
    patterns,
    compile,
  }: { patterns: readonly string[]; compile: (pattern: string) => PathPattern | undefined },
): CompiledDimension | PatternErrors {
  const compiled = patterns.map(compile);
  const unreadable = compiled.flatMap((pattern, index) => (pattern === undefined ? [index] : []));
  if (unreadable.length > 0) {
    return { unreadable };
  }
  const readable = compiled.filter((pattern) => pattern !== undefined);
  const covers = (value: string): boolean => readable.some((pattern) => pattern.covers(value));
  const hits = (value: string): boolean => readable.some((pattern) => pattern.hits(value));
  return { name, patterns, ...quantified(name, effect, { covers, hits }) };
}

function compileNames(
  name: string,
  patterns: readonly string[],
  effect: 'allow' | 'deny',
  names: NameCache,
): CompiledDimension | PatternErrors {
  const compiled = patterns.map(compileQualifiedName);
  const unreadable = compiled.flatMap((pattern, index) => (pattern === undefined ? [index] : []));
  if (unreadable.length > 0) {
    return { unreadable };
  }
  const readable = compiled.filter((pattern) => pattern !== undefined);
  const literals = createLiteralNames(readable);
  const patterned = readable.filter((pattern) => pattern.literal === undefined);
  const covers = (value: string): boolean => {
    const known = names.parse(value);
    if (known !== undefined && literals.has(known)) {
      return true;
    }
    return patterned.some((pattern) => pattern.covers(known?.parts));
  };
  const hits = (value: string): boolean => {
    const known = names.parse(value);
    if (known !== undefined && literals.has(known)) {
      return true;
    }
    const candidates = known !== undefined && literals.settles(known) ? patterned : readable;
    return candidates.some((pattern) => pattern.hits(known?.parts));
  };
  const anchors = readable.map((pattern) => pattern.anchor).filter((anchor) => anchor !== undefined);
  return {
    name,
    patterns,
    ...(anchors.length === readable.length ? { anchors } : {}),
    ...quantified(name, effect, { covers, hits }),
  };
}

/** @param test what of a value an allow must match, and what a deny does */
function quantified(
  name: string,
  effect: 'allow' | 'deny',
  test: { readonly covers: (value: string) => boolean; readonly hits: (value: string) => boolean },
): Pick<CompiledDimension, 'matches' | 'mayMatch'> {
  const { covers, hits } = test;
  return {
    matches:
      effect === 'allow'
        ? (atom) => (atom.values[name] ?? NO_VALUES).every(covers)
        : (atom) => (atom.values[name] ?? NO_VALUES).some(hits),
    mayMatch: (atom) => {
      const values = atom.values[name] ?? NO_VALUES;
      return values.length === 0 || values.some(hits);
    },
  };
}

/** Remembers how names were split; forgets everything when it is full, so it stays bounded. */
export interface NameCache {
  parse(name: string): KnownName | undefined;
}

/** Makes a {@link NameCache} for at most `capacity` names. */
export function createNameCache(capacity: number): NameCache {
  const known = new Map<string, KnownName>();
  return {
    parse: (name) => {
      const cached = known.get(name);
      if (cached !== undefined) {
        return cached;
      }
      const parts = parseQualifiedName(name);
      if (parts === undefined) {
        return undefined;
      }
      if (known.size >= capacity) {
        known.clear();
      }
      const made = toKnownName(parts);
      known.set(name, made);
      return made;
    },
  };
}
