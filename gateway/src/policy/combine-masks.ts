import type { MaskMethod, MaskObligation } from '../model/obligation.ts';

const STRICTEST_FIRST: readonly MaskMethod[] = ['null', 'redact', 'fixed', 'pseudonym', 'partial'];

/** Stands for all columns where a mask names detectors only. */
const ALL_COLUMNS = '*';

/**
 * Puts masks in the order of their strictness: by method, then whole values before parts of them, then the ones that
 * leave less readable. What a mask before it does already is taken out of a mask: a pattern that a mask of the whole
 * value names, or one with the same detectors and paths.
 */
export function combineMasks(masks: readonly MaskObligation[]): readonly MaskObligation[] {
  if (masks.length < 2) return masks;
  const done = new Map<string, number>();
  const isDone = (key: string, mask: MaskObligation): boolean =>
    (done.get(key) ?? Number.POSITIVE_INFINITY) <= leniency(mask);
  const ranked = masks.map((mask) => ({ mask, scope: scopeOf(mask) })).sort(byStrictness);
  return ranked.flatMap(({ mask, scope }) => {
    const named = mask.columns.length === 0 ? [ALL_COLUMNS] : mask.columns;
    const left = named.filter(
      (column) => !isDone(keyOf(WHOLE, column), mask) && !isDone(keyOf(scope, column), mask),
    );
    for (const column of left)
      done.set(
        keyOf(scope, column),
        Math.min(done.get(keyOf(scope, column)) ?? MOST_LENIENT, leniency(mask)),
      );
    if (left.length === 0) return [];
    return [left.length === named.length ? mask : { ...mask, columns: left }];
  });
}

/** What a mask permits beside what it replaces: nothing, look-ups, what is put on record, anything. */
function leniency({ inference, lookups }: MaskObligation): number {
  if (inference === undefined) return lookups === true ? 1 : 0;
  return inference === 'audit' ? 2 : MOST_LENIENT;
}

const MOST_LENIENT = 3;

const WHOLE = '';

function scopeOf({ detect, paths }: Pick<MaskObligation, 'detect' | 'paths'>): string {
  if (detect === undefined && paths === undefined) return '';
  return JSON.stringify([detect ?? null, paths ?? null]);
}

function keyOf(scope: string, column: string): string {
  return `${scope} ${column}`;
}

interface Ranked {
  readonly mask: MaskObligation;
  readonly scope: string;
}

function byStrictness(left: Ranked, right: Ranked): number {
  return (
    STRICTEST_FIRST.indexOf(left.mask.method) - STRICTEST_FIRST.indexOf(right.mask.method) ||
    Number(left.scope !== WHOLE) - Number(right.scope !== WHOLE) ||
    readable(left.mask) - readable(right.mask)
  );
}

/** What a `partial` leaves; one that says nothing leaves what its kind of value allows, which may be most. */
function readable({ keep }: MaskObligation): number {
  return keep === undefined ? Number.MAX_SAFE_INTEGER : keep.first + keep.last;
}
