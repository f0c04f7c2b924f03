import { GatewayError } from '../../../model/gateway-error.ts';

/** Codes of {@link UpstreamError}. */
export type UpstreamErrorCode =
  /** No connection: name, route, port, or the server closed it. */
  | 'ERR_UPSTREAM_UNREACHABLE'
  /** The server is there and full, starting up or shutting down. */
  | 'ERR_UPSTREAM_BUSY'
  /** No TLS, or no agreement on it. */
  | 'ERR_UPSTREAM_TLS'
  /** The server's certificate does not prove that it is the configured server. */
  | 'ERR_UPSTREAM_CERTIFICATE'
  /** The server refused the gateway's login, or did not prove that it knows the password. */
  | 'ERR_UPSTREAM_AUTHENTICATION'
  /** The server wants a method of authentication that the resource does not allow. */
  | 'ERR_UPSTREAM_METHOD'
  /** The gateway could not obtain its own secret. */
  | 'ERR_UPSTREAM_CREDENTIAL'
  /** The database does not exist, or may not be named. */
  | 'ERR_UPSTREAM_DATABASE'
  /** The login may do more than the resource allows. */
  | 'ERR_UPSTREAM_SUPERUSER'
  /** The server did not take a setting that the gateway pins. */
  | 'ERR_UPSTREAM_SETTING'
  /** The client asks for a startup parameter that it may not choose. */
  | 'ERR_UPSTREAM_PARAMETER'
  /** The server refused the connection for another reason. */
  | 'ERR_UPSTREAM_REFUSED'
  /** The server broke the protocol or a limit. */
  | 'ERR_UPSTREAM_PROTOCOL'
  /** Not done in time. */
  | 'ERR_UPSTREAM_TIMEOUT'
  /** The caller gave up. */
  | 'ERR_UPSTREAM_ABORTED'
  /** The gateway's own configuration or call cannot work: unreadable CA file, unknown account. */
  | 'ERR_UPSTREAM_CONFIGURATION';

/** What a client is told: never host, port, login or words of the server. */
const PUBLIC: Readonly<Record<UpstreamErrorCode, { readonly text: string; readonly retryable: boolean }>> = {
  ERR_UPSTREAM_UNREACHABLE: { text: 'the database server cannot be reached at the moment', retryable: true },
  ERR_UPSTREAM_BUSY: { text: 'the database server takes no connection at the moment', retryable: true },
  ERR_UPSTREAM_TLS: {
    text: 'no TLS connection to the database server; tell the operator of the gateway',
    retryable: false,
  },
  ERR_UPSTREAM_CERTIFICATE: {
    text: 'the database server could not prove its identity; tell the operator of the gateway',
    retryable: false,
  },
  ERR_UPSTREAM_AUTHENTICATION: {
    text: 'the gateway could not authenticate to the database server; your own login is fine; tell the operator of the gateway',
    retryable: false,
  },
  ERR_UPSTREAM_METHOD: {
    text: 'the database server asks for a way to log in that this gateway does not allow; tell the operator of the gateway',
    retryable: false,
  },
  ERR_UPSTREAM_CREDENTIAL: {
    text: 'the gateway cannot obtain its own credential for this resource; tell the operator of the gateway',
    retryable: false,
  },
  ERR_UPSTREAM_DATABASE: {
    text: 'this database does not exist or may not be used here; check the database name of the connection',
    retryable: false,
  },
  ERR_UPSTREAM_SUPERUSER: {
    text: 'this account may do too much on the database server to be used through the gateway; tell the operator of the gateway',
    retryable: false,
  },
  ERR_UPSTREAM_SETTING: {
    text: 'the database server did not accept the settings of the gateway; tell the operator of the gateway',
    retryable: false,
  },
  ERR_UPSTREAM_PARAMETER: {
    text: 'the gateway sets search_path, client_encoding and the like itself; remove them and options from the connection parameters',
    retryable: false,
  },
  ERR_UPSTREAM_REFUSED: {
    text: 'the database server refused the connection; check the connection parameters',
    retryable: false,
  },
  ERR_UPSTREAM_PROTOCOL: {
    text: 'the database server broke its protocol; tell the operator of the gateway',
    retryable: false,
  },
  ERR_UPSTREAM_TIMEOUT: { text: 'the database server did not answer in time', retryable: true },
  ERR_UPSTREAM_ABORTED: { text: 'the connection to the database server was given up', retryable: false },
  ERR_UPSTREAM_CONFIGURATION: {
    text: 'this resource is not configured right; tell the operator of the gateway',
    retryable: false,
  },
};

/**
 * The upstream cannot be used. `message` is for the log and may name host, login and words of the server, never a
 * secret (P6); `publicMessage` is for the client and holds none of these.
 */
export class UpstreamError extends GatewayError<UpstreamErrorCode> {
  /** SQLSTATE of the server's ErrorResponse, where there was a well-formed one. */
  readonly sqlstate: string | undefined;

  constructor(
    code: UpstreamErrorCode,
    message: string,
    more: { readonly cause?: unknown; readonly sqlstate?: string } = {},
  ) {
    super(code, message, {
      source: 'upstream',
      publicMessage: PUBLIC[code].text,
      retryable: PUBLIC[code].retryable,
      ...(more.cause === undefined ? {} : { cause: more.cause }),
    });
    this.sqlstate = more.sqlstate;
  }
}
