import { type Format, readFormats, writeFormats } from './format-codes.ts';
import type { MessageReader } from './message-reader.ts';
import type { MessageWriter } from './message-writer.ts';

/** Values with their format codes, as Bind and FunctionCall carry them. */
export interface ParameterValues {
  /** None (all text), one (for all) or as many as there are values. */
  readonly formats: readonly Format[];
  /** Views of the message; undefined is SQL NULL. */
  readonly values: readonly (Buffer | undefined)[];
}

const LENGTH_BYTES = 4;

/** Reads format codes and values; codes that are neither none, one nor one a value are refused, as PostgreSQL does. */
export function readParameterValues(reader: MessageReader): ParameterValues {
  const formats = readFormats(reader);
  const count = reader.checkCount(reader.uint16(), LENGTH_BYTES);
  if (formats.length > 1 && formats.length !== count) {
    throw reader.error('ERR_WIRE_VALUE', `has ${formats.length} format codes for ${count} values`);
  }
  const values: (Buffer | undefined)[] = [];
  for (let index = 0; index < count; index += 1) values.push(reader.value());
  return { formats, values };
}

/** Writes format codes and values. */
export function writeParameterValues(writer: MessageWriter, parameters: ParameterValues): void {
  writeFormats(writer, parameters.formats);
  writer.uint16(parameters.values.length);
  for (const value of parameters.values) writer.value(value);
}
