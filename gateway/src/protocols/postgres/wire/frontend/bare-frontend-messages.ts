import { encodeBareMessage } from '../bare-message.ts';
import { toTypeName, WireError } from '../errors.ts';
import { openMessage } from '../message-reader.ts';
import { FrontendType } from './frontend-type.ts';

const NAMES: ReadonlyMap<number, string> = new Map([
  [FrontendType.Sync, 'Sync'],
  [FrontendType.Flush, 'Flush'],
  [FrontendType.Terminate, 'Terminate'],
  [FrontendType.CopyDone, 'CopyDone'],
]);

/**
 * Checks that a Sync, Flush, Terminate or CopyDone is only a header; bytes behind it are bytes that nobody judged.
 * Throws WireError.
 */
export function checkBareMessage(bytes: Buffer, start: number, end: number): void {
  const type = bytes[start] ?? 0;
  const name = NAMES.get(type);
  if (name === undefined) {
    const message = `message type ${toTypeName(type)} is not one without a body`;
    throw new WireError('ERR_WIRE_TYPE', message, { source: 'downstream', offset: 0 });
  }
  openMessage(bytes, { start, end }, { name, type, source: 'downstream' }).finish();
}

/** Writes a Sync. */
export function encodeSync(): Buffer {
  return encodeBareMessage(FrontendType.Sync);
}

/** Writes a Flush. */
export function encodeFlush(): Buffer {
  return encodeBareMessage(FrontendType.Flush);
}

/** Writes a Terminate. */
export function encodeTerminate(): Buffer {
  return encodeBareMessage(FrontendType.Terminate);
}

/** Writes a CopyDone. */
export function encodeCopyDone(): Buffer {
  return encodeBareMessage(FrontendType.CopyDone);
}
