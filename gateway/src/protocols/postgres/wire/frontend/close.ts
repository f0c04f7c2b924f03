import { FrontendType } from './frontend-type.ts';
import {
  decodeStatementOrPortal,
  encodeStatementOrPortal,
  type StatementOrPortal,
} from './statement-or-portal.ts';

const FORM = { name: 'Close', type: FrontendType.Close, source: 'downstream' } as const;

/** Reads a Close (protocol-message-formats, Close). Throws WireError. */
export function decodeClose(bytes: Buffer, start: number, end: number): StatementOrPortal {
  return decodeStatementOrPortal(bytes, { start, end }, FORM);
}

/** Writes a Close. */
export function encodeClose(target: StatementOrPortal): Buffer {
  return encodeStatementOrPortal(FORM.type, target);
}
