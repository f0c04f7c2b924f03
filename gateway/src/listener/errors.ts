import { GatewayError } from '../model/gateway-error.ts';

/** Why a socket, a certificate or a deadline failed. Stable. */
export type ListenerErrorCode =
  /** The address cannot be listened on. */
  | 'ERR_LISTENER_BIND_FAILED'
  /** The address of a listener was asked for before it was bound or after it ended. */
  | 'ERR_LISTENER_NOT_BOUND'
  /** The principal holds as many sessions as it may. */
  | 'ERR_LISTENER_SESSION_LIMIT'
  /** Too many authentications of this address failed within a minute. */
  | 'ERR_LISTENER_THROTTLED'
  /** A handshake took too long. */
  | 'ERR_LISTENER_DEADLINE'
  /** A handshake that was slow made room for another connection. */
  | 'ERR_LISTENER_EVICTED'
  /** The TLS handshake failed, or the client left during it. */
  | 'ERR_LISTENER_TLS_HANDSHAKE'
  /** The client sent data in the clear ahead of the TLS handshake that it had asked for. */
  | 'ERR_LISTENER_TLS_EARLY_DATA'
  /** The client began with TLS and did not name the protocol. */
  | 'ERR_LISTENER_TLS_ALPN'
  /** A certificate or key file is missing, too long or cannot be read. */
  | 'ERR_LISTENER_CERTIFICATE_UNREADABLE'
  /** A certificate is not valid now, is weak, or does not belong to its key; or a name cannot be vouched for. */
  | 'ERR_LISTENER_CERTIFICATE_INVALID'
  /** A connection within the gateway, from one protocol to another, could not be made. */
  | 'ERR_LISTENER_PAIR'
  /** The certificate of the local CA has no key, or the key of another. */
  | 'ERR_LISTENER_LOCAL_CA_BROKEN';

/** A failure at the edge. */
export class ListenerError extends GatewayError<ListenerErrorCode> {}
