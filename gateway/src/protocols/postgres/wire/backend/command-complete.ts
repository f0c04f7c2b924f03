import { openMessage } from '../message-reader.ts';
import { MessageWriter } from '../message-writer.ts';
import { BackendType } from './backend-type.ts';

/** The end of one statement. */
export interface CommandComplete {
  /** As sent, for instance `INSERT 0 5`. */
  readonly tag: string;
  /** The tag without its numbers: `INSERT`. */
  readonly command: string;
  /** Rows the statement returned or changed; undefined where the tag has no count. */
  readonly rows: number | undefined;
}

const FORM = { name: 'CommandComplete', type: BackendType.CommandComplete, source: 'upstream' } as const;
/** What MAX_SAFE_INTEGER surely exceeds: no count has more digits. */
const MAX_DIGITS = 15;

/** Reads a CommandComplete (protocol-message-formats, CommandComplete). Throws WireError. */
export function decodeCommandComplete(bytes: Buffer, start: number, end: number): CommandComplete {
  const reader = openMessage(bytes, { start, end }, FORM);
  const tag = reader.cstring();
  reader.finish();
  const words = tag.split(' ');
  const last = words.at(-1) ?? '';
  if (words.length < 2 || !isDigits(last)) return { tag, command: tag, rows: undefined };
  if (last.length > MAX_DIGITS) throw reader.error('ERR_WIRE_VALUE', 'counts more rows than there can be');
  // INSERT has the oid of the row, always 0 by now, before its count.
  const isOidGiven = words.length > 2 && isDigits(words.at(-2) ?? '');
  const command = words.slice(0, isOidGiven ? -2 : -1).join(' ');
  return { tag, command, rows: Number(last) };
}

function isDigits(word: string): boolean {
  return /^[0-9]+$/.test(word);
}

/** Writes a CommandComplete with its whole tag. */
export function encodeCommandComplete(tag: string): Buffer {
  return new MessageWriter(FORM.type).cstring(tag).finish();
}
