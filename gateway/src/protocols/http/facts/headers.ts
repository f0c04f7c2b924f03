import { type Reading, read, unread } from '../../../documents/reading.ts';

/** Header fields as they came: names in any case, in order, duplicates apart. */
export type HeaderFields = readonly (readonly [name: string, value: string])[];

/** Headers of a request in one form: names in lower case, values in order. */
export type Headers = ReadonlyMap<string, readonly string[]>;

const MOST_FIELDS = 200;
const MOST_BYTES = 64 * 1024;
const NAME = /^[!#$%&'*+\-.^`|~0-9A-Za-z]+$/;
/** RFC 9110, 5.5: visible characters, spaces and tabs; no line ends, no NUL, no bytes beyond ASCII. */
const VALUE = /^[\t -~]*$/;

/** By these a service takes another method or path than the one that was judged. */
const OVERRIDES: ReadonlySet<string> = new Set([
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
  'x-original-url',
  'x-original-uri',
  'x-original-method',
  'x-rewrite-url',
  'x-override-url',
  'x-forwarded-uri',
  'x-forwarded-path',
  'x-forwarded-method',
  'x-http-destinationurl',
]);

/** Comes once or not at all. */
const SINGLE: readonly string[] = ['content-type', 'content-encoding', 'host', 'authorization'];

/** Who asks, which is the principal's affair, and for which host, which HTTP/2 says elsewhere: no headers to rules. */
const HIDDEN: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'x-api-key',
  'api-key',
  'host',
]);

/** What a service makes of a request beyond its method and path. */
export interface HeaderOptions {
  /** `ignored`: the service knows no method overrides, so their headers say nothing. */
  readonly methodOverride: 'refuse' | 'ignored';
}

/**
 * Reads header fields. Names with an underscore are refused, because CGI and WSGI cannot tell `X_User` from `X-User`;
 * headers that override method or path too, and those of which there may be only one.
 */
export function readHeaders(fields: HeaderFields, options: HeaderOptions): Reading<Headers> {
  if (fields.length > MOST_FIELDS) return unread(`more than ${MOST_FIELDS} header fields`);
  const headers = new Map<string, string[]>();
  let bytes = 0;
  for (const [name, value] of fields) {
    bytes += name.length + value.length;
    if (bytes > MOST_BYTES) return unread(`more than ${MOST_BYTES} bytes of headers`);
    if (name.includes('_')) return unread('a header name with an underscore');
    if (!NAME.test(name) || !VALUE.test(value)) return unread('a header field that cannot be read');
    const folded = name.toLowerCase();
    if (OVERRIDES.has(folded) && !(options.methodOverride === 'ignored' && folded.includes('method'))) {
      return unread(`the header ${folded}, which overrides what was asked for`);
    }
    const list = headers.get(folded);
    if (list === undefined) headers.set(folded, [value.trim()]);
    else list.push(value.trim());
  }
  const twice = SINGLE.find((name) => (headers.get(name)?.length ?? 0) > 1);
  return twice === undefined ? read(headers) : unread(`the header ${twice} twice`);
}

/** What rules may see of headers: all but credentials and the host. */
export function visibleHeaders(headers: Headers): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries([...headers].filter(([name]) => !HIDDEN.has(name)));
}
