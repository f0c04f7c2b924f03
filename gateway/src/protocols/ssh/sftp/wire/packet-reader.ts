import { SftpWireError } from './errors.ts';
import { MOST_PACKET_BYTES } from './numbers.ts';

const LENGTH_BYTES = 4;

/**
 * Cuts a stream into messages. What lies whole in a chunk is a view of it; what does not is copied once. Keeps one message
 * at most.
 */
export class PacketReader {
  readonly #most: number;
  /** Of a message that has begun: its length word, while that is not whole. */
  readonly #length = Buffer.alloc(LENGTH_BYTES);
  #lengthBytes = 0;
  #packet: Buffer | undefined;
  #filled = 0;

  constructor(most: number = MOST_PACKET_BYTES) {
    this.#most = most;
  }

  /** Whether the stream may end here. */
  get isBetween(): boolean {
    return this.#packet === undefined && this.#lengthBytes === 0;
  }

  /**
   * Calls `take` with each message that the chunk makes whole, its length included.
   * @throws SftpWireError for a length that cannot be: nothing more can be read then
   */
  read(chunk: Buffer, take: (packet: Buffer) => void): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#packet === undefined && this.#lengthBytes === 0 && chunk.length - at >= LENGTH_BYTES) {
        const end = at + LENGTH_BYTES + this.#checked(chunk.readUInt32BE(at));
        if (end <= chunk.length) {
          take(chunk.subarray(at, end));
          at = end;
          continue;
        }
      }
      at = this.#gather(chunk, at, take);
    }
  }

  #gather(chunk: Buffer, start: number, take: (packet: Buffer) => void): number {
    let at = start;
    if (this.#packet === undefined) {
      const bytes = Math.min(LENGTH_BYTES - this.#lengthBytes, chunk.length - at);
      chunk.copy(this.#length, this.#lengthBytes, at, at + bytes);
      this.#lengthBytes += bytes;
      at += bytes;
      if (this.#lengthBytes < LENGTH_BYTES) return at;
      this.#packet = Buffer.allocUnsafe(LENGTH_BYTES + this.#checked(this.#length.readUInt32BE(0)));
      this.#length.copy(this.#packet);
      this.#filled = LENGTH_BYTES;
    }
    const packet = this.#packet;
    const bytes = Math.min(packet.length - this.#filled, chunk.length - at);
    chunk.copy(packet, this.#filled, at, at + bytes);
    this.#filled += bytes;
    if (this.#filled === packet.length) {
      this.#packet = undefined;
      this.#lengthBytes = 0;
      take(packet);
    }
    return at + bytes;
  }

  /** A message has a type, and mostly an id. */
  #checked(length: number): number {
    if (length < 1 || length > this.#most) {
      throw new SftpWireError('ERR_SFTP_LENGTH', `a message of ${length} bytes`);
    }
    return length;
  }
}
