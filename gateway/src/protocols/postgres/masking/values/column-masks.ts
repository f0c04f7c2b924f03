/** The masks of one column, with their counters. */
import type { MaskMethod } from '../../../../model/obligation.ts';
import type { MaskedColumn, MaskTally } from '../mask-tally.ts';
import {
  type ContentMask,
  type Issue,
  type NamePart,
  type PathMask,
  type ResponseMask,
  STRICTEST_FIRST,
  type ValueMask,
} from '../value-mask.ts';

/** A mask and where its replacements are counted. */
export interface Counted<Mask> {
  readonly mask: Mask;
  readonly method: MaskMethod;
  readonly tally: MaskedColumn;
  readonly issue?: Issue | undefined;
}

/** What happens to the values of a column: the whole, and detectors in what is left of it; or detectors, then paths. */
export interface ColumnMasks {
  readonly contents: readonly Counted<ContentMask>[];
  readonly paths: readonly Counted<PathMask>[];
  readonly whole: Counted<ValueMask> | undefined;
  readonly found: (detector: string) => void;
}

/** Says whether a mask is meant for the column. */
export type MaskFilter = (mask: ResponseMask) => boolean;

/** Always NULL: for what cannot be told clean. */
export const WITHHELD: ValueMask = { replace: () => undefined, pseudonyms: undefined };

/**
 * Puts together what is meant for a column: of whole masks the strictest; undefined where there is nothing to do. Where
 * a whole mask leaves nothing of the value, the others have nothing to look for.
 */
export function composeMasks(
  masks: readonly ResponseMask[],
  isMeant: MaskFilter,
  place: {
    readonly label: string;
    readonly name: string;
    readonly tally: MaskTally;
    readonly issue?: Issue | undefined;
  },
): ColumnMasks | undefined {
  const meant = masks.filter(isMeant);
  if (meant.length === 0) return undefined;
  const count = ({ rule, method }: ResponseMask): { method: MaskMethod; tally: MaskedColumn } => ({
    method,
    tally: place.tally.column(place.label, rule, method),
  });
  const [strictest] = meant
    .filter((mask) => mask.kind === 'whole')
    .sort((left, right) => STRICTEST_FIRST.indexOf(left.method) - STRICTEST_FIRST.indexOf(right.method));
  const issue = strictest?.isIssuing === true ? place.issue : undefined;
  const whole = strictest === undefined ? undefined : { mask: strictest.mask, ...count(strictest), issue };
  const isAll = whole !== undefined && whole.method !== 'partial';
  const rest = isAll ? [] : meant;
  return {
    whole,
    contents: rest.flatMap((mask) =>
      mask.kind === 'content' ? [{ mask: mask.forColumn(place.name), ...count(mask) }] : [],
    ),
    paths: rest.flatMap((mask) => (mask.kind === 'paths' ? [{ mask: mask.mask, ...count(mask) }] : [])),
    found: place.tally.found,
  };
}

/** The masks of a column that cannot be told clean: NULL, in the name of the first of these masks. */
export function withheldMasks(
  masks: readonly ResponseMask[],
  place: { readonly label: string; readonly tally: MaskTally },
): ColumnMasks | undefined {
  const [first] = masks;
  if (first === undefined) return undefined;
  const tally = place.tally.column(place.label, first.rule, 'null');
  return {
    contents: [],
    paths: [],
    whole: { mask: WITHHELD, method: 'null', tally },
    found: place.tally.found,
  };
}

/** A name as patterns compare it: no part stands for anything but itself. */
export function exactName(parts: readonly string[]): readonly NamePart[] {
  return parts.map((text) => ({ text, quoted: true }));
}
