/** Cuts masked COPY data into CopyData messages: one for each that came, more where one grows too long. */
import { BackendType } from '../../wire/backend/backend-type.ts';
import type { OutputPool, SliceSink } from '../output-pool.ts';

/** Content of a message from which a new one is begun, in bytes. */
const LONG = 65_536;

/** Output of a COPY masker. */
export class CopyFrames {
  readonly #pool: OutputPool;
  /** Where the messages go. */
  sink: SliceSink;
  #openAt = -1;

  constructor(pool: OutputPool, sink: SliceSink) {
    this.#pool = pool;
    this.sink = sink;
  }

  copy(bytes: Buffer, start: number, end: number): void {
    if (end === start) return;
    this.#open();
    this.#pool.copy(bytes, start, end);
  }

  byte(value: number): void {
    this.#open();
    this.#pool.byte(value);
  }

  int32(value: number): void {
    this.#open();
    this.#pool.int32(value);
  }

  text(text: string): void {
    if (text === '') return;
    this.#open();
    this.#pool.text(text);
  }

  /** Ends the message, if there is one, and hands it out. */
  end(): void {
    if (this.#openAt < 0) return;
    this.#pool.patch(this.#openAt + 1, this.#pool.length - this.#openAt - 1);
    this.#openAt = -1;
    this.#pool.flush(this.sink);
  }

  #open(): void {
    if (this.#openAt >= 0 && this.#pool.length - this.#openAt > LONG) this.end();
    if (this.#openAt >= 0) return;
    this.#openAt = this.#pool.length;
    this.#pool.byte(BackendType.CopyData);
    this.#pool.int32(0);
  }
}
