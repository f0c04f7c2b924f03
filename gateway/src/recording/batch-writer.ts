/**
 * Puts frames on disk: batches, in order, one write at a time.
 *
 * INVARIANTS
 * - A file holds whole batches only, each sealed; on a failed write what is on the disk of it is taken off again.
 * - After a failure nothing is written any more, and memory is given back.
 */
import type { BlockPool } from './block-pool.ts';
import { FrameBuffer } from './frame-buffer.ts';
import type { Holder, MemoryBudget } from './memory-budget.ts';
import type { RecordingFile } from './recording-file.ts';

/** Batches up to this size are written at once: into the page cache, a few microseconds. */
const SMALL_BYTES = 64 * 1024;
/** So much is written without waiting for the delay. */
const FLUSH_BYTES = 256 * 1024;

/** What the owner of a {@link BatchWriter} is told. */
export interface WriterHooks {
  /** Something waits that did not before: flush within the delay. */
  onWaiting(): void;
  /** Before the first byte. @throws what the disk throws */
  onFirstWrite(): void;
  onWritten(): void;
  onFailure(cause: unknown): void;
}

/** The way of one recording's frames to its file. */
export class BatchWriter implements Holder {
  readonly buffer: FrameBuffer;
  readonly file: RecordingFile;
  readonly #pool: BlockPool;
  readonly #budget: MemoryBudget;
  readonly #hooks: WriterHooks;
  #counted = 0;
  #inFlight = 0;
  #writing: Promise<void> | undefined;
  #isOver = false;

  constructor(
    file: RecordingFile,
    services: { readonly pool: BlockPool; readonly budget: MemoryBudget },
    hooks: WriterHooks,
  ) {
    this.file = file;
    this.#pool = services.pool;
    this.#budget = services.budget;
    this.buffer = new FrameBuffer(services.pool);
    this.#hooks = hooks;
  }

  get pending(): number {
    return this.buffer.bytes + this.#inFlight;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** After frames were put into the buffer. Answers whether more may follow at once. */
  noted(): boolean {
    if (this.#isOver) {
      this.buffer.drop();
      return false;
    }
    if (this.#counted === 0) this.#hooks.onWaiting();
    this.#count();
    if (this.buffer.bytes >= FLUSH_BYTES) this.flush();
    if (this.#isOver) return false;
    if (!this.#budget.isOver(this)) return true;
    if (this.#budget.isOverrun(this)) this.#fail(new Error('more waits for the disk than may'));
    else this.flush();
    return !this.#isOver && !this.#budget.isOver(this);
  }

  /** Writes what waits; while a write is under way, behind it. */
  flush(): void {
    if (this.#isOver || this.#writing !== undefined || this.buffer.bytes === 0) return;
    try {
      if (this.file.size === 0) this.#hooks.onFirstWrite();
      if (this.buffer.bytes > SMALL_BYTES) {
        this.#writing = this.#writeLater();
        return;
      }
      const batch = this.buffer.take();
      try {
        this.file.write(batch);
      } finally {
        this.#pool.give(batch.blocks);
      }
    } catch (cause) {
      this.#fail(cause);
      return;
    }
    this.#count();
    this.#hooks.onWritten();
  }

  /** Resolves when nothing waits any more, or the writer failed. Never rejects. */
  async settled(): Promise<void> {
    while (!this.#isOver && this.pending > 0) {
      this.flush();
      await this.#writing;
    }
    await this.#writing;
  }

  /** Nothing is written from now on. */
  stop(): void {
    this.#isOver = true;
    this.buffer.drop();
    this.#count();
    this.#budget.wake();
  }

  /** Never rejects. */
  async #writeLater(): Promise<void> {
    const batch = this.buffer.take();
    this.#inFlight = batch.bytes;
    let cause: unknown;
    try {
      await this.file.writeLater(batch);
    } catch (error) {
      cause = error ?? new Error('the write failed');
    }
    this.#inFlight = 0;
    this.#writing = undefined;
    this.#pool.give(batch.blocks);
    if (cause !== undefined) {
      this.#fail(cause);
      return;
    }
    this.#count();
    if (this.#isOver) return;
    this.#hooks.onWritten();
    if (this.buffer.bytes >= SMALL_BYTES) this.flush();
    else if (this.buffer.bytes > 0) this.#hooks.onWaiting();
  }

  #fail(cause: unknown): void {
    if (this.#isOver) return;
    this.file.undo();
    this.stop();
    this.#hooks.onFailure(cause);
  }

  /** Tells the budget what changed. */
  #count(): void {
    const { pending } = this;
    const change = pending - this.#counted;
    this.#counted = pending;
    if (change !== 0) this.#budget.change(change);
  }
}
