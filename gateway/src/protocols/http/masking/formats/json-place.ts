/** Where a value of a JSON document stands, and what is to be done with it. */
import { type PathMask, type RuleReplacement, stricter } from '../field-masks.ts';
import type { Field } from '../field-tree.ts';

/** A path with what it has seen so far. */
export interface ActivePath {
  readonly mask: PathMask;
  readonly states: number;
}

/** The place of a value. */
export interface Place {
  readonly field: Field;
  readonly paths: readonly ActivePath[];
  /** A replacement that holds for everything within. */
  readonly forced: RuleReplacement | undefined;
}

const NO_PATHS: readonly ActivePath[] = [];

/** The place of the document: paths begin at it and at each field that their columns mean. */
export function rootPlace(field: Field, paths: readonly PathMask[]): Place {
  return { field, paths: paths.map((mask) => ({ mask, states: mask.path.start })), forced: undefined };
}

/** Places of fields that nothing but their own mask means. */
const plain = new WeakMap<Field, Place>();

function plainPlace(field: Field): Place {
  const known = plain.get(field);
  if (known !== undefined) return known;
  const made: Place = { field, paths: NO_PATHS, forced: undefined };
  plain.set(field, made);
  return made;
}

/** The place of a member. */
export function memberPlace(outer: Place, field: Field): Place {
  const begun = field.mask.paths;
  if (outer.paths.length === 0 && begun.length === 0) {
    return outer.forced === undefined ? plainPlace(field) : { field, paths: NO_PATHS, forced: outer.forced };
  }
  const name = field.names.path.at(-1) ?? '';
  const paths = new Map<PathMask['path'], ActivePath>();
  for (const { mask, states } of outer.paths) {
    paths.set(mask.path, { mask, states: mask.path.intoName(states, name) });
  }
  for (const mask of begun) {
    const states = (paths.get(mask.path)?.states ?? 0) | mask.path.start;
    paths.set(mask.path, { mask, states });
  }
  return { field, paths: alive(paths.values()), forced: outer.forced };
}

/** The place of an element. */
export function elementPlace(outer: Place, index: number): Place {
  if (outer.paths.length === 0) return outer;
  const paths = outer.paths.map(({ mask, states }) => ({
    mask,
    states: mask.path.intoElement(states, index),
  }));
  return { ...outer, paths: alive(paths) };
}

/**
 * What replaces the value at a place, strictest first. A value without a name may be any field; an object or a list
 * without one is only looked into.
 */
export function replacementAt({ field, paths, forced }: Place, isLeaf: boolean): RuleReplacement | undefined {
  const isNamed = field.names.path.length > 0;
  let how = stricter(forced, isNamed || isLeaf ? field.mask.whole : undefined);
  for (const { mask, states } of paths) if (mask.path.accepts(states)) how = stricter(how, mask.how);
  return how;
}

function alive(paths: Iterable<ActivePath>): readonly ActivePath[] {
  return [...paths].filter(({ states }) => states !== 0);
}
