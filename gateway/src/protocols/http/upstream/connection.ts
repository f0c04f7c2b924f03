/** One connection to a service: one request at a time, read by the strict codec. */
import type { Socket } from 'node:net';
import { ChunkSource, whenWritable } from '../chunk-source.ts';
import { type SocketPeer, StreamPeer } from '../socket-peer.ts';
import { WireError } from '../wire/errors.ts';
import { type ResponsePart, ResponseReader } from '../wire/response-reader.ts';
import { refusesCertificate } from './dial.ts';
import { HttpUpstreamError } from './errors.ts';

/** A connection that carries requests, one after the other. */
export class UpstreamConnection {
  readonly #socket: Socket;
  readonly #source: ChunkSource;
  readonly #reader = new ResponseReader();
  /** Requests that it carried before this one. */
  #served = 0;
  #whenClosed: (() => void) | undefined;
  #refusal: string | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#source = new ChunkSource(socket);
    // In TLS 1.3 the handshake is done for the gateway before the service has looked at its certificate.
    socket.once('error', ({ code = '' }: NodeJS.ErrnoException) => {
      if (refusesCertificate(code)) this.#refusal = code;
    });
  }

  /** It carried a request before: the service may have closed it just now. */
  get isReused(): boolean {
    return this.#served > 1;
  }

  /** It can carry the next request: nothing is open, nothing was sent that answers nothing. */
  get isIdle(): boolean {
    const { destroyed, readableLength, writableEnded } = this.#socket;
    const isSilent = readableLength === 0 && !this.#source.hasEarly;
    return this.#reader.isIdle && !destroyed && !writableEnded && isSilent && !this.#source.isOver;
  }

  /** Begins a request. @param head all bytes of it @param upgrade the protocol that it offers to switch to */
  begin(method: string, head: Buffer, upgrade?: string): void {
    this.#served += 1;
    this.#socket.ref();
    this.#reader.expect({ method, upgrade: upgrade === undefined ? undefined : [upgrade] });
    this.#socket.write(head);
  }

  /** Writes a piece; false when the service takes no more, or is gone. */
  async write(bytes: Buffer | readonly Buffer[], timeoutMs: number): Promise<boolean> {
    if (this.#socket.destroyed) return false;
    this.#socket.cork();
    for (const piece of Array.isArray(bytes) ? (bytes as readonly Buffer[]) : [bytes as Buffer]) {
      this.#socket.write(piece);
    }
    this.#socket.uncork();
    return whenWritable(this.#socket, timeoutMs);
  }

  /** The next part of the response; `timeout` after silence. Rejects with HttpUpstreamError. */
  async next(timeoutMs: number): Promise<ResponsePart | 'timeout'> {
    for (;;) {
      const part = this.#parse(() => this.#reader.next());
      if (part !== undefined) return part;
      const chunk = await this.#source.next(timeoutMs);
      if (chunk === 'timeout') return 'timeout';
      if (chunk === 'end') {
        if (this.#refusal !== undefined) {
          const message = `the service does not take the client certificate: ${this.#refusal}`;
          throw new HttpUpstreamError('ERR_HTTP_UPSTREAM_CREDENTIAL', message);
        }
        const end = this.#parse(() => this.#reader.end());
        if (end !== undefined) return end;
        throw new HttpUpstreamError('ERR_HTTP_UPSTREAM_PROTOCOL', 'the service closed the connection');
      }
      this.#parse(() => this.#reader.push(chunk));
    }
  }

  /** After a 101: leaves the connection to the protocol that was switched to. Nothing is read here any more. */
  handOver(writeTimeoutMs: number): SocketPeer {
    return new StreamPeer(this.#socket, this.#source, { rest: this.#reader.takeRest(), writeTimeoutMs });
  }

  /** After the end of a response: finds bytes that nobody asked for. */
  finish(): boolean {
    try {
      return this.#reader.next() === undefined && this.isIdle;
    } catch {
      return false;
    }
  }

  /** Without work it keeps no process from its end. */
  rest(): void {
    this.#socket.unref();
  }

  /** Calls `action` when the connection is closed, in place of what was to be called before. */
  onClose(action: () => void): void {
    if (this.#whenClosed === undefined) this.#socket.once('close', () => this.#whenClosed?.());
    this.#whenClosed = action;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #parse<Result>(step: () => Result): Result {
    try {
      return step();
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      throw new HttpUpstreamError('ERR_HTTP_UPSTREAM_PROTOCOL', error.message, error);
    }
  }
}
