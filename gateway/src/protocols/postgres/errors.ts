import { GatewayError } from '../../model/gateway-error.ts';

/** Codes of {@link PostgresError}. */
export type PostgresErrorCode =
  /** The client broke the protocol; the session ends. */
  | 'ERR_POSTGRES_CLIENT_PROTOCOL'
  /** The server broke the protocol; the session ends. */
  | 'ERR_POSTGRES_SERVER_PROTOCOL'
  /** The handshake was not finished in time, or was not acceptable. */
  | 'ERR_POSTGRES_HANDSHAKE';

/** A session of the PostgreSQL protocol cannot go on. */
export class PostgresError extends GatewayError<PostgresErrorCode> {}

/** The client sent what the protocol does not allow here. */
export function clientProtocolError(message: string): PostgresError {
  return new PostgresError('ERR_POSTGRES_CLIENT_PROTOCOL', message, {
    source: 'downstream',
    publicMessage: message,
  });
}

/** What the client is told then. */
export const SERVER_BROKE_PROTOCOL = 'the database server broke the protocol; the session was closed';

/** The server sent what the protocol does not allow here. */
export function serverProtocolError(message: string): PostgresError {
  return new PostgresError('ERR_POSTGRES_SERVER_PROTOCOL', message, {
    source: 'upstream',
    publicMessage: SERVER_BROKE_PROTOCOL,
  });
}
