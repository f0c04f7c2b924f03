import { GatewayError } from '../../../model/gateway-error.ts';

/** Codes of {@link SshUpstreamError}. */
export type SshUpstreamErrorCode =
  /** No connection: name, route, port. */
  | 'ERR_SSH_UPSTREAM_UNREACHABLE'
  /** The machine's host key is not the one that is configured. */
  | 'ERR_SSH_UPSTREAM_HOST_KEY'
  /** The machine refused the account. */
  | 'ERR_SSH_UPSTREAM_AUTHENTICATION'
  /** The machine broke off, broke the protocol, or does not run commands. */
  | 'ERR_SSH_UPSTREAM_PROTOCOL'
  /** Not done in time. */
  | 'ERR_SSH_UPSTREAM_TIMEOUT'
  /** The gateway's own configuration cannot work: no such account, a key that is none, an unreadable file. */
  | 'ERR_SSH_UPSTREAM_CONFIGURATION';

/** What a client is told: never host, port, login or words of the machine. */
const PUBLIC: Readonly<Record<SshUpstreamErrorCode, string>> = {
  ERR_SSH_UPSTREAM_UNREACHABLE: 'the machine cannot be reached at the moment',
  ERR_SSH_UPSTREAM_HOST_KEY: 'the machine could not prove its identity; tell the operator of the gateway',
  ERR_SSH_UPSTREAM_AUTHENTICATION:
    'the gateway could not log in to the machine; your own token is fine; tell the operator of the gateway',
  ERR_SSH_UPSTREAM_PROTOCOL: 'the machine broke off, or does not run commands',
  ERR_SSH_UPSTREAM_TIMEOUT: 'the machine did not answer in time',
  ERR_SSH_UPSTREAM_CONFIGURATION: 'this resource is not configured right; tell the operator of the gateway',
};

/** The machine cannot be used. `message` is for the log, `publicMessage` for the client. */
export class SshUpstreamError extends GatewayError<SshUpstreamErrorCode> {
  constructor(code: SshUpstreamErrorCode, message: string, cause?: unknown) {
    super(code, message, {
      source: 'upstream',
      publicMessage: PUBLIC[code],
      retryable: code === 'ERR_SSH_UPSTREAM_UNREACHABLE' || code === 'ERR_SSH_UPSTREAM_TIMEOUT',
      ...(cause === undefined ? {} : { cause }),
    });
  }
}
