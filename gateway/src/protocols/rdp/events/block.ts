/**
 * Events of a desktop on record: blocks, each in one data frame of the recording and each compressed by itself, so that reading can
 * begin at any of them.
 *
 *     block = version u8 (1), coding u8 (0: plain, 1: raw DEFLATE), lag u16, raw length u32, coded length u32, body
 *
 * Numbers are little-endian. `lag` is how long before the frame's time the first event was, in milliseconds.
 */
import { ByteCursor } from '../picture/byte-cursor.ts';
import { PictureError } from '../picture/errors.ts';

/** Version of blocks that is written, and the newest that is read. */
const BLOCK_VERSION = 1;
/** Bytes of a block before its body. */
export const BLOCK_HEAD_BYTES = 12;
/** Longest body, not compressed: readers refuse more. */
export const MAX_BODY_BYTES: number = 256 * 1024;
/** Most milliseconds between a block's first event and its frame. */
export const MAX_LAG_MS = 0xffff;

/** How the body is coded. */
export const BlockCoding = { plain: 0, deflate: 1 } as const;

/** A block whose body is not decoded yet. */
export interface Block {
  readonly coding: number;
  readonly lagMs: number;
  /** Bytes of the body when it is decoded. */
  readonly rawLength: number;
  readonly body: Uint8Array;
}

/** The head of a block. */
export function encodeBlockHead({ coding, lagMs, rawLength, body }: Block): Uint8Array<ArrayBuffer> {
  const head = new Uint8Array(BLOCK_HEAD_BYTES);
  const view = new DataView(head.buffer);
  view.setUint8(0, BLOCK_VERSION);
  view.setUint8(1, coding);
  view.setUint16(2, Math.max(0, Math.min(MAX_LAG_MS, lagMs)), true);
  view.setUint32(4, rawLength, true);
  view.setUint32(8, body.length, true);
  return head;
}

/** How long before its frame the first event of a block was, by its head alone. @throws PictureError */
export function readLag(head: Uint8Array): number {
  const cursor = new ByteCursor(head);
  cursor.u16();
  return cursor.u16();
}

/** Reads a block. @throws PictureError where the bytes are none, or not a whole one */
export function decodeBlock(bytes: Uint8Array): Block {
  const cursor = new ByteCursor(bytes);
  const version = cursor.u8();
  const coding = cursor.u8();
  const lagMs = cursor.u16();
  const rawLength = cursor.u32();
  const length = cursor.u32();
  if (version !== BLOCK_VERSION || coding > BlockCoding.deflate || rawLength > MAX_BODY_BYTES) {
    throw new PictureError(
      'ERR_PICTURE_EVENT',
      `a block of version ${version} and coding ${coding} with ${rawLength} bytes`,
    );
  }
  const body = cursor.take(length);
  if (cursor.left > 0 || (coding === BlockCoding.plain && length !== rawLength)) {
    throw new PictureError('ERR_PICTURE_EVENT', 'a block has another length than it says');
  }
  return { coding, lagMs, rawLength, body };
}
