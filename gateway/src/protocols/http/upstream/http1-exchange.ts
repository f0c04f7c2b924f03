/** A request of HTTP/1.1 on a connection that it has for itself. */
import type { SocketPeer } from '../socket-peer.ts';
import { CHUNK_END, encodeChunkedEnd, encodeChunkStart } from '../wire/encode/encode-chunk.ts';
import { encodeRequestHead, type OutgoingRequest } from '../wire/encode/encode-request.ts';
import type { ResponsePart } from '../wire/response-reader.ts';
import type { UpstreamConnection } from './connection.ts';
import type { ServiceExchange } from './service-exchange.ts';

/** One request of a kept or new connection. */
export class Http1ServiceExchange implements ServiceExchange {
  readonly isUnprocessed = false;
  readonly #connection: UpstreamConnection;
  readonly #giveBack: (connection: UpstreamConnection) => void;
  #isChunked = false;

  /** @param giveBack takes the connection when its response was read to its end */
  constructor(connection: UpstreamConnection, giveBack: (connection: UpstreamConnection) => void) {
    this.#connection = connection;
    this.#giveBack = giveBack;
  }

  get isReused(): boolean {
    return this.#connection.isReused;
  }

  begin(request: OutgoingRequest, whole: readonly Buffer[] = []): void {
    this.#isChunked = request.framing.kind === 'chunked';
    const head = encodeRequestHead(request);
    const bytes = whole.length === 0 ? head : Buffer.concat([head, ...whole]);
    this.#connection.begin(request.method, bytes, request.upgrade);
  }

  write(slice: Buffer, timeoutMs: number): Promise<boolean> {
    const pieces = this.#isChunked ? [encodeChunkStart(slice.length), slice, CHUNK_END] : slice;
    return this.#connection.write(pieces, timeoutMs);
  }

  async end(timeoutMs: number): Promise<boolean> {
    return this.#isChunked ? this.#connection.write(encodeChunkedEnd(), timeoutMs) : true;
  }

  next(timeoutMs: number): Promise<ResponsePart | 'timeout'> {
    return this.#connection.next(timeoutMs);
  }

  handOver(writeTimeoutMs: number): SocketPeer {
    return this.#connection.handOver(writeTimeoutMs);
  }

  release(): void {
    this.#giveBack(this.#connection);
  }

  destroy(): void {
    this.#connection.destroy();
  }
}
