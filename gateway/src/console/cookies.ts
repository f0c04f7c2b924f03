/**
 * The cookies of the console. `__Host-` (RFC 6265bis section 4.1.3.2): no other host and no plain HTTP can set one, so
 * nobody can plant a session or a sign-in of theirs.
 */

/** Who is signed in: sent with requests of the console's own pages only. */
export const SESSION_COOKIE = '__Host-sallyport';
/** A sign-in under way. Lax, because the browser comes back from the identity provider's site. */
export const SIGN_IN_COOKIE = '__Host-sallyport-sign-in';

/** Longest header that is looked at. */
const MAX_HEADER = 16 * 1024;

/** The value of a cookie; undefined where it is missing, or there more than once: then somebody plays tricks. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  if (header === undefined || header.length > MAX_HEADER) return undefined;
  const values = header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
  return values.length === 1 ? values[0] : undefined;
}

/** A `Set-Cookie` that scripts cannot read. */
export function writeCookie(
  name: string,
  value: string,
  { maxAgeSeconds, sameSite }: { readonly maxAgeSeconds: number; readonly sameSite: 'Strict' | 'Lax' },
): string {
  return `${name}=${value}; Path=/; Max-Age=${maxAgeSeconds}; Secure; HttpOnly; SameSite=${sameSite}`;
}

/** A `Set-Cookie` that removes one. */
export function clearCookie(name: string): string {
  return writeCookie(name, '', { maxAgeSeconds: 0, sameSite: 'Strict' });
}
