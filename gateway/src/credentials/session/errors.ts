import { GatewayError } from '../../model/gateway-error.ts';

/** Codes of {@link SessionCredentialError}: why there is no new session credential. */
export type SessionCredentialErrorCode =
  /** The principal has as many credentials as it may, or the gateway has. */
  | 'ERR_CREDENTIALS_SESSION_LIMIT'
  /** The token has ended, or ends too soon for a credential. */
  | 'ERR_CREDENTIALS_SESSION_TOKEN_ENDS'
  /** The token proves another run than the one that was named. */
  | 'ERR_CREDENTIALS_SESSION_RUN';

/** A session credential that is not minted; the message may be told. */
export class SessionCredentialError extends GatewayError<SessionCredentialErrorCode> {
  constructor(code: SessionCredentialErrorCode, message: string) {
    super(code, message, { source: 'downstream', publicMessage: message });
  }
}
