import { readMediaType } from './media-type.ts';
import { type Reading, read, unread } from './reading.ts';

/** One part of a form: what describes it, and its text only where it is a short one. */
export interface FormPart {
  readonly name: string;
  readonly filename?: string;
  /** Essence of its content type, `image/png`. */
  readonly type?: string;
  /** Bytes of its content. */
  readonly size: number;
  /** The content of a field without file name, up to 8 KiB of UTF-8. */
  readonly value?: string;
}

const MOST_PARTS = 200;
const LONGEST_HEAD = 8192;
const LONGEST_VALUE = 8192;
const BOUNDARY = /^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/;
const DISPOSITION = /^form-data((?:[ \t]*;[ \t]*[A-Za-z-]+="[^"\\\0-\x1f\x7f]*")+)[ \t]*$/i;
const PARAMETER = /([A-Za-z-]+)="([^"]*)"/g;
const HEADER = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\r\n\0]*)$/;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads a whole `multipart/form-data` (RFC 7578) that every reader splits alike: no preamble, no epilogue, every `--`
 * and boundary in it a delimiter line of its own, every head in one form. `filename*`, backslashes in names, folded
 * heads, `Content-Transfer-Encoding` and the field `_charset_` are refused.
 */
export function readMultipart(body: Uint8Array, boundary: string | undefined): Reading<readonly FormPart[]> {
  if (boundary === undefined || !BOUNDARY.test(boundary)) return unread('a multipart boundary that is none');
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const contents = split(bytes, Buffer.from(`--${boundary}`));
  if (!contents.ok) return contents;
  const parts: FormPart[] = [];
  for (const content of contents.value) {
    const part = readPart(content);
    if (!part.ok) return part;
    parts.push(part.value);
  }
  return read(parts);
}

function split(bytes: Buffer, delimiter: Buffer): Reading<readonly Buffer[]> {
  const contents: Buffer[] = [];
  let start: number | undefined;
  for (let at = bytes.indexOf(delimiter); at !== -1; at = bytes.indexOf(delimiter, at + 1)) {
    const end = at + delimiter.length;
    const isLineStart = at === 0 || bytes.toString('latin1', at - 2, at) === '\r\n';
    if (!isLineStart || (start === undefined && at !== 0)) return unread('a multipart boundary out of place');
    if (start !== undefined) {
      if (at - 2 < start) return unread('a part without head');
      contents.push(bytes.subarray(start, at - 2));
    }
    if (contents.length > MOST_PARTS) return unread(`more than ${MOST_PARTS} parts`);
    const tail = bytes.toString('latin1', end, end + 4);
    if (tail === '--' || tail === '--\r\n') {
      return end + tail.length === bytes.length ? read(contents) : unread('text behind the last part');
    }
    if (!tail.startsWith('\r\n')) return unread('a multipart boundary out of place');
    start = end + 2;
  }
  return unread('a multipart form without its end');
}

function readPart(content: Buffer): Reading<FormPart> {
  const split = content.indexOf('\r\n\r\n');
  if (split === -1 || split > LONGEST_HEAD) return unread('a part whose head cannot be read');
  const head = readHead(content.subarray(0, split));
  if (!head.ok) return head;
  const data = content.subarray(split + 4);
  const { filename, type } = head.value;
  const value = filename === undefined && (type ?? 'text/plain') === 'text/plain' ? textOf(data) : undefined;
  return read({ ...head.value, size: data.length, ...(value === undefined ? {} : { value }) });
}

function textOf(data: Buffer): string | undefined {
  if (data.length > LONGEST_VALUE) return undefined;
  try {
    return decoder.decode(data);
  } catch {
    return undefined;
  }
}

type Head = Pick<FormPart, 'name' | 'filename' | 'type'>;

function readHead(bytes: Buffer): Reading<Head> {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    return unread('the head of a part that is no UTF-8');
  }
  const headers = new Map<string, string>();
  for (const line of text.split('\r\n')) {
    const [, name, value = ''] = HEADER.exec(line) ?? [];
    const folded = name?.toLowerCase();
    if (folded === undefined || headers.has(folded)) return unread('a part whose head cannot be read');
    headers.set(folded, value.trim());
  }
  if (headers.has('content-transfer-encoding')) return unread('a part with a transfer encoding');
  const named = readDisposition(headers.get('content-disposition'));
  if (!named.ok) return named;
  const contentType = headers.get('content-type');
  const type = contentType === undefined ? undefined : readMediaType(contentType);
  if (type !== undefined && !type.ok) return type;
  return read({ ...named.value, ...(type === undefined ? {} : { type: type.value.essence }) });
}

function readDisposition(text: string | undefined): Reading<Pick<FormPart, 'name' | 'filename'>> {
  const listed = text === undefined ? undefined : DISPOSITION.exec(text)?.[1];
  if (listed === undefined) return unread('a part that does not say its name, or not in one way');
  const parameters = new Map<string, string>();
  for (const [, key = '', value = ''] of listed.matchAll(PARAMETER)) {
    const folded = key.toLowerCase();
    if (parameters.has(folded)) return unread('a part with two names');
    parameters.set(folded, unescaped(value));
  }
  const name = parameters.get('name');
  if (name === undefined || name.toLowerCase() === '_charset_') return unread('a part without a plain name');
  const filename = parameters.get('filename');
  return read({ name, ...(filename === undefined ? {} : { filename }) });
}

/** Undoes what browsers escape in names (WHATWG, multipart/form-data encoding): quotes and line ends only. */
function unescaped(value: string): string {
  return value.replace(/%22|%0D|%0A/gi, (escape) => decodeURIComponent(escape));
}
