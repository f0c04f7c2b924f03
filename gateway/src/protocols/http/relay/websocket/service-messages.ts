/** The way down: messages of the service, masked where the policy says so, counted, recorded, and passed on as they come. */

import type { MessageMask } from '../../masking/message-mask.ts';
import type { MessageSlice } from '../../wire/websocket/frame-reader.ts';
import type { ExchangeRecord } from '../exchange-record.ts';
import type { FrameWriter } from './frame-writer.ts';
import { SERVICE_GONE, type SocketEnd } from './socket-end.ts';
import type { SocketSide } from './socket-side.ts';

/** What service messages are taken with. */
export interface ServiceMessagesOptions {
  readonly side: SocketSide;
  readonly toClient: FrameWriter;
  readonly record: ExchangeRecord;
  /** Counts what the client gets; throws where it is too much. */
  readonly limits: { take(bytes: number): void };
  /**
   * Asked at the beginning of each message: the mask that it goes through, if any.
   * Throws SocketEndError where the WebSocket may not go on.
   */
  readonly begin: (isText: boolean) => MessageMask | undefined;
  /** What the client is told of the reason of a close frame. */
  readonly reason: (text: string) => string;
}

/** Takes the messages of a service until one side has enough. */
export class ServiceMessages {
  readonly #options: ServiceMessagesOptions;
  #mask: MessageMask | undefined;
  /** Nothing of the message was passed on yet. */
  #isFirst = true;
  #isOver = false;
  /** Messages that were passed on. */
  sent = 0;
  /** Bytes of messages, as the client got them. */
  bytes = 0;

  constructor(options: ServiceMessagesOptions) {
    this.#options = options;
  }

  /** From now on nothing is passed on. */
  stop(): void {
    this.#isOver = true;
  }

  /** Resolves with how the service ended it. Rejects where the gateway has to. */
  async run(): Promise<SocketEnd> {
    for (;;) {
      const part = await this.#options.side.next();
      if (part === 'end') return SERVICE_GONE;
      if (part.kind === 'close') {
        return { by: 'service', code: part.code, reason: this.#options.reason(part.reason) };
      }
      if (!this.#isOver) await this.#pass(part);
    }
  }

  /** Behind the end: reads what still comes. Never rejects. */
  drain(): Promise<void> {
    return this.#options.side.drain();
  }

  async #pass({ isText, bytes, start, end, first, last }: MessageSlice): Promise<void> {
    if (first) {
      this.#mask = this.#options.begin(isText);
      this.#isFirst = true;
    }
    const slice = bytes.subarray(start, end);
    const out = this.#mask === undefined ? slice : this.#mask.push(slice, last);
    if (out.length === 0 && !last) return;
    this.#options.limits.take(out.length);
    this.bytes += out.length;
    const piece = { isText, bytes: out, first: this.#isFirst, last };
    this.#isFirst = false;
    await this.#options.toClient.data(this.#options.record, piece);
    if (last) this.sent += 1;
  }
}
