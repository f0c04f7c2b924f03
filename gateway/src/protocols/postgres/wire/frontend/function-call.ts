import { type Format, readFormat, writeFormat } from '../format-codes.ts';
import { openMessage } from '../message-reader.ts';
import { MessageWriter } from '../message-writer.ts';
import { readParameterValues, writeParameterValues } from '../parameter-values.ts';
import { FrontendType } from './frontend-type.ts';

/** Calls a function by its oid, past the SQL parser. */
export interface FunctionCall {
  readonly functionOid: number;
  /** None (all text), one (for all) or one an argument; see `formatAt`. */
  readonly argumentFormats: readonly Format[];
  /** Views of the message; undefined is SQL NULL. */
  readonly arguments: readonly (Buffer | undefined)[];
  readonly resultFormat: Format;
}

const FORM = { name: 'FunctionCall', type: FrontendType.FunctionCall, source: 'downstream' } as const;

/** Reads a FunctionCall (protocol-message-formats, FunctionCall). Throws WireError. */
export function decodeFunctionCall(bytes: Buffer, start: number, end: number): FunctionCall {
  const reader = openMessage(bytes, { start, end }, FORM);
  const functionOid = reader.uint32();
  const { formats, values } = readParameterValues(reader);
  const resultFormat = readFormat(reader);
  reader.finish();
  return { functionOid, argumentFormats: formats, arguments: values, resultFormat };
}

/** Writes a FunctionCall. */
export function encodeFunctionCall(call: FunctionCall): Buffer {
  const writer = new MessageWriter(FORM.type).uint32(call.functionOid);
  writeParameterValues(writer, { formats: call.argumentFormats, values: call.arguments });
  writeFormat(writer, call.resultFormat);
  return writer.finish();
}
