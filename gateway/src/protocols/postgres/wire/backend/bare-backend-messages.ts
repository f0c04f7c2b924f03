import { encodeBareMessage } from '../bare-message.ts';
import { BackendType } from './backend-type.ts';

/** Writes a ParseComplete. */
export function encodeParseComplete(): Buffer {
  return encodeBareMessage(BackendType.ParseComplete);
}

/** Writes a BindComplete. */
export function encodeBindComplete(): Buffer {
  return encodeBareMessage(BackendType.BindComplete);
}

/** Writes a CloseComplete. */
export function encodeCloseComplete(): Buffer {
  return encodeBareMessage(BackendType.CloseComplete);
}

/** Writes a NoData. */
export function encodeNoData(): Buffer {
  return encodeBareMessage(BackendType.NoData);
}

/** Writes an EmptyQueryResponse. */
export function encodeEmptyQueryResponse(): Buffer {
  return encodeBareMessage(BackendType.EmptyQueryResponse);
}

/** Writes a PortalSuspended. */
export function encodePortalSuspended(): Buffer {
  return encodeBareMessage(BackendType.PortalSuspended);
}
