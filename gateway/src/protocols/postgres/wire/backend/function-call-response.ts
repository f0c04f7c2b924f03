import { openMessage } from '../message-reader.ts';
import { MessageWriter } from '../message-writer.ts';
import { BackendType } from './backend-type.ts';

/** The result of a FunctionCall. */
export interface FunctionCallResponse {
  /** View of the message; undefined is SQL NULL. */
  readonly value: Buffer | undefined;
}

const FORM = {
  name: 'FunctionCallResponse',
  type: BackendType.FunctionCallResponse,
  source: 'upstream',
} as const;

/** Reads a FunctionCallResponse (protocol-message-formats, FunctionCallResponse). Throws WireError. */
export function decodeFunctionCallResponse(bytes: Buffer, start: number, end: number): FunctionCallResponse {
  const reader = openMessage(bytes, { start, end }, FORM);
  const value = reader.value();
  reader.finish();
  return { value };
}

/** Writes a FunctionCallResponse. */
export function encodeFunctionCallResponse(value: Uint8Array | undefined): Buffer {
  return new MessageWriter(FORM.type).value(value).finish();
}
