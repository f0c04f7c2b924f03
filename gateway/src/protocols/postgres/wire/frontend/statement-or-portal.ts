import { type MessageForm, openMessage } from '../message-reader.ts';
import { MessageWriter } from '../message-writer.ts';

/** What a Describe or Close is about. */
export interface StatementOrPortal {
  readonly kind: 'statement' | 'portal';
  /** Empty is the unnamed one. */
  readonly name: string;
}

const STATEMENT = 0x53;
const PORTAL = 0x50;

/** Reads the body that Describe and Close have in common: `S` or `P`, then a name. */
export function decodeStatementOrPortal(
  bytes: Buffer,
  range: { readonly start: number; readonly end: number },
  form: MessageForm,
): StatementOrPortal {
  const reader = openMessage(bytes, range, form);
  const code = reader.uint8();
  if (code !== STATEMENT && code !== PORTAL) {
    throw reader.error('ERR_WIRE_VALUE', 'is about neither a statement (S) nor a portal (P)');
  }
  const name = reader.cstring();
  reader.finish();
  return { kind: code === STATEMENT ? 'statement' : 'portal', name };
}

/** Writes a message of `type` with the body of Describe and Close. */
export function encodeStatementOrPortal(type: number, target: StatementOrPortal): Buffer {
  const code = target.kind === 'statement' ? STATEMENT : PORTAL;
  return new MessageWriter(type).uint8(code).cstring(target.name).finish();
}
