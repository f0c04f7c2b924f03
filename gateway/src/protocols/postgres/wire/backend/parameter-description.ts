import { openMessage } from '../message-reader.ts';
import { MessageWriter } from '../message-writer.ts';
import { BackendType } from './backend-type.ts';

/** The parameter types of a prepared statement. */
export interface ParameterDescription {
  readonly typeOids: readonly number[];
}

const FORM = {
  name: 'ParameterDescription',
  type: BackendType.ParameterDescription,
  source: 'upstream',
} as const;
const OID_BYTES = 4;

/** Reads a ParameterDescription (protocol-message-formats, ParameterDescription). Throws WireError. */
export function decodeParameterDescription(bytes: Buffer, start: number, end: number): ParameterDescription {
  const reader = openMessage(bytes, { start, end }, FORM);
  const count = reader.checkCount(reader.uint16(), OID_BYTES);
  const typeOids: number[] = [];
  for (let index = 0; index < count; index += 1) typeOids.push(reader.uint32());
  reader.finish();
  return { typeOids };
}

/** Writes a ParameterDescription. */
export function encodeParameterDescription(typeOids: readonly number[]): Buffer {
  const writer = new MessageWriter(FORM.type).uint16(typeOids.length);
  for (const oid of typeOids) writer.uint32(oid);
  return writer.finish();
}
