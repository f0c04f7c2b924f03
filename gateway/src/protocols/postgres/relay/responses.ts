/** The server's half of a session: matches answers with questions and hands them on, replaced where they must be. */
import { FrameSplitter } from '../wire/frame-splitter.ts';
import { type ByteSink, Outbox } from './outbox.ts';
import type { Pipeline } from './pipeline.ts';

/** Longest backend message that is not streamed; row data and COPY data may be of any length. */
const MAX_FRAME_BYTES = 1024 * 1024;

/** Row data, COPY data and function results are handed on as they arrive. */
function isStreamed(type: number): boolean {
  return type === 0x44 || type === 0x64 || type === 0x56;
}

/** Handles backend chunks one after the other; synchronous, so that a chunk's buffer may be reused after `take`. */
export class Responses {
  readonly #pipeline: Pipeline;
  readonly #sink: ByteSink;
  readonly #splitter: FrameSplitter = new FrameSplitter({
    maxFrameBytes: MAX_FRAME_BYTES,
    streams: isStreamed,
    source: 'upstream',
  });
  readonly #outbox = new Outbox();
  #isKeepingUp = true;

  constructor(pipeline: Pipeline, sink: ByteSink) {
    this.#pipeline = pipeline;
    this.#sink = sink;
  }

  /**
   * Takes bytes from the server.
   * @returns false when the client reads slower than the server writes.
   * @throws WireError or PostgresError when the server breaks the protocol; what came before it was handed on.
   */
  take(chunk: Buffer): boolean {
    try {
      this.#splitter.push(chunk);
      for (let frame = this.#splitter.next(); frame !== undefined; frame = this.#splitter.next()) {
        const { type, bytes, start, end } = frame;
        if (!frame.first) {
          this.#pipeline.acceptMore(end - start);
          this.#outbox.add(bytes, start, end);
          continue;
        }
        const treatment = this.#pipeline.accept(type, bytes, start, end);
        if (treatment === 'forward') this.#outbox.add(bytes, start, end);
        else this.#outbox.add(treatment);
        this.#addLocals();
      }
    } finally {
      this.#isKeepingUp = this.#outbox.flush(this.#sink);
    }
    return this.#isKeepingUp;
  }

  /** The client has got the first part of a message: whatever came next now would be taken for the rest of it. */
  get isMidMessage(): boolean {
    return this.#splitter.isMidMessage;
  }

  /** Sends the gateway's own answers whose turn has come. */
  sendLocals(): void {
    this.#addLocals();
    this.#outbox.flush(this.#sink);
  }

  #addLocals(): void {
    for (let bytes = this.#pipeline.takeLocal(); bytes !== undefined; bytes = this.#pipeline.takeLocal()) {
      this.#outbox.add(bytes);
    }
  }
}
