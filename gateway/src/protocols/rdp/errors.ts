import { GatewayError } from '../../model/gateway-error.ts';

/** Codes of {@link RdpError}. */
export type RdpErrorCode =
  /** The client offers no security that the listener takes: Network Level Authentication, or TLS where that is allowed. */
  | 'ERR_RDP_SECURITY'
  /** Bytes in front of TLS, or the connection ended within the handshake. */
  | 'ERR_RDP_HANDSHAKE'
  /** The password is empty: the client would show a login screen, of which there is none. */
  | 'ERR_RDP_NO_TOKEN'
  /** A token or a secret in the user name. */
  | 'ERR_RDP_MISPLACED_TOKEN'
  /** The session credential is none, is over, is for something else, or its secret is wrong. The client is not told which. */
  | 'ERR_RDP_CREDENTIAL'
  /** Too many logins with a wrong secret. */
  | 'ERR_RDP_CREDENTIAL_GUESSED'
  /** The user name names no resource, or no account of it. */
  | 'ERR_RDP_UNKNOWN_RESOURCE'
  /** The policy does not let the principal see this desktop. */
  | 'ERR_RDP_DENIED'
  /** People were asked whether it may be, and have not answered yet: connect again once they have. */
  | 'ERR_RDP_PENDING'
  /** The session was ended, or its token has. */
  | 'ERR_RDP_SESSION_OVER'
  /** The session passes a bound of a rule: in bytes, or in time. */
  | 'ERR_RDP_LIMIT'
  /** Nobody has typed or moved the mouse for as long as the resource allows. */
  | 'ERR_RDP_IDLE';

/** A client or a session that cannot go on. What it says may be told. */
export class RdpError extends GatewayError<RdpErrorCode> {
  constructor(code: RdpErrorCode, message: string, publicMessage: string = message) {
    super(code, message, { source: 'downstream', publicMessage });
  }
}
