/** Events gathered into blocks of a recording, compressed. */
import { deflateRawSync } from 'node:zlib';
import type { RecordedBytes, SessionRecording } from '../../../model/recording.ts';
import { BLOCK_HEAD_BYTES, BlockCoding, encodeBlockHead } from '../events/block.ts';
import { type EncodedEvent, EVENT_HEAD_BYTES } from '../events/desktop-event.ts';

/** A block is written when it has so much. An event is at most as long again, so that readers can bound a block. */
const BLOCK_BYTES = 64 * 1024;
const MAX_EVENT_BYTES = 128 * 1024;
/** Shorter bodies stay as they are. */
const WORTH_BYTES = 64;

/** Where blocks go. */
export interface BlockTarget {
  readonly recording: SessionRecording;
  /** Its number in the recording. */
  readonly exchange: number;
  readonly nowMs: () => number;
}

/** One stream of blocks. */
export class BlockWriter {
  readonly #target: BlockTarget;
  readonly #kind: RecordedBytes;
  readonly #body = Buffer.alloc(BLOCK_BYTES + EVENT_HEAD_BYTES + MAX_EVENT_BYTES);
  #used = 0;
  #startedMs = 0;

  constructor(target: BlockTarget, kind: RecordedBytes) {
    this.#target = target;
    this.#kind = kind;
  }

  /** Whether something waits. */
  get isWaiting(): boolean {
    return this.#used > 0;
  }

  /** Takes a copy of an event. Answers whether the disk keeps up. */
  put({ kind, detail, data }: EncodedEvent): boolean {
    if (data.length > MAX_EVENT_BYTES) throw new TypeError(`an event of ${data.length} bytes`);
    const nowMs = this.#target.nowMs();
    if (this.#used === 0) this.#startedMs = nowMs;
    const body = this.#body;
    body[this.#used] = kind;
    body[this.#used + 1] = detail;
    body.writeUInt16LE(Math.max(0, Math.min(0xffff, nowMs - this.#startedMs)), this.#used + 2);
    body.writeUInt32LE(data.length, this.#used + 4);
    body.set(data, this.#used + EVENT_HEAD_BYTES);
    this.#used += EVENT_HEAD_BYTES + data.length;
    return this.#used < BLOCK_BYTES || this.flush();
  }

  /** Hands what waits to the recording. Answers whether the disk keeps up. */
  flush(kind: RecordedBytes = this.#kind): boolean {
    if (this.#used === 0) return true;
    const plain = this.#body.subarray(0, this.#used);
    this.#used = 0;
    const coded = plain.length < WORTH_BYTES ? plain : deflateRawSync(plain, { level: 1 });
    const isShorter = coded.length < plain.length;
    const body = isShorter ? coded : plain;
    const { recording, exchange, nowMs } = this.#target;
    const head = encodeBlockHead({
      coding: isShorter ? BlockCoding.deflate : BlockCoding.plain,
      lagMs: nowMs() - this.#startedMs,
      rawLength: plain.length,
      body,
    });
    // One piece, so that it is one frame.
    const block = Buffer.concat([head, body], BLOCK_HEAD_BYTES + body.length);
    return recording.data(exchange, block, 0, block.length, kind);
  }
}
