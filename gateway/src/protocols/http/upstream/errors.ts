import { GatewayError } from '../../../model/gateway-error.ts';

/** Codes of {@link HttpUpstreamError}. */
export type HttpUpstreamErrorCode =
  /** No connection: name, route, port. */
  | 'ERR_HTTP_UPSTREAM_UNREACHABLE'
  /** The name leads to an address that the resource does not permit. */
  | 'ERR_HTTP_UPSTREAM_ADDRESS'
  /** The service's certificate does not prove that it is the configured service, or there is no TLS. */
  | 'ERR_HTTP_UPSTREAM_TLS'
  /** The service refused the gateway's credential, or gave it away. */
  | 'ERR_HTTP_UPSTREAM_CREDENTIAL'
  /** The service broke off, or broke the protocol. */
  | 'ERR_HTTP_UPSTREAM_PROTOCOL'
  /** Not done in time. */
  | 'ERR_HTTP_UPSTREAM_TIMEOUT'
  /** The gateway's own configuration cannot work: an unreadable file, a certificate without its key. */
  | 'ERR_HTTP_UPSTREAM_CONFIGURATION'
  /** The token endpoint refused the gateway, or answered what is no token. */
  | 'ERR_HTTP_UPSTREAM_TOKEN'
  /** The token endpoint cannot be reached, is silent, or cannot answer now. */
  | 'ERR_HTTP_UPSTREAM_TOKEN_UNAVAILABLE';

const FORBIDDEN = 403;
const BAD_GATEWAY = 502;
const SERVICE_UNAVAILABLE = 503;
const GATEWAY_TIMEOUT = 504;

/** What a client is told: never host, port, login or words of the service. */
const PUBLIC: Readonly<Record<HttpUpstreamErrorCode, string>> = {
  ERR_HTTP_UPSTREAM_UNREACHABLE: 'the service cannot be reached at the moment',
  ERR_HTTP_UPSTREAM_ADDRESS:
    'the name of the host leads to an address that this gateway makes no connection to: a private, local or reserved one; do not retry; ask the operator of the gateway for allowAddresses if it has to be reached',
  ERR_HTTP_UPSTREAM_TLS: 'the service could not prove its identity; tell the operator of the gateway',
  ERR_HTTP_UPSTREAM_CREDENTIAL:
    'the gateway could not authenticate to the service; your own token is fine; tell the operator of the gateway',
  ERR_HTTP_UPSTREAM_PROTOCOL: 'the service broke off its answer, or answered what HTTP does not allow',
  ERR_HTTP_UPSTREAM_TIMEOUT: 'the service did not answer in time',
  ERR_HTTP_UPSTREAM_CONFIGURATION: 'this resource is not configured right; tell the operator of the gateway',
  ERR_HTTP_UPSTREAM_TOKEN:
    'the gateway gets no access token for this service; your own token is fine; tell the operator of the gateway',
  ERR_HTTP_UPSTREAM_TOKEN_UNAVAILABLE:
    'the gateway gets no access token for this service at the moment; your own token is fine; try again later',
};

const STATUS: Readonly<Partial<Record<HttpUpstreamErrorCode, number>>> = {
  ERR_HTTP_UPSTREAM_ADDRESS: FORBIDDEN,
  ERR_HTTP_UPSTREAM_TIMEOUT: GATEWAY_TIMEOUT,
  ERR_HTTP_UPSTREAM_TOKEN_UNAVAILABLE: SERVICE_UNAVAILABLE,
};

/** What may work by itself later. */
const RETRYABLE: Readonly<Partial<Record<HttpUpstreamErrorCode, true>>> = {
  ERR_HTTP_UPSTREAM_UNREACHABLE: true,
  ERR_HTTP_UPSTREAM_TIMEOUT: true,
  ERR_HTTP_UPSTREAM_TOKEN_UNAVAILABLE: true,
};

/** The service cannot be used. `message` is for the log, `publicMessage` for the client. */
export class HttpUpstreamError extends GatewayError<HttpUpstreamErrorCode> {
  readonly status: number;

  constructor(code: HttpUpstreamErrorCode, message: string, cause?: unknown) {
    super(code, message, {
      source: 'upstream',
      publicMessage: PUBLIC[code],
      retryable: RETRYABLE[code] === true,
      ...(cause === undefined ? {} : { cause }),
    });
    this.status = STATUS[code] ?? BAD_GATEWAY;
  }
}
