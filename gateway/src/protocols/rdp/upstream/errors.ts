import { GatewayError } from '../../../model/gateway-error.ts';

/** Codes of {@link RdpUpstreamError}. */
export type RdpUpstreamErrorCode =
  /** No connection: name, route, port. */
  | 'ERR_RDP_UPSTREAM_UNREACHABLE'
  /** The host does not offer the security that is configured. */
  | 'ERR_RDP_UPSTREAM_SECURITY'
  /** The host's certificate or key is not the one that is configured, or TLS failed. */
  | 'ERR_RDP_UPSTREAM_CERTIFICATE'
  /** The host refused the account. */
  | 'ERR_RDP_UPSTREAM_AUTHENTICATION'
  /** The host broke off, or broke the protocol. */
  | 'ERR_RDP_UPSTREAM_PROTOCOL'
  /** The host went before it drew anything: it may take no client without the graphics that the gateway switches off. */
  | 'ERR_RDP_UPSTREAM_NO_PICTURE'
  /** Not done in time. */
  | 'ERR_RDP_UPSTREAM_TIMEOUT'
  /** The gateway's own configuration cannot work: no such account, an unreadable file. */
  | 'ERR_RDP_UPSTREAM_CONFIGURATION';

/** What a client is told: never host, port, login or words of the machine. */
const PUBLIC: Readonly<Record<RdpUpstreamErrorCode, string>> = {
  ERR_RDP_UPSTREAM_UNREACHABLE: 'the machine cannot be reached at the moment',
  ERR_RDP_UPSTREAM_SECURITY: 'the machine does not offer the security that is configured',
  ERR_RDP_UPSTREAM_CERTIFICATE: 'the machine could not prove its identity; tell the operator of the gateway',
  ERR_RDP_UPSTREAM_AUTHENTICATION:
    'the gateway could not log in to the machine; your own token is fine; tell the operator of the gateway',
  ERR_RDP_UPSTREAM_PROTOCOL: 'the machine broke off',
  ERR_RDP_UPSTREAM_NO_PICTURE:
    'the machine ended the desktop before it drew anything; it may need graphics that are switched off here',
  ERR_RDP_UPSTREAM_TIMEOUT: 'the machine did not answer in time',
  ERR_RDP_UPSTREAM_CONFIGURATION: 'this resource is not configured right; tell the operator of the gateway',
};

/** The machine cannot be used. `message` is for the log, `publicMessage` for the client. */
export class RdpUpstreamError extends GatewayError<RdpUpstreamErrorCode> {
  constructor(code: RdpUpstreamErrorCode, message: string, cause?: unknown) {
    super(code, message, {
      source: 'upstream',
      publicMessage: PUBLIC[code],
      retryable: code === 'ERR_RDP_UPSTREAM_UNREACHABLE' || code === 'ERR_RDP_UPSTREAM_TIMEOUT',
      ...(cause === undefined ? {} : { cause }),
    });
  }
}
