/** One side's connection as frames: read when somebody asks for them, so that a slow reader holds up its sender. */
import type { Duplex } from 'node:stream';
import { type Frame, FrameSplitter } from './wire/frame-splitter.ts';

/** Frames of a stream. One reader at a time. */
export class PacketStream {
  readonly stream: Duplex;
  readonly #splitter: FrameSplitter;
  #isOver = false;
  #wake: (() => void) | undefined;
  readonly #onReadable = (): void => this.#wake?.();
  readonly #onOver = (): void => {
    this.#isOver = true;
    this.#wake?.();
  };

  constructor(stream: Duplex, source: 'downstream' | 'upstream') {
    this.stream = stream;
    this.#splitter = new FrameSplitter(source);
    this.#isOver = stream.destroyed || stream.readableEnded;
    stream.on('readable', this.#onReadable);
    for (const event of ['end', 'close', 'error']) stream.on(event, this.#onOver);
  }

  /** Whether there is no part of a frame left. */
  get isBetween(): boolean {
    return this.#splitter.isBetween;
  }

  /** Stops listening; what has not been read stays in the stream. */
  detach(): void {
    this.stream.off('readable', this.#onReadable);
    for (const event of ['end', 'close']) this.stream.off(event, this.#onOver);
  }

  /** The next frame, where it has arrived as a whole. @throws RdpWireError */
  take(): Frame | undefined {
    return this.#splitter.next();
  }

  /** Puts bytes that were read otherwise in front of what comes. */
  put(bytes: Buffer): void {
    if (bytes.length > 0) this.#splitter.push(bytes);
  }

  /** Waits for bytes; false at the end of the stream. */
  async fill(): Promise<boolean> {
    const chunk = await this.bytes();
    if (chunk === undefined) return false;
    this.#splitter.push(chunk);
    return true;
  }

  /** Waits for the next frame; undefined at the end of the stream. @throws RdpWireError */
  async next(): Promise<Frame | undefined> {
    for (;;) {
      const frame = this.take();
      if (frame !== undefined) return frame;
      if (!(await this.fill())) return undefined;
    }
  }

  /** Waits for bytes that are no frames; undefined at the end of the stream. */
  async bytes(): Promise<Buffer | undefined> {
    for (;;) {
      const chunk: unknown = this.stream.read();
      if (Buffer.isBuffer(chunk)) return chunk;
      if (this.#isOver) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }

  /** Sends; whoever sends much waits for {@link drained}. */
  write(bytes: Buffer): void {
    if (!this.stream.destroyed && !this.stream.writableEnded) this.stream.write(bytes);
  }

  /** Sends what holds a secret, and wipes it once it is sent. */
  writeSecret(bytes: Buffer): void {
    if (this.stream.destroyed || this.stream.writableEnded) bytes.fill(0);
    else this.stream.write(bytes, () => void bytes.fill(0));
  }

  /** Resolves when the other side has taken what was sent, or is gone. */
  drained(): Promise<void> | undefined {
    const { stream } = this;
    if (!stream.writableNeedDrain || stream.destroyed) return undefined;
    return new Promise((resolve) => {
      const done = (): void => {
        stream.off('drain', done);
        stream.off('close', done);
        resolve();
      };
      stream.on('drain', done);
      stream.on('close', done);
    });
  }
}
