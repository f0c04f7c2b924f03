import { type Format, readFormat, writeFormat } from '../format-codes.ts';
import { openMessage } from '../message-reader.ts';
import { MessageWriter } from '../message-writer.ts';
import { BackendType } from './backend-type.ts';

/** One column of a result. */
export interface FieldDescription {
  readonly name: string;
  /** Oid of the table the column comes from as it is; 0 if it is computed. */
  readonly tableOid: number;
  /** Number of the column in that table (negative for system columns); 0 if it is computed. */
  readonly attributeNumber: number;
  readonly typeOid: number;
  /** Bytes of the type; negative if they vary. */
  readonly typeSize: number;
  /** -1 if the type has none. */
  readonly typeModifier: number;
  /** `text` also where it is not known yet, in the answer to a statement's Describe. */
  readonly format: Format;
}

/** The columns of a result. */
export interface RowDescription {
  readonly fields: readonly FieldDescription[];
}

const FORM = { name: 'RowDescription', type: BackendType.RowDescription, source: 'upstream' } as const;
/** An empty name's NUL and the six numbers behind it. */
const LEAST_FIELD_BYTES = 19;

/** Reads a RowDescription (protocol-message-formats, RowDescription). Throws WireError. */
export function decodeRowDescription(bytes: Buffer, start: number, end: number): RowDescription {
  const reader = openMessage(bytes, { start, end }, FORM);
  const count = reader.checkCount(reader.uint16(), LEAST_FIELD_BYTES);
  const fields: FieldDescription[] = [];
  for (let index = 0; index < count; index += 1) {
    fields.push({
      name: reader.cstring(),
      tableOid: reader.uint32(),
      attributeNumber: reader.int16(),
      typeOid: reader.uint32(),
      typeSize: reader.int16(),
      typeModifier: reader.int32(),
      format: readFormat(reader),
    });
  }
  reader.finish();
  return { fields };
}

/** Writes a RowDescription. */
export function encodeRowDescription(fields: readonly FieldDescription[]): Buffer {
  const writer = new MessageWriter(FORM.type).uint16(fields.length);
  for (const field of fields) {
    writer.cstring(field.name).uint32(field.tableOid).int16(field.attributeNumber);
    writer.uint32(field.typeOid).int16(field.typeSize).int32(field.typeModifier);
    writeFormat(writer, field.format);
  }
  return writer.finish();
}
