import { ApiError } from './errors.ts';

/**
 * A place in a listing as an opaque word: kind and position. It is no secret and needs no signature: whoever changes it
 * reads another page of what they may read anyway.
 */
export function encodeCursor(kind: string, position: string): string {
  return Buffer.from(`${kind}:${position}`).toString('base64url');
}

/** The position in a cursor of this kind. @throws ApiError `ERR_API_CURSOR` */
export function decodeCursor(kind: string, cursor: string): string {
  const text = /^[A-Za-z0-9_-]+$/.test(cursor) ? Buffer.from(cursor, 'base64url').toString('latin1') : '';
  const position = text.startsWith(`${kind}:`) ? text.slice(kind.length + 1) : '';
  if (!/^[A-Za-z0-9_.]{1,100}$/.test(position)) throw cursorError();
  return position;
}

/** The cursor is damaged or of another query. */
export function cursorError(): ApiError {
  return new ApiError(
    'ERR_API_CURSOR',
    'the cursor does not belong to this query; begin again without it, and keep the other parameters the same from page to page',
  );
}
