import { GatewayError } from '../model/gateway-error.ts';

/** Codes of {@link CredentialError}. */
export type CredentialErrorCode =
  /** The environment variable is not set. */
  | 'ERR_CREDENTIALS_UNSET'
  /** The file is missing, is not a regular file or cannot be read. */
  | 'ERR_CREDENTIALS_UNREADABLE'
  /** The external command could not be started, failed or wrote too much. */
  | 'ERR_CREDENTIALS_COMMAND'
  /** The external command took too long. */
  | 'ERR_CREDENTIALS_TIMEOUT'
  /** What was read cannot be a secret: empty, too long, not UTF-8, with NUL. */
  | 'ERR_CREDENTIALS_INVALID'
  /** The account is configured to have no secret. */
  | 'ERR_CREDENTIALS_NONE'
  /** The caller gave up waiting. */
  | 'ERR_CREDENTIALS_ABORTED';

/**
 * An upstream secret cannot be obtained. Neither the message nor the cause ever holds what was read, what a
 * command wrote or the arguments of a command (P6).
 */
export class CredentialError extends GatewayError<CredentialErrorCode> {
  constructor(code: CredentialErrorCode, message: string) {
    super(code, message, {
      source: 'config',
      publicMessage: 'the gateway cannot obtain its own credential for this resource; tell its operator',
    });
  }
}
