/** One request to a service and its response, whatever version of HTTP carries both. */
import type { SocketPeer } from '../socket-peer.ts';
import type { OutgoingRequest } from '../wire/encode/encode-request.ts';
import type { ResponsePart } from '../wire/response-reader.ts';

/** What the relay sees of a service. */
export interface ServiceExchange {
  /** Its connection carried a request before: the service may have closed it just now. */
  readonly isReused: boolean;
  /** The service said that it did nothing with the request: it may be sent again, whatever it asks for. */
  readonly isUnprocessed: boolean;
  /** Begins the request. @param whole its body, where that goes at once; otherwise `write` and `end` follow */
  begin(request: OutgoingRequest, whole?: readonly Buffer[]): void;
  /** Sends a slice of the body; false when the service takes no more, or is gone. */
  write(slice: Buffer, timeoutMs: number): Promise<boolean>;
  /** Ends the body; false like `write`. */
  end(timeoutMs: number): Promise<boolean>;
  /** The next part of the response; `timeout` after silence. Rejects with HttpUpstreamError. */
  next(timeoutMs: number): Promise<ResponsePart | 'timeout'>;
  /** After a 101: gives the connection away. Absent where the exchange has no connection for itself. */
  handOver?(writeTimeoutMs: number): SocketPeer;
  /** The request went and the response came to its end: what carried them may carry more. */
  release(): void;
  /** Breaks it off: the service learns that nobody waits for its answer. Idempotent. */
  destroy(): void;
}
