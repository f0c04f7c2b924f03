import { FrontendType } from './frontend-type.ts';
import {
  decodeStatementOrPortal,
  encodeStatementOrPortal,
  type StatementOrPortal,
} from './statement-or-portal.ts';

const FORM = { name: 'Describe', type: FrontendType.Describe, source: 'downstream' } as const;

/** Reads a Describe (protocol-message-formats, Describe). Throws WireError. */
export function decodeDescribe(bytes: Buffer, start: number, end: number): StatementOrPortal {
  return decodeStatementOrPortal(bytes, { start, end }, FORM);
}

/** Writes a Describe. */
export function encodeDescribe(target: StatementOrPortal): Buffer {
  return encodeStatementOrPortal(FORM.type, target);
}
