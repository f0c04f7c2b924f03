import type { MessageReader } from './message-reader.ts';
import type { MessageWriter } from './message-writer.ts';

/** How a value is written: its type's text form or its binary form. */
export type Format = 'text' | 'binary';

const INT16_BYTES = 2;
const NONE: readonly Format[] = [];

/** Reads one Int16 format code; anything but 0 and 1 is refused, as PostgreSQL does. */
export function readFormat(reader: MessageReader): Format {
  const code = reader.uint16();
  if (code > 1) throw reader.error('ERR_WIRE_VALUE', `has a format code of ${code}`);
  return code === 1 ? 'binary' : 'text';
}

/** Reads a counted list of format codes. */
export function readFormats(reader: MessageReader): readonly Format[] {
  const count = reader.checkCount(reader.uint16(), INT16_BYTES);
  if (count === 0) return NONE;
  const formats: Format[] = [];
  for (let index = 0; index < count; index += 1) formats.push(readFormat(reader));
  return formats;
}

/** Writes one Int16 format code. */
export function writeFormat(writer: MessageWriter, format: Format): void {
  writer.int16(format === 'binary' ? 1 : 0);
}

/** Writes a counted list of format codes. */
export function writeFormats(writer: MessageWriter, formats: readonly Format[]): void {
  writer.uint16(formats.length);
  for (const format of formats) writeFormat(writer, format);
}

/**
 * The format of the value at `index` under the protocol's short forms: no code means all text, one code stands for all
 * values, else there is a code a value (protocol-message-formats, Bind).
 */
export function formatAt(formats: readonly Format[], index: number): Format {
  if (formats.length === 0) return 'text';
  return (formats.length === 1 ? formats[0] : formats[index]) ?? 'text';
}
