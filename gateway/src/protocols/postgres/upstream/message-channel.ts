import type { Socket } from 'node:net';
import { FrameSplitter } from '../wire/frame-splitter.ts';
import { UpstreamError } from './errors.ts';

/** One whole message of the server: type byte, length word and body are `bytes[start, end)`. */
export interface ServerMessage {
  readonly type: number;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** The server as the login sees it: tests drive it in memory. */
export interface ServerPeer {
  send(bytes: Uint8Array): void;
  /** The next message. Rejects with an error when the server ends, breaks the framing or a limit. */
  receive(): Promise<ServerMessage>;
}

/** What may come in at most, header included. */
export interface ChannelLimits {
  readonly messageBytes: number;
  readonly messages: number;
  readonly bytes: number;
}

/** Longest message accepted before the session is handed over, header included. */
export const MAX_LOGIN_MESSAGE_BYTES = 65_536;
/** Messages and bytes accepted in one login: a PostgreSQL 18 needs about 25 messages and 1 KB. */
const MAX_LOGIN_MESSAGES = 256;
const MAX_LOGIN_BYTES = 262_144;

/**
 * Reads messages off a socket on demand, one chunk at a time: between two calls of `receive` the socket is paused, so
 * that a server which floods is stopped by TCP. {@link MessageChannel.detach} gives the socket back.
 */
export class MessageChannel implements ServerPeer {
  readonly #socket: Socket;
  readonly #splitter = new FrameSplitter({ maxFrameBytes: MAX_LOGIN_MESSAGE_BYTES, source: 'upstream' });
  #chunk: Buffer = Buffer.alloc(0);
  #pushedBytes = 0;
  #framedBytes = 0;
  #messages = 0;
  #mostMessages = MAX_LOGIN_MESSAGES;
  #mostBytes = MAX_LOGIN_BYTES;
  #wake: ((chunk: Buffer | undefined) => void) | undefined;
  #failure: Error | undefined;
  #isOver = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.pause();
    socket.on('data', this.#onData);
    socket.on('error', this.#onError);
    socket.on('end', this.#onOver);
    socket.on('close', this.#onOver);
    if (socket.destroyed || socket.readableEnded) this.#onOver();
  }

  send(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  async receive(): Promise<ServerMessage> {
    for (;;) {
      const frame = this.#splitter.next();
      if (frame !== undefined) {
        this.#count(frame.end - frame.start);
        return { type: frame.type, bytes: frame.bytes, start: frame.start, end: frame.end };
      }
      this.#push(await this.#nextChunk());
    }
  }

  /** Allows so much more from here on: for an answer that the gateway asked for. */
  allow(limits: ChannelLimits): void {
    this.#splitter.setMaxFrameBytes(limits.messageBytes);
    this.#mostMessages = this.#messages + limits.messages;
    this.#mostBytes = this.#framedBytes + limits.bytes;
  }

  /** Stops reading and returns the bytes that came after the last message received. The socket stays paused. */
  detach(): Buffer {
    this.#socket.off('data', this.#onData);
    this.#socket.off('error', this.#onError);
    this.#socket.off('end', this.#onOver);
    this.#socket.off('close', this.#onOver);
    this.#socket.pause();
    return this.#chunk.subarray(this.#chunk.length - (this.#pushedBytes - this.#framedBytes));
  }

  #push(chunk: Buffer): void {
    this.#chunk = chunk;
    this.#pushedBytes += chunk.length;
    this.#splitter.push(chunk);
  }

  #count(bytes: number): void {
    this.#framedBytes += bytes;
    this.#messages += 1;
    if (this.#messages > this.#mostMessages || this.#framedBytes > this.#mostBytes) {
      const limit = `${this.#mostMessages} messages or ${this.#mostBytes} bytes`;
      throw new UpstreamError('ERR_UPSTREAM_PROTOCOL', `the server sent more than ${limit} during the login`);
    }
  }

  async #nextChunk(): Promise<Buffer> {
    if (!this.#isOver) {
      const chunk = await new Promise<Buffer | undefined>((resolve) => {
        this.#wake = resolve;
        this.#socket.resume();
      });
      if (chunk !== undefined) return chunk;
    }
    throw this.#failure ?? new UpstreamError('ERR_UPSTREAM_UNREACHABLE', 'the server closed the connection');
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#socket.pause();
    this.#settle(chunk);
  };

  readonly #onError = (error: Error & { readonly code?: unknown }): void => {
    const code = typeof error.code === 'string' ? error.code : error.message;
    // TLS 1.3 tells a refused client certificate only with the first bytes after the handshake.
    const kind = code.startsWith('ERR_SSL_') ? 'ERR_UPSTREAM_TLS' : 'ERR_UPSTREAM_UNREACHABLE';
    this.#failure = new UpstreamError(kind, `the connection broke: ${code}`, { cause: error });
    this.#onOver();
  };

  readonly #onOver = (): void => {
    this.#isOver = true;
    this.#settle(undefined);
  };

  #settle(chunk: Buffer | undefined): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.(chunk);
  }
}
