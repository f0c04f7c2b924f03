import { openMessage } from '../message-reader.ts';
import { MessageWriter } from '../message-writer.ts';
import { FrontendType } from './frontend-type.ts';

/** Ends a COPY FROM STDIN with an error. */
export interface CopyFail {
  /** Why, in the client's words. */
  readonly reason: string;
}

const FORM = { name: 'CopyFail', type: FrontendType.CopyFail, source: 'downstream' } as const;

/** Reads a CopyFail (protocol-message-formats, CopyFail). Throws WireError. */
export function decodeCopyFail(bytes: Buffer, start: number, end: number): CopyFail {
  const reader = openMessage(bytes, { start, end }, FORM);
  const reason = reader.cstring();
  reader.finish();
  return { reason };
}

/** Writes a CopyFail. */
export function encodeCopyFail(reason: string): Buffer {
  return new MessageWriter(FORM.type).cstring(reason).finish();
}
