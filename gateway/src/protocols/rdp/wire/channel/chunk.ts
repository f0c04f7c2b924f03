/** Chunks of static virtual channels ([MS-RDPBCGR] 2.2.6.1). */
import { ByteReader } from '../byte-reader.ts';
import { uint32 } from '../byte-writer.ts';
import { RdpWireError } from '../errors.ts';

/** Flags of a chunk. */
export const CHUNK = { FIRST: 1, LAST: 2, SHOW_PROTOCOL: 0x10, COMPRESSED: 0x0020_0000 } as const;

/** A chunk; `total` is the length of the whole message that it is of. */
export interface Chunk {
  readonly total: number;
  readonly flags: number;
  readonly data: Buffer;
}

/** Most bytes of a chunk as long as nothing else is agreed (CHANNEL_CHUNK_LENGTH). */
export const CHUNK_BYTES = 1600;

/** Reads the data of a channel. @throws RdpWireError where it is compressed */
export function readChunk(data: Buffer, source: 'downstream' | 'upstream'): Chunk {
  const reader = new ByteReader(data, 'channel', source);
  const total = reader.uint32();
  const flags = reader.uint32();
  if ((flags & CHUNK.COMPRESSED) !== 0) throw reader.error('ERR_RDP_OPAQUE', 'a chunk that is compressed');
  return { total, flags, data: reader.rest() };
}

/** Cuts a message into the data of chunks. @param flag beside first and last, as the channel's options want it */
export function writeChunks(message: Buffer, flag: number = CHUNK.SHOW_PROTOCOL): readonly Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  do {
    const end = Math.min(at + CHUNK_BYTES, message.length);
    const flags = (at === 0 ? CHUNK.FIRST : 0) | (end === message.length ? CHUNK.LAST : 0) | flag;
    chunks.push(Buffer.concat([uint32(message.length), uint32(flags), message.subarray(at, end)]));
    at = end;
  } while (at < message.length);
  return chunks;
}

/** Bytes that the chunks of a message have on average at least: what is kept of a chunk is more than its bytes. */
const LEAST_AVERAGE_BYTES = 64;
/** So many may be of any length. */
const FEW_CHUNKS = 16;

/** Joins the chunks of one direction of one channel, up to a bound. Memory follows what arrived. */
export class ChunkJoiner {
  readonly #mostBytes: number;
  readonly #source: 'downstream' | 'upstream';
  #parts: Buffer[] | undefined;
  #total = 0;
  #bytes = 0;

  /** @param mostBytes of a joined message */
  constructor(mostBytes: number, source: 'downstream' | 'upstream') {
    this.#mostBytes = mostBytes;
    this.#source = source;
  }

  /**
   * Takes the next chunk; gives the message that it makes whole.
   * @throws RdpWireError for chunks out of order, of another length than was said, or of more bytes than may be
   */
  push({ total, flags, data }: Chunk): Buffer | undefined {
    if ((flags & CHUNK.FIRST) !== 0) {
      if (this.#parts !== undefined) throw this.#error('ERR_RDP_TYPE', 'a message within another');
      if (total > this.#mostBytes) throw this.#error('ERR_RDP_TOO_LONG', `a message of ${total} bytes`);
      this.#parts = [];
      this.#total = total;
      this.#bytes = 0;
    }
    const parts = this.#parts;
    if (parts === undefined) throw this.#error('ERR_RDP_TYPE', 'a chunk without a first one');
    this.#bytes += data.length;
    if (total !== this.#total || this.#bytes > this.#total)
      throw this.#error('ERR_RDP_LENGTH', `${this.#bytes} bytes of a message of ${this.#total}`);
    const isLast = (flags & CHUNK.LAST) !== 0;
    if (data.length === 0 && (this.#total > 0 || !isLast))
      throw this.#error('ERR_RDP_LENGTH', 'an empty chunk');
    if (parts.length >= FEW_CHUNKS + this.#bytes / LEAST_AVERAGE_BYTES)
      throw this.#error('ERR_RDP_TOO_LONG', `${parts.length} chunks for ${this.#bytes} bytes`);
    parts.push(Buffer.from(data));
    if (!isLast) return undefined;
    if (this.#bytes !== this.#total)
      throw this.#error('ERR_RDP_LENGTH', `${this.#bytes} bytes of a message of ${this.#total}`);
    this.#parts = undefined;
    return Buffer.concat(parts, this.#bytes);
  }

  #error(code: 'ERR_RDP_TYPE' | 'ERR_RDP_LENGTH' | 'ERR_RDP_TOO_LONG', message: string): RdpWireError {
    return new RdpWireError(code, `channel: ${message}`, this.#source);
  }
}
