/** Bytes of a block: as much as one read of a socket gives. */
export const BLOCK_BYTES: number = 64 * 1024;

/** Blocks of memory that are used again and again, so that recording makes no garbage. */
export class BlockPool {
  readonly #free: Buffer[] = [];
  readonly #keep: number;

  /** @param keep free blocks that are kept; further ones go to the garbage collector */
  constructor(keep: number) {
    this.#keep = keep;
  }

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
  }

  give(blocks: readonly Buffer[]): void {
    for (const block of blocks) if (this.#free.length < this.#keep) this.#free.push(block);
  }
}
