import { openMessage } from '../message-reader.ts';
import { MessageWriter } from '../message-writer.ts';
import { FrontendType } from './frontend-type.ts';

/** Runs a portal. */
export interface Execute {
  /** Name of the portal; empty is the unnamed one. */
  readonly portal: string;
  /** Most rows to return before the portal is suspended; 0 is no limit. */
  readonly maxRows: number;
}

const FORM = { name: 'Execute', type: FrontendType.Execute, source: 'downstream' } as const;

/**
 * Reads an Execute (protocol-message-formats, Execute). Throws WireError, also on a negative row count: PostgreSQL
 * takes it as no limit, and a number below a limit that means no limit at all is a trap for whoever compares the two.
 */
export function decodeExecute(bytes: Buffer, start: number, end: number): Execute {
  const reader = openMessage(bytes, { start, end }, FORM);
  const portal = reader.cstring();
  const maxRows = reader.int32();
  if (maxRows < 0) throw reader.error('ERR_WIRE_VALUE', `asks for ${maxRows} rows; 0 means all`);
  reader.finish();
  return { portal, maxRows };
}

/** Writes an Execute. */
export function encodeExecute(execute: Execute): Buffer {
  return new MessageWriter(FORM.type).cstring(execute.portal).int32(execute.maxRows).finish();
}
