import { type Format, readFormats, writeFormats } from '../format-codes.ts';
import { openMessage } from '../message-reader.ts';
import { MessageWriter } from '../message-writer.ts';
import { BackendType } from './backend-type.ts';

/** The start of a COPY: from the client (`in`), to it (`out`), or both ways (`both`, replication only). */
export interface CopyResponse {
  readonly direction: 'in' | 'out' | 'both';
  /** Of the whole copy: text (also CSV) or binary. */
  readonly format: Format;
  /** One a column; all `text` in a text copy. */
  readonly columnFormats: readonly Format[];
}

const FORMS = {
  in: { name: 'CopyInResponse', type: BackendType.CopyInResponse, source: 'upstream' },
  out: { name: 'CopyOutResponse', type: BackendType.CopyOutResponse, source: 'upstream' },
  both: { name: 'CopyBothResponse', type: BackendType.CopyBothResponse, source: 'upstream' },
} as const;

/** Reads a CopyInResponse. Throws WireError. */
export function decodeCopyInResponse(bytes: Buffer, start: number, end: number): CopyResponse {
  return decodeCopyResponse(bytes, { start, end }, 'in');
}

/** Reads a CopyOutResponse. Throws WireError. */
export function decodeCopyOutResponse(bytes: Buffer, start: number, end: number): CopyResponse {
  return decodeCopyResponse(bytes, { start, end }, 'out');
}

/** Reads a CopyBothResponse. Throws WireError. */
export function decodeCopyBothResponse(bytes: Buffer, start: number, end: number): CopyResponse {
  return decodeCopyResponse(bytes, { start, end }, 'both');
}

/** Writes a CopyInResponse, CopyOutResponse or CopyBothResponse. */
export function encodeCopyResponse(response: CopyResponse): Buffer {
  const writer = new MessageWriter(FORMS[response.direction].type);
  writer.uint8(response.format === 'binary' ? 1 : 0);
  writeFormats(writer, response.columnFormats);
  return writer.finish();
}

function decodeCopyResponse(
  bytes: Buffer,
  range: { readonly start: number; readonly end: number },
  direction: CopyResponse['direction'],
): CopyResponse {
  const reader = openMessage(bytes, range, FORMS[direction]);
  const code = reader.uint8();
  if (code > 1) throw reader.error('ERR_WIRE_VALUE', `has a format code of ${code}`);
  const columnFormats = readFormats(reader);
  reader.finish();
  return { direction, format: code === 1 ? 'binary' : 'text', columnFormats };
}
