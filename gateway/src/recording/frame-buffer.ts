/**
 * What is recorded and not yet written: frames in pooled blocks. The first block begins with the link of the chain that
 * comes before, which is hashed and not written: so a small batch is hashed where it lies, by one call.
 */
import { createHash, hash } from 'node:crypto';
import { BLOCK_BYTES, type BlockPool } from './block-pool.ts';
import {
  CHAIN_BYTES,
  FILE_HEADER,
  FRAME_HEADER_BYTES,
  FrameType,
  frameKind,
  GENESIS,
  MAX_PAYLOAD_BYTES,
  SEAL_BYTES,
  writeFrameHead,
} from './format.ts';

/** UTF-8 takes at most so many bytes a UTF-16 unit. */
const UTF8_FACTOR = 3;
const SEAL = frameKind(FrameType.seal);

/** A sealed run of frames, to be written as it is. */
export interface Batch {
  /** What to write, in order. */
  readonly parts: readonly Buffer[];
  readonly bytes: number;
  readonly frames: number;
  /** The chain behind it: payload of its seal. */
  readonly chain: Buffer;
  /** To be given back to the pool when it is written. */
  readonly blocks: readonly Buffer[];
}

/** Frames of one session that wait for the disk. */
export class FrameBuffer {
  readonly #pool: BlockPool;
  #blocks: Buffer[] = [];
  /** The last block, and how much of it is used. */
  #block: Buffer | undefined;
  #used = 0;
  /** How much is used of the blocks before the last. */
  readonly #fills = new Map<Buffer, number>();
  #frames = 0;
  #bytes = 0;
  #chain: Buffer = GENESIS;
  #isFirst = true;

  constructor(pool: BlockPool) {
    this.#pool = pool;
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Puts a frame of raw bytes; at most {@link MAX_PAYLOAD_BYTES}. */
  raw(kind: number, ms: number, exchange: number, bytes: Buffer, start: number, end: number): void {
    this.#head(end - start, kind, ms, exchange);
    this.#copy(bytes, start, end);
  }

  /** Puts a frame of text. @throws TypeError when it is longer than a frame may be */
  text(kind: number, ms: number, exchange: number, text: string): void {
    const most = text.length * UTF8_FACTOR;
    const block = this.#room(FRAME_HEADER_BYTES);
    if (BLOCK_BYTES - this.#used < FRAME_HEADER_BYTES + most) {
      const bytes = Buffer.from(text);
      if (bytes.length > MAX_PAYLOAD_BYTES) throw new TypeError('the text is longer than a frame');
      this.raw(kind, ms, exchange, bytes, 0, bytes.length);
      return;
    }
    const length = block.write(text, this.#used + FRAME_HEADER_BYTES, 'utf8');
    writeFrameHead(block, this.#used, length, kind, ms, exchange);
    this.#used += FRAME_HEADER_BYTES + length;
    this.#bytes += FRAME_HEADER_BYTES + length;
    this.#frames += 1;
  }

  /** Seals what waits and hands it over; the buffer is empty then. Must not be called when nothing waits. */
  take(): Batch {
    const chain = this.#digest();
    const seal = this.#room(SEAL_BYTES);
    writeFrameHead(seal, this.#used, CHAIN_BYTES, SEAL, 0, 0);
    chain.copy(seal, this.#used + FRAME_HEADER_BYTES);
    this.#used += SEAL_BYTES;
    const blocks = this.#blocks;
    const parts = blocks.map((block, index) =>
      block.subarray(index === 0 ? CHAIN_BYTES : 0, block === this.#block ? this.#used : this.#fill(block)),
    );
    if (this.#isFirst) parts.unshift(FILE_HEADER);
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    const batch = { parts, bytes, frames: this.#frames + 1, chain, blocks };
    this.#chain = chain;
    this.#isFirst = false;
    this.#clear();
    return batch;
  }

  /** Drops what waits. */
  drop(): void {
    this.#pool.give(this.#blocks);
    this.#clear();
  }

  #fill(block: Buffer): number {
    return this.#fills.get(block) ?? BLOCK_BYTES;
  }

  #digest(): Buffer {
    const [first] = this.#blocks;
    if (first !== undefined && first === this.#block)
      return hash('sha256', first.subarray(0, this.#used), 'buffer');
    const sum = createHash('sha256');
    for (const block of this.#blocks)
      sum.update(block.subarray(0, block === this.#block ? this.#used : this.#fill(block)));
    return sum.digest();
  }

  #head(length: number, kind: number, ms: number, exchange: number): void {
    const block = this.#room(FRAME_HEADER_BYTES);
    writeFrameHead(block, this.#used, length, kind, ms, exchange);
    this.#used += FRAME_HEADER_BYTES;
    this.#bytes += FRAME_HEADER_BYTES + length;
    this.#frames += 1;
  }

  #copy(bytes: Buffer, start: number, end: number): void {
    let at = start;
    while (at < end) {
      const block = this.#room(1);
      const count = Math.min(end - at, BLOCK_BYTES - this.#used);
      bytes.copy(block, this.#used, at, at + count);
      this.#used += count;
      at += count;
    }
  }

  /** The block in which so many bytes fit in one piece. */
  #room(bytes: number): Buffer {
    if (this.#block !== undefined && BLOCK_BYTES - this.#used >= bytes) return this.#block;
    const block = this.#pool.take();
    if (this.#block === undefined) this.#used = this.#chain.copy(block);
    else {
      this.#fills.set(this.#block, this.#used);
      this.#used = 0;
    }
    this.#block = block;
    this.#blocks.push(block);
    return block;
  }

  #clear(): void {
    this.#blocks = [];
    this.#block = undefined;
    this.#used = 0;
    this.#bytes = 0;
    this.#frames = 0;
    this.#fills.clear();
  }
}
