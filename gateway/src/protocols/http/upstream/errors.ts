import { GatewayError } from '../../../model/gateway-error.ts';

/** Codes of {@link HttpUpstreamError}. */
export type HttpUpstreamErrorCode =
  /** No connection: name, route, port. */
  | 'ERR_HTTP_UPSTREAM_UNREACHABLE'
  /** The service's certificate does not prove that it is the configured service, or there is no TLS. */
  | 'ERR_HTTP_UPSTREAM_TLS'
  /** The service refused the gateway's credential, or gave it away. */
  | 'ERR_HTTP_UPSTREAM_CREDENTIAL'
  /** The service broke off, or broke the protocol. */
  | 'ERR_HTTP_UPSTREAM_PROTOCOL'
  /** Not done in time. */
  | 'ERR_HTTP_UPSTREAM_TIMEOUT'
  /** The gateway's own configuration cannot work: an unreadable file. */
  | 'ERR_HTTP_UPSTREAM_CONFIGURATION';

const BAD_GATEWAY = 502;
const GATEWAY_TIMEOUT = 504;

/** What a client is told: never host, port, login or words of the service. */
const PUBLIC: Readonly<Record<HttpUpstreamErrorCode, string>> = {
  ERR_HTTP_UPSTREAM_UNREACHABLE: 'the service cannot be reached at the moment',
  ERR_HTTP_UPSTREAM_TLS: 'the service could not prove its identity; tell the operator of the gateway',
  ERR_HTTP_UPSTREAM_CREDENTIAL:
    'the gateway could not authenticate to the service; your own token is fine; tell the operator of the gateway',
  ERR_HTTP_UPSTREAM_PROTOCOL: 'the service broke off its answer, or answered what HTTP does not allow',
  ERR_HTTP_UPSTREAM_TIMEOUT: 'the service did not answer in time',
  ERR_HTTP_UPSTREAM_CONFIGURATION: 'this resource is not configured right; tell the operator of the gateway',
};

/** The service cannot be used. `message` is for the log, `publicMessage` for the client. */
export class HttpUpstreamError extends GatewayError<HttpUpstreamErrorCode> {
  readonly status: number;

  constructor(code: HttpUpstreamErrorCode, message: string, cause?: unknown) {
    super(code, message, {
      source: 'upstream',
      publicMessage: PUBLIC[code],
      retryable: code === 'ERR_HTTP_UPSTREAM_UNREACHABLE' || code === 'ERR_HTTP_UPSTREAM_TIMEOUT',
      ...(cause === undefined ? {} : { cause }),
    });
    this.status = code === 'ERR_HTTP_UPSTREAM_TIMEOUT' ? GATEWAY_TIMEOUT : BAD_GATEWAY;
  }
}
