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
/** Every number of so many digits is a safe integer; no count has more. */
const MAX_DIGITS = 15;

/** Reads a CommandComplete (protocol-message-formats, CommandComplete). Throws WireError. */
export function decodeCommandComplete(bytes: Buffer, start: number, end: number): CommandComplete {
  const reader = openMessage(bytes, { start, end }, FORM);
  const tag = reader.cstring();
  reader.finish();
  const count = lastWord(tag);
  if (!isNumber(count)) return { tag, command: tag, rows: undefined };
  if (count.length > MAX_DIGITS) throw reader.error('ERR_WIRE_VALUE', 'counts more rows than there can be');
  const rest = withoutLastWord(tag, count);
  // INSERT has the oid of its row, always 0 by now, before its count.
  const oid = lastWord(rest);
  return { tag, command: isNumber(oid) ? withoutLastWord(rest, oid) : rest, rows: Number(count) };
}

/** What stands behind the last space; empty if there is none. Makes no array: a hostile tag may be all spaces. */
function lastWord(text: string): string {
  const space = text.lastIndexOf(' ');
  return space === -1 ? '' : text.slice(space + 1);
}

function withoutLastWord(text: string, word: string): string {
  return text.slice(0, text.length - word.length - 1);
}

function isNumber(word: string): boolean {
  return /^[0-9]+$/.test(word);
}

/** Writes a CommandComplete with its whole tag. */
export function encodeCommandComplete(tag: string): Buffer {
  return new MessageWriter(FORM.type).cstring(tag).finish();
}
