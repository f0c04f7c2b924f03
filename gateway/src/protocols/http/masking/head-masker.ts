/** Masks of the fields of a response's head and trailers, and what else its head may not say of a body that is changed. */
import { leavesText, type MaskContext } from './body-masker.ts';
import type { HeadPairs } from './response-facts.ts';

/** About the bytes of the body as the service sent it: its length, its digest, parts of it. */
const ABOUT_BYTES: ReadonlySet<string> = new Set([
  'accept-ranges',
  'content-digest',
  'content-encoding',
  'content-length',
  'content-md5',
  'content-range',
  'delta-base',
  'digest',
  'etag',
  'im',
  'repr-digest',
  'signature',
  'signature-input',
  'unencoded-digest',
  'x-amz-checksum-crc32',
  'x-amz-checksum-sha1',
  'x-amz-checksum-sha256',
  'x-goog-hash',
]);

/** How the message is sent. No name of a field is theirs; what they say beyond that is looked through. */
const PLAIN: Readonly<Record<string, RegExp>> = {
  connection: /^$/,
  'content-type': /^[\w.+-]+\/[\w.+-]+(?:; ?charset="?[\w-]+"?)?$/,
  date: /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/,
  'keep-alive': /^$/,
  trailer: /^$/,
  'transfer-encoding': /^chunked$/,
  upgrade: /^$/,
  vary: /^(?:\*|[A-Za-z-]+(?:, ?[A-Za-z-]+)*)$/,
};

/** Whatever a field's value may hold: visible ASCII, blanks, and bytes beyond. */
const VALUE = /^[\x20-\x7e\x80-\xff\t]*$/;
const COOKIE_VALUE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/;
const REPLACED = 'redacted';

/** The fields as they are sent on. */
export function maskHead(context: MaskContext, fields: HeadPairs): HeadPairs {
  return fields.flatMap(([name, value]) => {
    const lower = name.toLowerCase();
    if (ABOUT_BYTES.has(lower)) return [];
    const masked = maskValue(context, lower, value);
    return masked === undefined || isFound(context, name) ? [] : [[name, masked] as const];
  });
}

function maskValue(context: MaskContext, lower: string, value: string): string | undefined {
  const plain = Object.hasOwn(PLAIN, lower) ? PLAIN[lower] : undefined;
  if (plain !== undefined) return plain.test(value) || !isFound(context, value) ? value : undefined;
  return lower === 'set-cookie' ? maskCookie(context, value) : maskField(context, lower, value);
}

/** Whether a detector finds something in what cannot be replaced: names, and what frames a message. */
function isFound(context: MaskContext, text: string): boolean {
  return context.replaceFindings(text, context.fields.root.mask) !== undefined;
}

function maskField(context: MaskContext, lower: string, value: string): string | undefined {
  return masked(context, [lower], value, VALUE);
}

/** `name=value; attributes` (RFC 6265): the value by the name of the cookie, the rest by content. */
function maskCookie(context: MaskContext, cookie: string): string | undefined {
  const semicolon = cookie.indexOf(';');
  const pair = semicolon === -1 ? cookie : cookie.slice(0, semicolon);
  const attributes = semicolon === -1 ? '' : cookie.slice(semicolon);
  const equals = pair.indexOf('=');
  const name = equals === -1 ? '' : pair.slice(0, equals).trim();
  if (isFound(context, name)) return undefined;
  const value = masked(context, ['set-cookie', name], pair.slice(equals + 1).trim(), COOKIE_VALUE);
  if (value === undefined) return undefined;
  const rest = masked(context, ['set-cookie'], attributes, VALUE);
  if (rest === undefined) return undefined;
  return equals === -1 ? value + rest : `${name}=${value}${rest}`;
}

/** Undefined where the field is left out. */
function masked(
  context: MaskContext,
  names: readonly string[],
  value: string,
  allowed: RegExp,
): string | undefined {
  let field = context.fields.root;
  for (const name of names) field = field.member(name);
  if (value === '' || leavesText(field.mask)) return value;
  const text = Buffer.from(value, 'latin1').toString('utf8');
  const replaced = context.maskText(text, field.mask);
  if (replaced === undefined) return value;
  if (replaced === null) return undefined;
  const bytes = Buffer.from(replaced).toString('latin1');
  return allowed.test(bytes) && bytes.trim() === bytes ? bytes : REPLACED;
}
