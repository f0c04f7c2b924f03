import { GatewayError } from '../model/gateway-error.ts';

/** Why a socket, a certificate or a deadline failed. Stable. */
export type ListenerErrorCode =
  | 'ERR_LISTENER_BIND_FAILED'
  | 'ERR_LISTENER_NOT_BOUND'
  | 'ERR_LISTENER_SESSION_LIMIT'
  | 'ERR_LISTENER_DEADLINE'
  | 'ERR_LISTENER_TLS_HANDSHAKE'
  | 'ERR_LISTENER_TLS_EARLY_DATA'
  | 'ERR_LISTENER_TLS_ALPN'
  | 'ERR_LISTENER_CERTIFICATE_UNREADABLE'
  | 'ERR_LISTENER_CERTIFICATE_INVALID'
  | 'ERR_LISTENER_LOCAL_CA_BROKEN';

/** A failure at the edge. */
export class ListenerError extends GatewayError<ListenerErrorCode> {}
