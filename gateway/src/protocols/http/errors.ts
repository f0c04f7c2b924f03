import { GatewayError } from '../../model/gateway-error.ts';

/** Codes of {@link HttpError}. */
export type HttpErrorCode =
  /** No token, or one in two places. */
  | 'ERR_HTTP_NO_TOKEN'
  /** The token is somewhere else as well: it would be forwarded or recorded. */
  | 'ERR_HTTP_MISPLACED_TOKEN'
  /** No TLS. */
  | 'ERR_HTTP_PLAINTEXT'
  /** The session credential is none, is over, is for something else, or its secret is wrong. The client is not told which. */
  | 'ERR_HTTP_CREDENTIAL'
  /** Too many logins with a wrong secret. */
  | 'ERR_HTTP_CREDENTIAL_GUESSED'
  /** More sessions at work on one connection than it may carry. */
  | 'ERR_HTTP_TOO_MANY_SESSIONS'
  /** The request names no resource. */
  | 'ERR_HTTP_UNKNOWN_RESOURCE'
  /** A place that no resource names, or more than one. */
  | 'ERR_HTTP_DESTINATION'
  /** A closed tunnel in which something else than TLS to its host is spoken. */
  | 'ERR_HTTP_TUNNEL'
  /** CONNECT, or a change of protocol. */
  | 'ERR_HTTP_NOT_SUPPORTED'
  /** The client was silent for too long within a request. */
  | 'ERR_HTTP_CLIENT_TIMEOUT'
  /** The client went away, or the session was ended, within an exchange. */
  | 'ERR_HTTP_GONE'
  /** The answer passes a bound of a rule: in bytes, or in time. */
  | 'ERR_HTTP_LIMIT'
  /** What the client asks for cannot be shown to approvers as a whole. */
  | 'ERR_HTTP_NOT_APPROVABLE'
  /** The resource's config cannot be used: its API description. */
  | 'ERR_HTTP_CONFIGURATION';

/** A request or a connection that cannot go on, with the status to answer. */
export class HttpError extends GatewayError<HttpErrorCode> {
  readonly status: number;

  constructor(code: HttpErrorCode, status: number, message: string, publicMessage: string = message) {
    super(code, message, { source: status >= 500 ? 'internal' : 'downstream', publicMessage });
    this.status = status;
  }
}
