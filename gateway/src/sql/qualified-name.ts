/** A name part that PostgreSQL's `quote_ident` leaves bare, but for reserved words, which stay bare here too. */
const BARE = /^[a-z_][a-z0-9_$]*$/;

/**
 * Joins name parts with `.`; a part that is not a plain lower-case identifier is put in double quotes with inner
 * quotes doubled. The part `*` (all columns, all tables) stays bare; an identifier that is really named `*` is
 * quoted, so the two cannot be confused: pass the wildcard as {@link WILDCARD}.
 */
export function formatName(parts: readonly NamePart[]): string {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? formatPart(only) : parts.map(formatPart).join('.');
}

/** Stands for "every one" in {@link formatName} and {@link parseName}. */
export const WILDCARD: unique symbol = Symbol('every one');

/** An identifier as the server knows it (case folded, unquoted), or the wildcard. */
export type NamePart = string | typeof WILDCARD;

/** One part of a name, as {@link formatName} writes it. */
export function formatPart(part: NamePart): string {
  if (part === WILDCARD) return '*';
  return BARE.test(part) ? part : `"${part.replaceAll('"', '""')}"`;
}

/** Inverse of {@link formatName}; `undefined` when the text is not in that form. */
export function parseName(text: string): NamePart[] | undefined {
  const parts: NamePart[] = [];
  let at = 0;
  for (;;) {
    const part = text[at] === '"' ? quotedPart(text, at) : barePart(text, at);
    if (part === undefined) return undefined;
    parts.push(part.value);
    if (part.end === text.length) return parts;
    if (text[part.end] !== '.') return undefined;
    at = part.end + 1;
  }
}

interface ParsedPart {
  readonly value: NamePart;
  readonly end: number;
}

function barePart(text: string, start: number): ParsedPart | undefined {
  const dot = text.indexOf('.', start);
  const end = dot < 0 ? text.length : dot;
  const value = text.slice(start, end);
  if (value === '*') return { value: WILDCARD, end };
  return BARE.test(value) ? { value, end } : undefined;
}

function quotedPart(text: string, start: number): ParsedPart | undefined {
  let value = '';
  let at = start + 1;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return undefined;
    value += text.slice(at, quote);
    if (text[quote + 1] !== '"') return { value, end: quote + 1 };
    value += '"';
    at = quote + 2;
  }
}

/** PostgreSQL's NAMEDATALEN less its NUL: longer identifiers are cut, not refused. */
const MAX_NAME_BYTES = 63;

/** Cuts an identifier as PostgreSQL does: at 63 bytes, never inside a character. */
function clip(name: string): string {
  if (Buffer.byteLength(name) <= MAX_NAME_BYTES) return name;
  let clipped = '';
  let bytes = 0;
  for (const character of name) {
    bytes += Buffer.byteLength(character);
    if (bytes > MAX_NAME_BYTES) break;
    clipped += character;
  }
  return clipped;
}

/** PostgreSQL folds ASCII only (in UTF-8), and knows no other white space. */
function fold(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/**
 * Splits a comma-separated list of identifiers as PostgreSQL's SplitIdentifierString does for `search_path`: bare names
 * are folded to lower case, quoted ones kept, long ones cut. `undefined` when the server would refuse the value.
 */
export function parseIdentifierList(text: string): string[] | undefined {
  if (/^[ \t\n\r\f\v]*$/.test(text)) return [];
  const names: string[] = [];
  const item = /[ \t\n\r\f\v]*(?:"((?:[^"]|"")*)"|([^ \t\n\r\f\v,"][^ \t\n\r\f\v,]*))[ \t\n\r\f\v]*(,|$)/y;
  for (;;) {
    const match = item.exec(text);
    if (match === null) return undefined;
    const [, quoted, bare = '', separator] = match;
    names.push(clip(quoted === undefined ? fold(bare) : quoted.replaceAll('""', '"')));
    if (separator === '') return names;
  }
}
