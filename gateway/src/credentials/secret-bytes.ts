import { CredentialError } from './errors.ts';
import { Secret } from './secret.ts';

/** Longest secret accepted, in bytes: cloud database tokens are 1 to 4 KB, PostgreSQL takes up to 64 KiB. */
export const MAX_SECRET_BYTES = 32_768;

/**
 * Turns what a source delivered into a {@link Secret}, without one trailing newline (LF or CRLF). Refuses, with
 * ERR_CREDENTIALS_INVALID naming only `origin`, what no upstream could take: nothing, too much, NUL, not UTF-8.
 */
export function secretFromBytes(bytes: Uint8Array, origin: string): Secret {
  if (bytes.length > MAX_SECRET_BYTES) throw invalid(origin, `is longer than ${MAX_SECRET_BYTES} bytes`);
  const value = decode(bytes, origin).replace(/\r?\n$/, '');
  if (value === '') throw invalid(origin, 'is empty');
  if (value.includes('\0')) throw invalid(origin, 'holds a NUL character');
  return new Secret(value);
}

function decode(bytes: Uint8Array, origin: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // The decoder's own error is dropped on purpose: it may quote the input.
    throw invalid(origin, 'is not UTF-8 text');
  }
}

function invalid(origin: string, what: string): CredentialError {
  return new CredentialError('ERR_CREDENTIALS_INVALID', `the secret from ${origin} ${what}`);
}
