import { isIPv4 } from 'node:net';

/**
 * Whether `text` may be an issuer identifier: https without query or fragment (OpenID Connect Discovery 1.0
 * section 3), http only for loopback, no user name in it.
 */
export function isAllowedIssuerUrl(text: string): boolean {
  const url = parseFetchable(text);
  return url !== undefined && !text.includes('?') && !text.includes('#');
}

/**
 * Whether keys may be fetched from `text`. Keys of an https issuer are not fetched by http, not even from
 * loopback: a discovery document must not point the gateway at its own neighbours in the clear.
 */
export function isAllowedKeySetUrl(text: string, issuer?: string): boolean {
  const url = parseFetchable(text);
  if (url === undefined) return false;
  return issuer === undefined || url.protocol === 'https:' || new URL(issuer).protocol === 'http:';
}

/**
 * Where an issuer publishes its metadata (OpenID Connect Discovery 1.0 section 4.1: a terminating slash of the
 * issuer is removed before the suffix is added).
 */
export function discoveryUrl(issuer: string): string {
  return `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
}

function parseFetchable(text: string): URL | undefined {
  // The WHATWG parser drops tabs and newlines and trims blanks; an identifier that needs it is not one.
  if (/[\s\p{Cc}\\]/u.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return undefined;
  if (url.protocol === 'https:') return url;
  return url.protocol === 'http:' && isLoopback(url.hostname) ? url : undefined;
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' || hostname === '[::1]' || (isIPv4(hostname) && hostname.startsWith('127.'))
  );
}
