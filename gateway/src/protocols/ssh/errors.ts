import { GatewayError } from '../../model/gateway-error.ts';

/** Codes of {@link SshError}. */
export type SshErrorCode =
  /** The secret is empty, or was cut off by the client: OpenSSH takes 1,023 bytes at most. */
  | 'ERR_SSH_NO_TOKEN'
  /** A token or a secret in the user name. */
  | 'ERR_SSH_MISPLACED_TOKEN'
  /** The session credential is none, is over, is for something else, or its secret is wrong. The client is not told which. */
  | 'ERR_SSH_CREDENTIAL'
  /** The certificate is none of this gateway's, is over, revoked or somebody else's, or its key was not proved. */
  | 'ERR_SSH_CERTIFICATE'
  /** The key of an own certificate authority cannot be used. */
  | 'ERR_SSH_AUTHORITY'
  /** Too many logins with a wrong secret. */
  | 'ERR_SSH_CREDENTIAL_GUESSED'
  /** More attempts on one connection than it may make. */
  | 'ERR_SSH_ATTEMPTS'
  /** The user name names no resource, or no account of it. */
  | 'ERR_SSH_UNKNOWN_RESOURCE'
  /** A terminal, a shell, a subsystem. */
  | 'ERR_SSH_NOT_SUPPORTED'
  /** The session was ended, or its token has. */
  | 'ERR_SSH_SESSION_OVER'
  /** The output passes a bound of a rule: in bytes, or in time. */
  | 'ERR_SSH_LIMIT'
  /** What the client asks for cannot be shown to approvers as a whole. */
  | 'ERR_SSH_NOT_APPROVABLE'
  /** The policy ended a transfer under way. */
  | 'ERR_SSH_DENIED'
  /** Detectors found something in a file that must not leave. */
  | 'ERR_SSH_FOUND'
  /** A path led elsewhere when it was used than when it was judged. */
  | 'ERR_SSH_PATH_CHANGED'
  /** The gateway's own host key cannot be used. */
  | 'ERR_SSH_HOST_KEY';

/** A client, a connection or a program that cannot go on. What it says may be told. */
export class SshError extends GatewayError<SshErrorCode> {
  constructor(code: SshErrorCode, message: string, publicMessage: string = message) {
    super(code, message, { source: 'downstream', publicMessage });
  }
}
