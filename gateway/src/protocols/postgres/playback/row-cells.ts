import { HEADER_BYTES } from '../wire/frame-splitter.ts';
import { valueText } from './value-text.ts';

/** What is known of a column. */
export interface CellForm {
  readonly typeOid: number;
  readonly format: 'text' | 'binary';
}

/** Most cells of a row that are shown. */
const MAX_CELLS = 1664;
const UNKNOWN: CellForm = { typeOid: 25, format: 'text' };

/**
 * The cells of a DataRow of which the end may be missing. Undefined when it is malformed.
 * @param range the message with its header, in `bytes`
 */
export function rowCells(
  bytes: Buffer,
  range: { readonly start: number; readonly end: number },
  forms: readonly CellForm[],
): { readonly cells: readonly (string | null)[]; readonly isCut: boolean } | undefined {
  const { start, end } = range;
  let position = start + HEADER_BYTES + 2;
  if (position > end) return undefined;
  const count = bytes.readUInt16BE(position - 2);
  const cells: (string | null)[] = [];
  for (let index = 0; index < Math.min(count, MAX_CELLS); index += 1) {
    if (position + 4 > end) return { cells, isCut: true };
    const length = bytes.readInt32BE(position);
    position += 4;
    if (length < -1) return undefined;
    if (length === -1) {
      cells.push(null);
      continue;
    }
    const { typeOid, format } = forms[index] ?? UNKNOWN;
    const isCut = position + length > end;
    const value = bytes.subarray(position, isCut ? end : position + length);
    cells.push(valueText(value, typeOid, format));
    if (isCut) return { cells, isCut };
    position += length;
  }
  return { cells, isCut: count > MAX_CELLS };
}
