import { openMessage } from '../message-reader.ts';
import { MessageWriter } from '../message-writer.ts';
import { BackendType } from './backend-type.ts';

/** The value of a setting that the server reports at start and at each change. */
export interface ParameterStatus {
  readonly name: string;
  readonly value: string;
}

const FORM = { name: 'ParameterStatus', type: BackendType.ParameterStatus, source: 'upstream' } as const;

/** Reads a ParameterStatus (protocol-message-formats, ParameterStatus). Throws WireError. */
export function decodeParameterStatus(bytes: Buffer, start: number, end: number): ParameterStatus {
  const reader = openMessage(bytes, { start, end }, FORM);
  const name = reader.cstring();
  const value = reader.cstring();
  reader.finish();
  return { name, value };
}

/** Writes a ParameterStatus. */
export function encodeParameterStatus(name: string, value: string): Buffer {
  return new MessageWriter(FORM.type).cstring(name).cstring(value).finish();
}
