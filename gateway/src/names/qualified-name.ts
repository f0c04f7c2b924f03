import { compileGlob, type GlobMatcher } from './glob.ts';

/** One part of a dotted name: its text without quotes, and whether it was quoted. */
export interface NamePart {
  readonly text: string;
  readonly quoted: boolean;
}

/** A literal part of a pattern and its place: 1 is the last part. */
export interface NameAnchor {
  readonly fromRight: number;
  readonly text: string;
}

/** A compiled name pattern with the two readings a policy needs. */
export interface QualifiedNamePattern {
  /** A part without `*`, for an index: a name that has a known part at its place and no such text cannot match. */
  readonly anchor?: NameAnchor;
  /** The texts of its parts, when it holds no `*`. */
  readonly literal?: readonly string[];
  /**
   * Surely matches: for allow rules. A value that lacks a part the pattern names, that cannot be read, or whose
   * part is an unquoted `*` (anything) is matched only by a pattern part that is itself a lone `*`.
   */
  covers(value: readonly NamePart[] | undefined): boolean;
  /** Possibly matches: for deny rules. What {@link covers} doubts, this assumes. */
  hits(value: readonly NamePart[] | undefined): boolean;
}

const MAX_PARTS = 6;

/**
 * Splits a dotted name by PostgreSQL's rules for quoted identifiers: `public.orders`, `"Odd.Name"."say ""hi"""`.
 * Undefined when a quote is not closed, a part is empty or text follows a closing quote.
 */
export function parseQualifiedName(name: string): readonly NamePart[] | undefined {
  const parts: NamePart[] = [];
  let at = 0;
  while (at <= name.length && parts.length < MAX_PARTS) {
    const part = name.charAt(at) === '"' ? quotedPart(name, at) : plainPart(name, at);
    if (part === undefined) {
      return undefined;
    }
    parts.push({ text: part.text, quoted: part.quoted });
    if (part.end === name.length) {
      return parts;
    }
    if (name.charAt(part.end) !== '.') {
      return undefined;
    }
    at = part.end + 1;
  }
  return undefined;
}

interface ReadPart extends NamePart {
  readonly end: number;
}

function quotedPart(name: string, start: number): ReadPart | undefined {
  let text = '';
  let at = start + 1;
  for (;;) {
    const quote = name.indexOf('"', at);
    if (quote === -1) {
      return undefined;
    }
    text += name.slice(at, quote);
    if (name.charAt(quote + 1) !== '"') {
      return text === '' ? undefined : { text, quoted: true, end: quote + 1 };
    }
    text += '"';
    at = quote + 2;
  }
}

function plainPart(name: string, start: number): ReadPart | undefined {
  const dot = name.indexOf('.', start);
  const end = dot === -1 ? name.length : dot;
  const text = name.slice(start, end);
  return text === '' || text.includes('"') ? undefined : { text, quoted: false, end };
}

/**
 * Compiles a dotted pattern. Unquoted text is folded to lower case (ASCII, as PostgreSQL folds it) and may hold
 * `*`; a quoted part is literal. Parts are compared from the right; left parts the pattern does not name match
 * anything. Undefined when the pattern cannot be read.
 */
export function compileQualifiedName(pattern: string): QualifiedNamePattern | undefined {
  const parsed = /\s/.test(pattern.replace(/"[^"]*"/g, '')) ? undefined : parseQualifiedName(pattern);
  if (parsed === undefined) {
    return undefined;
  }
  const matchers = parsed.map(compilePart);
  const anchored = matchers.findLastIndex(({ literal }) => literal !== undefined);
  const text = matchers[anchored]?.literal;
  return {
    ...(text === undefined ? {} : { anchor: { fromRight: matchers.length - anchored, text } }),
    ...(matchers.every(({ literal }) => literal !== undefined)
      ? { literal: matchers.map(({ literal }) => literal ?? '') }
      : {}),
    covers: (value) => matchParts(matchers, value, 'surely'),
    hits: (value) => matchParts(matchers, value, 'possibly'),
  };
}

/** Says whether a part of a value is a name, and not the unquoted `*` that stands for all there are. */
export function isKnownPart(part: NamePart): boolean {
  return part.quoted || part.text !== '*';
}

interface PartMatcher {
  readonly anything: boolean;
  readonly literal?: string;
  readonly matches: GlobMatcher;
}

function compilePart(part: NamePart): PartMatcher {
  if (part.quoted) {
    return { anything: false, literal: part.text, matches: (value) => value === part.text };
  }
  const folded = part.text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return {
    anything: /^\*+$/.test(folded),
    ...(folded.includes('*') ? {} : { literal: folded }),
    matches: compileGlob(folded),
  };
}

function matchParts(
  matchers: readonly PartMatcher[],
  value: readonly NamePart[] | undefined,
  certainty: 'surely' | 'possibly',
): boolean {
  const unknown = certainty === 'possibly';
  if (value === undefined) {
    return unknown;
  }
  for (let fromRight = 1; fromRight <= matchers.length; fromRight++) {
    const matcher = matchers[matchers.length - fromRight];
    const part = value[value.length - fromRight];
    if (matcher === undefined || matcher.anything) {
      continue;
    }
    if (part !== undefined && isKnownPart(part) ? !matcher.matches(part.text) : !unknown) {
      return false;
    }
  }
  return true;
}
