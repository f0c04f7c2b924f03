import { openMessage } from '../message-reader.ts';
import { MessageWriter } from '../message-writer.ts';
import { FrontendType } from './frontend-type.ts';

/** A simple query: one string that may hold several statements. */
export interface Query {
  readonly text: string;
}

const FORM = { name: 'Query', type: FrontendType.Query, source: 'downstream' } as const;

/** Reads a Query (protocol-message-formats, Query). Throws WireError. */
export function decodeQuery(bytes: Buffer, start: number, end: number): Query {
  const reader = openMessage(bytes, { start, end }, FORM);
  const text = reader.cstring();
  reader.finish();
  return { text };
}

/** Writes a Query. */
export function encodeQuery(text: string): Buffer {
  return new MessageWriter(FORM.type).cstring(text).finish();
}
