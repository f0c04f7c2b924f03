/**
 * The fields that this codec, and everybody on the way, treats in a way of its own. Sources: RFC 9110 (fields, sections
 * 5.3, 6.5.1, 7.6.1 and 7.8), RFC 9112, RFC 9113 section 3.2.1 (HTTP2-Settings), RFC 6265 section 5.4 (one Cookie).
 */

/** More than one line in a request is refused: recipients disagree on which of them counts. */
export const ONCE_IN_REQUEST = 1;
/** More than one line in a response is refused. */
export const ONCE_IN_RESPONSE = 2;
/** Concerns one connection: never copied to the other side, and the codec writes its own where one is needed. */
export const HOP = 4;
/** Must not come as a trailer: it frames, routes, authenticates, or steers how the content is read. */
export const NOT_IN_TRAILER = 8;
/** Written by the encoders alone: {@link HOP} fields, Host, Content-Length and Expect. */
export const OURS = 16;

/** One known field. */
export interface KnownField {
  /** In lower case. */
  readonly name: string;
  readonly flags: number;
  /** Place in {@link KNOWN_FIELDS}. */
  readonly id: number;
}

const once = ONCE_IN_REQUEST | ONCE_IN_RESPONSE | NOT_IN_TRAILER;
const onceAsked = ONCE_IN_REQUEST | NOT_IN_TRAILER;
const hop = HOP | NOT_IN_TRAILER | OURS;

const FLAGS: Readonly<Record<string, number>> = {
  host: once | OURS,
  'content-length': once | OURS,
  'transfer-encoding': once | hop,
  connection: hop,
  expect: once | OURS,
  upgrade: once | hop,
  'keep-alive': hop,
  'proxy-connection': hop,
  'proxy-authenticate': hop,
  'proxy-authorization': once | hop,
  'proxy-authentication-info': hop,
  te: hop,
  trailer: hop,
  'http2-settings': hop,
  authorization: once,
  cookie: onceAsked,
  origin: onceAsked,
  referer: onceAsked,
  'user-agent': onceAsked,
  'max-forwards': onceAsked,
  range: onceAsked,
  'if-range': onceAsked,
  'if-modified-since': onceAsked,
  'if-unmodified-since': onceAsked,
  'if-match': NOT_IN_TRAILER,
  'if-none-match': NOT_IN_TRAILER,
  'content-type': once,
  'content-location': once,
  'content-range': once,
  'content-encoding': NOT_IN_TRAILER,
  location: once,
  etag: ONCE_IN_REQUEST | ONCE_IN_RESPONSE,
  'cache-control': NOT_IN_TRAILER,
  pragma: NOT_IN_TRAILER,
  'set-cookie': NOT_IN_TRAILER,
  'www-authenticate': NOT_IN_TRAILER,
  age: NOT_IN_TRAILER,
  date: NOT_IN_TRAILER,
  expires: NOT_IN_TRAILER,
  'retry-after': NOT_IN_TRAILER,
  vary: NOT_IN_TRAILER,
  warning: NOT_IN_TRAILER,
  'sec-websocket-key': once,
  'sec-websocket-accept': once,
  'sec-websocket-version': onceAsked,
};

/** All known fields. */
export const KNOWN_FIELDS: readonly KnownField[] = Object.entries(FLAGS).map(([name, flags], id) => ({
  name,
  flags,
  id,
}));

const BY_LENGTH: readonly (readonly KnownField[])[] = Array.from({ length: 32 }, (_, length) =>
  KNOWN_FIELDS.filter((field) => field.name.length === length),
);

const NONE: readonly KnownField[] = [];
const UPPER_A = 0x41;
const UPPER_Z = 0x5a;
const TO_LOWER = 0x20;

/** Whether `text[start, end)` is `lowerName`, in any case. */
export function isNamed(text: string, start: number, end: number, lowerName: string): boolean {
  if (end - start !== lowerName.length) return false;
  for (let index = 0; index < lowerName.length; index += 1) {
    const code = text.charCodeAt(start + index);
    const lower = code >= UPPER_A && code <= UPPER_Z ? code + TO_LOWER : code;
    if (lower !== lowerName.charCodeAt(index)) return false;
  }
  return true;
}

/** The known field whose name is `text[start, end)`, in any case. */
export function knownField(text: string, start: number, end: number): KnownField | undefined {
  for (const field of BY_LENGTH[end - start] ?? NONE) {
    if (isNamed(text, start, end, field.name)) return field;
  }
  return undefined;
}
