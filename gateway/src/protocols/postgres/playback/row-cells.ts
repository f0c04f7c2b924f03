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
 * @param bytes the message with its header
 * @param most longest value that is shown, in characters
 */
export function rowCells(
  bytes: Buffer,
  forms: readonly CellForm[],
  most: number,
): { readonly cells: readonly (string | null)[]; readonly isCut: boolean } | undefined {
  const end = bytes.length;
  let position = HEADER_BYTES + 2;
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
    cells.push(valueText(value, typeOid, format, most));
    if (isCut) return { cells, isCut };
    position += length;
  }
  return { cells, isCut: count > MAX_CELLS };
}
