/** The mask of a column's cells as the row rewriter uses it: few calls, no object where nothing is replaced. */
import type { Format } from '../../wire/format-codes.ts';
import type { MaskedColumn } from '../mask-tally.ts';
import { resolveType } from '../value-types/value-type.ts';
import { buildTypeMask, type MaskSources } from './build-type-mask.ts';
import type { ColumnMasks } from './column-masks.ts';
import { type Filler, fillerOf } from './filler.ts';
import type { TypeMask } from './type-mask.ts';

/** The cell stays as it is. */
export const UNCHANGED: unique symbol = Symbol('unchanged');

/** What a cell becomes: bytes, UTF-8 text, or undefined for SQL NULL. */
export type Cell = Buffer | string | undefined | typeof UNCHANGED;

/** How the cells of one column are masked. */
export interface CellMask {
  /** Every value becomes this, whatever it is; `null` is SQL NULL, undefined: it depends on the value. */
  readonly constant: Buffer | null | undefined;
  /** Counts for the constant. */
  readonly tally: MaskedColumn | undefined;
  replace(bytes: Buffer, start: number, end: number): Cell;
  /** A value of the type in exactly as many bytes, for rows that are too long to be held; undefined: there is none. */
  readonly filler: Filler | undefined;
}

/** Makes the cell mask of a type in a format. */
export function cellMask(
  column: { readonly typeOid: number; readonly format: Format },
  own: ColumnMasks | undefined,
  sources: MaskSources,
): CellMask | undefined {
  const mask = buildTypeMask(column.typeOid, own, sources);
  if (mask === undefined) return undefined;
  const type = resolveType(column.typeOid, sources.catalog);
  const scalar = type.kind === 'scalar' ? type.scalar : undefined;
  const isText = column.format === 'text';
  return {
    constant: own?.whole === undefined ? undefined : constantOf(mask, own, isText, scalar !== undefined),
    tally: own?.whole?.tally,
    replace: isText ? textReplacer(mask, own, scalar) : binaryReplacer(mask),
    filler: fillerOf(type, column.format),
  };
}

/** A value that no type accepts as it is, so that only constant methods give the same for it. */
function constantOf(
  mask: TypeMask,
  { whole }: ColumnMasks,
  isText: boolean,
  isScalar: boolean,
): Buffer | null | undefined {
  if (whole === undefined) return undefined;
  if (whole.method === 'null') return null;
  if (!isScalar || (whole.method !== 'redact' && whole.method !== 'fixed') || !isText) return undefined;
  const before = whole.tally.values;
  const text = mask.text('');
  whole.tally.values = before;
  return text === undefined ? null : Buffer.from(text, 'utf8');
}

function textReplacer(
  mask: TypeMask,
  own: ColumnMasks | undefined,
  scalar: string | undefined,
): CellMask['replace'] {
  const quick = scalar === 'text' && own !== undefined ? quickReplacer(own) : undefined;
  const onlyContent = own !== undefined && own.whole === undefined && own.paths.length === 0;
  // Escapes could hide a finding from a look at the bytes of anything but plain text.
  const gates = onlyContent && (scalar === 'text' || scalar === 'word') ? own.contents : undefined;
  const replace: CellMask['replace'] = (bytes, start, end) => {
    if (gates !== undefined && !gates.some((content) => content.mask.mayFind(bytes, start, end)))
      return UNCHANGED;
    const text = bytes.toString('utf8', start, end);
    const masked = mask.text(text);
    return masked === text ? UNCHANGED : masked;
  };
  return quick === undefined
    ? replace
    : (bytes, start, end) => quick(bytes, start, end) ?? replace(bytes, start, end);
}

/** For plain text under one mask, without the steps of the general way; undefined from it: go the general way. */
function quickReplacer({
  whole,
  contents,
  paths,
  found,
}: ColumnMasks):
  | ((bytes: Buffer, start: number, end: number) => Buffer | string | typeof UNCHANGED | undefined)
  | undefined {
  const [content, another] = contents;
  if (paths.length > 0 || another !== undefined) return undefined;
  if (whole !== undefined) {
    const { mask, tally } = whole;
    if (content !== undefined || mask.replaceBytes === undefined) return undefined;
    return (bytes, start, end) => {
      const replaced = mask.replaceBytes?.(bytes, start, end);
      if (replaced !== undefined) tally.values += 1;
      return replaced;
    };
  }
  if (content === undefined) return undefined;
  const { mask, tally } = content;
  return (bytes, start, end) => {
    const replaced = mask.replaceBytes(bytes, start, end, found);
    if (replaced === undefined) return UNCHANGED;
    tally.values += 1;
    return replaced;
  };
}

function binaryReplacer(mask: TypeMask): CellMask['replace'] {
  return (bytes, start, end) => {
    const value = bytes.subarray(start, end);
    const masked = mask.binary(value);
    return masked === value ? UNCHANGED : masked;
  };
}
