/**
 * One encoding of structured values, so that two of them have the same digest exactly when they are the same:
 * every value is a type byte, its length and its bytes, so that no value can run into the next (no delimiter to inject).
 */
import { createHash } from 'node:crypto';

/** What can be encoded. An object's members are a set: their order does not count. */
export type Canonical =
  | string
  | number
  | boolean
  | null
  | undefined
  | Uint8Array
  | readonly Canonical[]
  | { readonly [key: string]: Canonical };

/**
 * SHA-256 of the value under a name that says what is digested; hex.
 * @throws TypeError for a number that is not finite
 */
export function canonicalDigest(purpose: string, value: Canonical): string {
  const hash = createHash('sha256');
  encode((bytes) => hash.update(bytes), [`sallyport:${purpose}`, value]);
  return hash.digest('hex');
}

function encode(put: (bytes: Uint8Array | string) => void, value: Canonical): void {
  if (value === null || value === undefined) put(value === null ? 'n' : 'u');
  else if (typeof value === 'boolean') put(value ? 't' : 'f');
  else if (typeof value === 'number') sized(put, 'd', Buffer.from(numberText(value)));
  else if (typeof value === 'string') text(put, value);
  else if (value instanceof Uint8Array) sized(put, 'b', value);
  else if (isList(value)) list(put, 'l', value);
  else {
    const members = Object.entries(value).toSorted(([left], [right]) => byUnits(left, right));
    list(put, 'o', members.flat());
  }
}

/** A text that has no UTF-8 (a lone surrogate) is kept apart from every text that has. */
function text(put: (bytes: Uint8Array | string) => void, value: string): void {
  if (value.isWellFormed()) sized(put, 's', Buffer.from(value, 'utf8'));
  else sized(put, 'w', Buffer.from(value, 'utf16le'));
}

function list(put: (bytes: Uint8Array | string) => void, type: string, values: readonly Canonical[]): void {
  put(`${type}${values.length}:`);
  for (const value of values) encode(put, value);
}

function sized(put: (bytes: Uint8Array | string) => void, type: string, bytes: Uint8Array): void {
  put(`${type}${bytes.length}:`);
  put(bytes);
}

function numberText(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError('only finite numbers have a digest');
  return Object.is(value, -0) ? '0' : String(value);
}

/** Order by UTF-16 units: total, and the same everywhere. */
export function byUnits(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function isList(
  value: readonly Canonical[] | { readonly [key: string]: Canonical },
): value is readonly Canonical[] {
  return Array.isArray(value);
}
