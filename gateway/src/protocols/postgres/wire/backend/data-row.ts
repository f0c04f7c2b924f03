import { WireError } from '../errors.ts';
import { MessageWriter } from '../message-writer.ts';
import { BackendType } from './backend-type.ts';

const NAME = 'DataRow';
const COUNT_AT = 5;
const CELLS_AT = 7;
const LENGTH_BYTES = 4;

/** Writes a DataRow of cells in text format, undefined for SQL NULL: for the few rows the gateway answers itself. */
export function encodeDataRow(cells: readonly (string | undefined)[]): Buffer {
  const writer = new MessageWriter(BackendType.DataRow).uint16(cells.length);
  for (const cell of cells) writer.value(cell);
  return writer.finish();
}

/**
 * Finds the cells of a complete DataRow without making an object for any: `places[2 * i]` becomes the offset of cell i
 * in `bytes` and `places[2 * i + 1]` its length, -1 for SQL NULL. Returns the number of cells; throws WireError if the
 * row is malformed (CVE-2026-32286: a negative length) or has more cells than `places` has room for.
 */
export function locateCells(
  bytes: Buffer,
  range: { start: number; end: number },
  places: Int32Array,
): number {
  const { start, end } = range;
  checkHeader(bytes, start, end);
  const count = bytes.readUInt16BE(start + COUNT_AT);
  if (count * 2 > places.length) {
    throw fail('ERR_WIRE_TOO_LONG', `has ${count} cells, ${places.length >> 1} are expected`, COUNT_AT);
  }
  let position = start + CELLS_AT;
  for (let index = 0; index < count; index += 1) {
    if (position + LENGTH_BYTES > end)
      throw fail('ERR_WIRE_TRUNCATED', 'ends within a cell', position - start);
    const length = bytes.readInt32BE(position);
    if (length < -1) throw fail('ERR_WIRE_LENGTH', `has a cell of ${length} bytes`, position - start);
    position += LENGTH_BYTES;
    places[2 * index] = position;
    places[2 * index + 1] = length;
    if (length > 0) position += length;
    if (position > end) throw fail('ERR_WIRE_TRUNCATED', 'ends within a cell', position - start);
  }
  if (position !== end)
    throw fail('ERR_WIRE_TRAILING', `has ${end - position} bytes too many`, position - start);
  return count;
}

function checkHeader(bytes: Buffer, start: number, end: number): void {
  if (start < 0 || end > bytes.length || end - start < CELLS_AT) {
    throw fail('ERR_WIRE_TRUNCATED', `is ${end - start} bytes long`, 0);
  }
  if (bytes[start] !== BackendType.DataRow) throw fail('ERR_WIRE_TYPE', 'was expected', 0);
  if (bytes.readInt32BE(start + 1) !== end - start - 1) {
    throw fail('ERR_WIRE_LENGTH', 'declares another length than its frame', 1);
  }
}

function fail(
  code:
    | 'ERR_WIRE_LENGTH'
    | 'ERR_WIRE_TOO_LONG'
    | 'ERR_WIRE_TRUNCATED'
    | 'ERR_WIRE_TRAILING'
    | 'ERR_WIRE_TYPE',
  problem: string,
  offset: number,
): WireError {
  return new WireError(code, `${NAME} ${problem}`, { source: 'upstream', offset });
}
