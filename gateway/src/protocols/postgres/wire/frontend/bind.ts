import { type Format, readFormats, writeFormats } from '../format-codes.ts';
import { openMessage } from '../message-reader.ts';
import { MessageWriter } from '../message-writer.ts';
import { readParameterValues, writeParameterValues } from '../parameter-values.ts';
import { FrontendType } from './frontend-type.ts';

/** Binds values to a prepared statement and so makes a portal. */
export interface Bind {
  /** Name of the portal; empty is the unnamed one. */
  readonly portal: string;
  /** Name of the prepared statement; empty is the unnamed one. */
  readonly statement: string;
  /** None (all text), one (for all) or one a parameter; see `formatAt`. */
  readonly parameterFormats: readonly Format[];
  /** Views of the message; undefined is SQL NULL. */
  readonly parameters: readonly (Buffer | undefined)[];
  /** None (all text), one (for all) or one a column; see `formatAt`. */
  readonly resultFormats: readonly Format[];
}

const FORM = { name: 'Bind', type: FrontendType.Bind, source: 'downstream' } as const;

/** Reads a Bind (protocol-message-formats, Bind). Throws WireError. */
export function decodeBind(bytes: Buffer, start: number, end: number): Bind {
  const reader = openMessage(bytes, { start, end }, FORM);
  const portal = reader.cstring();
  const statement = reader.cstring();
  const { formats, values } = readParameterValues(reader);
  const resultFormats = readFormats(reader);
  reader.finish();
  return { portal, statement, parameterFormats: formats, parameters: values, resultFormats };
}

/** Writes a Bind. */
export function encodeBind(bind: Bind): Buffer {
  const writer = new MessageWriter(FORM.type).cstring(bind.portal).cstring(bind.statement);
  writeParameterValues(writer, { formats: bind.parameterFormats, values: bind.parameters });
  writeFormats(writer, bind.resultFormats);
  return writer.finish();
}
