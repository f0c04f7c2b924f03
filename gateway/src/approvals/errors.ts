import { GatewayError } from '../model/gateway-error.ts';

/** Why an approval could not be asked for, or an answer not be taken. */
export type ApprovalErrorCode =
  /** There is no such request, or it is not for the caller to know. */
  | 'ERR_APPROVALS_UNKNOWN'
  /** The caller is in no group that may answer this request. */
  | 'ERR_APPROVALS_NOT_APPROVER'
  /** Nobody answers a request of their own, nor one that they asked for through somebody else. */
  | 'ERR_APPROVALS_SELF'
  /** The token is of an actor that acts for somebody: a person answers with a token of their own. */
  | 'ERR_APPROVALS_DELEGATED'
  /** The rule asks for a comment with each answer. */
  | 'ERR_APPROVALS_COMMENT'
  /** The policy lets nobody open this to the caller. */
  | 'ERR_APPROVALS_NOT_REQUESTABLE'
  /** The window that is asked for is too long, over, or narrowed by what is not there. */
  | 'ERR_APPROVALS_TERMS'
  /** The caller may not open this without anybody. */
  | 'ERR_APPROVALS_EMERGENCY'
  /** The request is no longer open to this. */
  | 'ERR_APPROVALS_CLOSED'
  /** The digest is not that of the request: something else was looked at. */
  | 'ERR_APPROVALS_CHANGED'
  /** As many requests wait for an answer as may. */
  | 'ERR_APPROVALS_FULL'
  /** The audit or the state store cannot be written, so nothing is asked, answered or granted. */
  | 'ERR_APPROVALS_UNRECORDED'
  /** The gateway stops. */
  | 'ERR_APPROVALS_STOPPED'
  /** The secret of a webhook cannot be used. */
  | 'ERR_APPROVALS_WEBHOOK'
  /** The certificates of the mail server's authorities cannot be read. */
  | 'ERR_APPROVALS_MAIL';

/** An approval that cannot go on; its message may be told. */
export class ApprovalError extends GatewayError<ApprovalErrorCode> {
  constructor(code: ApprovalErrorCode, message: string, cause?: unknown) {
    const isOurs = code === 'ERR_APPROVALS_UNRECORDED' || code === 'ERR_APPROVALS_STOPPED';
    const isConfig = code === 'ERR_APPROVALS_WEBHOOK' || code === 'ERR_APPROVALS_MAIL';
    super(code, message, {
      source: isConfig ? 'config' : isOurs ? 'internal' : 'downstream',
      publicMessage: message,
      retryable: isOurs || code === 'ERR_APPROVALS_FULL',
      ...(cause === undefined ? {} : { cause }),
    });
  }
}
