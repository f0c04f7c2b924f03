/** Reads frames where they lie, in bounded memory: a window of the file, grown only for a frame that is longer. */
import { open } from 'node:fs/promises';
import { causeText, recordingError } from './errors.ts';
import {
  checkFileHeader,
  FILE_HEADER_BYTES,
  FRAME_HEADER_BYTES,
  type FrameHead,
  readFrameHead,
} from './format.ts';

const WINDOW_BYTES = 256 * 1024;

/** Bytes that can be read at any place: a file, or memory in tests. */
export interface ByteSource {
  /** Fills `into` from `at` on and answers how many bytes there were; fewer only at the end. */
  read(into: Buffer, at: number): Promise<number>;
  size(): Promise<number>;
  close(): Promise<void>;
}

/** One frame as it was found. */
export interface Frame extends FrameHead {
  /** Where it begins in the file, and where it ends. */
  readonly offset: number;
  readonly end: number;
  /** The whole frame; empty where it was not wanted. Good until the next frame is asked for. */
  readonly raw: Buffer;
  /** Its payload, likewise. */
  readonly payload: Buffer;
}

/** What to read. */
export interface FrameRange {
  /** Where a frame begins; the first frame unless said. */
  readonly from?: number;
  /** Whether the payload is wanted: the others are passed over unread. */
  readonly wants?: (head: FrameHead) => boolean;
}

const NOTHING = Buffer.alloc(0);

/** Opens a file to read. @throws RecordingError */
export async function openSource(path: string): Promise<ByteSource> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw recordingError('ERR_RECORDING_UNREADABLE', `cannot read ${path}: ${causeText(cause)}`, cause);
  });
  return {
    async read(into, at) {
      let got = 0;
      while (got < into.length) {
        const { bytesRead } = await file.read(into, got, into.length - got, at + got);
        if (bytesRead === 0) break;
        got += bytesRead;
      }
      return got;
    },
    size: async () => (await file.stat()).size,
    close: () => file.close(),
  };
}

/** Reads the recording in a source, whose owner closes it. */
export class FrameReader {
  readonly #source: ByteSource;
  #window = Buffer.allocUnsafe(WINDOW_BYTES);
  /** Place in the file of the window's first byte, and how many bytes of it are good. */
  #at = 0;
  #filled = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Whether there is a file header at all. @throws RecordingError when it is not that of a recording we can read */
  async checkHeader(): Promise<boolean> {
    const header = Buffer.alloc(FILE_HEADER_BYTES);
    const got = await this.#source.read(header, 0);
    if (got < FILE_HEADER_BYTES) return false;
    checkFileHeader(header);
    return true;
  }

  /**
   * The whole frames in their order; ends before one that is not all there, which a live session is about to finish.
   * @throws RecordingError `ERR_RECORDING_DAMAGED` where no frame can be
   */
  async *frames({ from = FILE_HEADER_BYTES, wants = () => true }: FrameRange = {}): AsyncGenerator<Frame> {
    this.#filled = 0;
    let offset = from;
    for (;;) {
      if (!(await this.#have(offset, FRAME_HEADER_BYTES))) return;
      const head = readFrameHead(this.#window, offset - this.#at);
      const total = FRAME_HEADER_BYTES + head.length;
      const end = offset + total;
      if (wants(head)) {
        if (!(await this.#have(offset, total))) return;
        const raw = this.#window.subarray(offset - this.#at, end - this.#at);
        yield { ...head, offset, end, raw, payload: raw.subarray(FRAME_HEADER_BYTES) };
      } else {
        if (!(await this.#reaches(end))) return;
        yield { ...head, offset, end, raw: NOTHING, payload: NOTHING };
      }
      offset = end;
    }
  }

  /** Brings so many bytes from `offset` on into the window; false when the file ends before. */
  async #have(offset: number, bytes: number): Promise<boolean> {
    if (offset >= this.#at && offset + bytes <= this.#at + this.#filled) return true;
    if (bytes > this.#window.length) this.#window = Buffer.allocUnsafe(bytes + WINDOW_BYTES);
    else if (this.#window.length > WINDOW_BYTES * 2 && bytes <= WINDOW_BYTES)
      this.#window = Buffer.allocUnsafe(WINDOW_BYTES);
    this.#at = offset;
    this.#filled = await this.#source.read(this.#window, offset);
    return this.#filled >= bytes;
  }

  async #reaches(end: number): Promise<boolean> {
    if (end <= this.#at + this.#filled) return true;
    return end <= (await this.#source.size());
  }
}

/** The JSON of a payload. @throws RecordingError when it is none */
export function readJson(payload: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(payload.toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Told below.
  }
  throw recordingError('ERR_RECORDING_DAMAGED', 'a frame that should hold JSON does not');
}
