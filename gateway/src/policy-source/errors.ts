import { GatewayError } from '../model/gateway-error.ts';

/** Why a policy folder could not be read. */
export type PolicySourceErrorCode =
  /** The folder is not there or cannot be read. */
  | 'ERR_POLICY_SOURCE_UNREADABLE'
  /** There is no policy file in it. */
  | 'ERR_POLICY_SOURCE_EMPTY'
  /** Too many files, too much text, or too deep. */
  | 'ERR_POLICY_SOURCE_TOO_LARGE'
  /** A file is not UTF-8. */
  | 'ERR_POLICY_SOURCE_ENCODING'
  /** The files kept changing while they were read. */
  | 'ERR_POLICY_SOURCE_UNSTABLE'
  /** The policy has errors; they are in the message. */
  | 'ERR_POLICY_SOURCE_REJECTED';

/** A policy folder that cannot be put into effect. */
export class PolicySourceError extends GatewayError<PolicySourceErrorCode> {
  constructor(code: PolicySourceErrorCode, message: string, cause?: unknown) {
    super(code, message, { source: 'policy', ...(cause === undefined ? {} : { cause }) });
  }
}
