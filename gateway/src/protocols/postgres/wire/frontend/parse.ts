import { openMessage } from '../message-reader.ts';
import { MessageWriter } from '../message-writer.ts';
import { FrontendType } from './frontend-type.ts';

/** Prepares a statement. */
export interface Parse {
  /** Name of the prepared statement; empty is the unnamed one. */
  readonly statement: string;
  readonly text: string;
  /** Type oids the client fixes; 0 leaves a type to the server. May be fewer than the parameters in the text. */
  readonly parameterTypes: readonly number[];
}

const FORM = { name: 'Parse', type: FrontendType.Parse, source: 'downstream' } as const;
const OID_BYTES = 4;

/** Reads a Parse (protocol-message-formats, Parse). Throws WireError. */
export function decodeParse(bytes: Buffer, start: number, end: number): Parse {
  const reader = openMessage(bytes, { start, end }, FORM);
  const statement = reader.cstring();
  const text = reader.cstring();
  const count = reader.checkCount(reader.uint16(), OID_BYTES);
  const parameterTypes: number[] = [];
  for (let index = 0; index < count; index += 1) parameterTypes.push(reader.uint32());
  reader.finish();
  return { statement, text, parameterTypes };
}

/** Writes a Parse. */
export function encodeParse(parse: Parse): Buffer {
  const writer = new MessageWriter(FORM.type).cstring(parse.statement).cstring(parse.text);
  writer.uint16(parse.parameterTypes.length);
  for (const oid of parse.parameterTypes) writer.uint32(oid);
  return writer.finish();
}
