import { GatewayError } from '../model/gateway-error.ts';

/** Codes of {@link AuditError}. */
export type AuditErrorCode =
  /** The disk refused a write or a sync; appends reject until the log has recovered. */
  | 'ERR_AUDIT_UNWRITABLE'
  /** Another process holds the data folder. */
  | 'ERR_AUDIT_LOCKED'
  /** What is on file does not verify. */
  | 'ERR_AUDIT_BROKEN'
  /** The signing key is missing, unreadable, too open, or another one than the log was signed with. */
  | 'ERR_AUDIT_KEY'
  /** The folder or a file in it cannot be read or made. */
  | 'ERR_AUDIT_UNREADABLE'
  /** The event cannot be written as JSON. */
  | 'ERR_AUDIT_EVENT'
  /** The log was closed. */
  | 'ERR_AUDIT_CLOSED';

/** The audit log could not do its part. What was to be recorded is not on file unless the message says so. */
export class AuditError extends GatewayError<AuditErrorCode> {}

/** An {@link AuditError} raised by the gateway's own side. */
export function auditError(code: AuditErrorCode, message: string, cause?: unknown): AuditError {
  return new AuditError(code, message, { source: 'internal', ...(cause === undefined ? {} : { cause }) });
}

/** The text of whatever was thrown, for the tail of a message. */
export function causeText(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** What is on file does not verify: the message says where, and what to do. */
export function brokenLog(message: string): AuditError {
  return auditError(
    'ERR_AUDIT_BROKEN',
    `${message}; run sallyport audit verify, restore the log from a copy, or keep the audit folder as evidence and begin a new one`,
  );
}
