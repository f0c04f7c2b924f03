/** Writes the frames of one direction: what is passed on, and what the gateway says itself. */

import type { SocketPeer } from '../../socket-peer.ts';
import { encodeClose, encodeFrame } from '../../wire/websocket/encode-frame.ts';
import { Opcode } from '../../wire/websocket/opcode.ts';
import type { ExchangeRecord } from '../exchange-record.ts';
import { CLIENT_GONE, SERVICE_GONE, SocketEndError } from './socket-end.ts';

/** A piece of a message. */
export interface MessagePiece {
  readonly isText: boolean;
  readonly bytes: Buffer;
  readonly first: boolean;
  readonly last: boolean;
}

/** What a writer writes to. */
export interface FrameTarget {
  readonly peer: SocketPeer;
  readonly is: 'client' | 'service';
  /** Four unpredictable bytes for each frame to a service (RFC 6455 section 5.3). */
  readonly key?: () => Buffer;
  /** Of the WebSocket itself, which holds the close frame that the client gets. */
  readonly record?: ExchangeRecord;
}

/** Frames to one side. After its close frame it writes nothing more. */
export class FrameWriter {
  readonly #target: FrameTarget;
  #isMid = false;
  #isClosed = false;
  #turn: Promise<void> = Promise.resolve();
  #waiters: (() => void)[] = [];

  constructor(target: FrameTarget) {
    this.#target = target;
  }

  /**
   * Passes on a piece of a message, after it was recorded. The record is the proof that there is a permit (P1).
   * Rejects with SocketEndError where the peer takes no more, and with what the recording failed of.
   */
  data(record: ExchangeRecord, piece: MessagePiece): Promise<void> {
    return this.#inTurn(() => this.#piece(record, piece));
  }

  async #piece(record: ExchangeRecord, { isText, bytes, first, last }: MessagePiece): Promise<void> {
    if (this.#isClosed) return;
    this.#isMid = !last;
    const opcode = first ? (isText ? Opcode.Text : Opcode.Binary) : Opcode.Continuation;
    const frame = { opcode, isFinal: last, payload: bytes };
    const plain = encodeFrame({ ...frame, key: undefined });
    await record.data(this.#target.is === 'client' ? 'response' : 'request', plain, 0, plain.length);
    const key = this.#target.key?.();
    await this.#write(key === undefined ? plain : encodeFrame({ ...frame, key }));
    if (last) this.#wake();
  }

  /** Says something of the gateway's own, between two messages. False where the one under way does not end in time. */
  async text(record: ExchangeRecord, text: string, withinMs: number): Promise<boolean> {
    const until = performance.now() + withinMs;
    const piece = { isText: true, bytes: Buffer.from(text), first: true, last: true };
    for (;;) {
      const isTold = await this.#inTurn(async () => {
        if (this.#isMid && !this.#isClosed) return false;
        await this.#piece(record, piece);
        return true;
      });
      const leftMs = until - performance.now();
      if (isTold || leftMs <= 0) return isTold;
      await this.#betweenMessages(leftMs);
    }
  }

  /** One piece after the other: what waits for the recording is not overtaken by what would end up inside of it. */
  #inTurn<Result>(action: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(action);
    this.#turn = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  /** Asks for a sign of life, or gives one. */
  async control(opcode: typeof Opcode.Ping | typeof Opcode.Pong, payload: Buffer): Promise<void> {
    if (this.#isClosed) return;
    await this.#write(encodeFrame({ opcode, isFinal: true, payload, key: this.#target.key?.() }));
  }

  /** The last frame. It waits for nobody; a message that is under way stays without its end. Idempotent. */
  close(code: number | undefined, reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#wake();
    const frame = encodeClose(code, reason, this.#target.key?.());
    // It is told even where it cannot be recorded: nothing in it is the service's but a reason, which is bounded.
    this.#target.record?.data('response', frame, 0, frame.length).catch(() => undefined);
    this.#target.peer.last(frame);
  }

  async #write(frame: Buffer): Promise<void> {
    if (this.#isClosed) return;
    if (await this.#target.peer.write(frame)) return;
    throw new SocketEndError(this.#target.is === 'client' ? CLIENT_GONE : SERVICE_GONE);
  }

  /** Resolves when a message ends, or the time does. */
  #betweenMessages(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#waiters.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}
