import { type Reading, read, unread } from '../../../documents/reading.ts';

/**
 * Methods that requests may have: RFC 9110, `QUERY`, `PATCH` and those of WebDAV that name nothing but their own path.
 * COPY, MOVE and their like name a second path in a header; CONNECT and TRACE are for the proxy itself.
 */
export const HTTP_METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'QUERY',
  'PROPFIND',
  'PROPPATCH',
  'MKCOL',
  'LOCK',
  'UNLOCK',
  'REPORT',
  'SEARCH',
  'PURGE',
] as const;

/** One of {@link HTTP_METHODS}. */
export type HttpMethod = (typeof HTTP_METHODS)[number];

/** What a `POST` may turn into for services that read another method from a form (see `method-overrides.ts`). */
export const FORM_METHODS: readonly HttpMethod[] = ['POST', 'PUT', 'PATCH', 'DELETE'];

const KNOWN: ReadonlySet<string> = new Set(HTTP_METHODS);

/** Reads a method; one in lower case is sent in upper case, since servers differ in what they make of it. */
export function readMethod(token: string): Reading<HttpMethod> {
  const method = token.toUpperCase();
  return isHttpMethod(method) && /^[A-Za-z]+$/.test(token)
    ? read(method)
    : unread('a method that is not known');
}

function isHttpMethod(method: string): method is HttpMethod {
  return KNOWN.has(method);
}

/** Whether the request asks to change nothing (RFC 9110, 9.2.1), so that its parameters select and compare. */
export function isSafe(method: HttpMethod): boolean {
  return SAFE.has(method);
}

const SAFE: ReadonlySet<HttpMethod> = new Set<HttpMethod>([
  'GET',
  'HEAD',
  'OPTIONS',
  'QUERY',
  'PROPFIND',
  'REPORT',
  'SEARCH',
]);
