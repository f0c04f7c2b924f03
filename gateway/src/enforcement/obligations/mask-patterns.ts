import type { MaskObligation } from '../../model/obligation.ts';
import { type ColumnPatterns, compileColumnPatterns } from '../../names/column-patterns.ts';

/** Patterns by the list that they were compiled from, which outlives the obligations of single decisions. */
const compiled = new WeakMap<readonly string[], ColumnPatterns>();

/** The compiled patterns of a mask; each list is compiled once. */
export function patternsOf({ columns }: MaskObligation): ColumnPatterns {
  const known = compiled.get(columns);
  if (known !== undefined) return known;
  const made = compileColumnPatterns(columns);
  compiled.set(columns, made);
  return made;
}
