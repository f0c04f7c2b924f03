/** Names of client encodings, as PostgreSQL reads them. */

/** UTF-8 by any name that PostgreSQL has for it. */
const UTF8: ReadonlySet<string> = new Set(['utf8', 'unicode']);

/** Taken in a startup packet as a wish for UTF-8, which every session gets. */
const NO_WISH: ReadonlySet<string> = new Set(['sqlascii', 'auto']);

/** True for a name that means UTF-8: case and everything but ASCII letters and digits are ignored (`pg_char_to_encoding`). */
export function isUtf8(name: string): boolean {
  return UTF8.has(clean(name));
}

/** True for a `client_encoding` of a startup packet that UTF-8 satisfies. asyncpg sends `'utf-8'`, quotes included. */
export function isServedByUtf8(name: string): boolean {
  return isUtf8(name) || NO_WISH.has(clean(name));
}

function clean(name: string): string {
  return name.replaceAll(/[^0-9A-Za-z]/g, '').toLowerCase();
}
