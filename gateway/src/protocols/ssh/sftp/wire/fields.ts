import { SftpWireError } from './errors.ts';
import { BODY_AT, MOST_HANDLE_BYTES, MOST_PATH_BYTES } from './numbers.ts';

/** Reads the fields of one message, its length included, from the first one behind type and id on. */
export class FieldReader {
  readonly #packet: Buffer;
  #at: number;

  constructor(packet: Buffer, at: number = BODY_AT) {
    this.#packet = packet;
    this.#at = at;
    if (packet.length < at) throw truncated();
  }

  get left(): number {
    return this.#packet.length - this.#at;
  }

  uint32(): number {
    const at = this.#step(4);
    return this.#packet.readUInt32BE(at);
  }

  /** A number that a double holds exactly. */
  uint64(): number {
    const at = this.#step(8);
    const high = this.#packet.readUInt32BE(at);
    if (high > 0x1fffff) throw new SftpWireError('ERR_SFTP_MESSAGE', 'a number over 2^53');
    return high * 0x100000000 + this.#packet.readUInt32BE(at + 4);
  }

  /** A view of the bytes of a string. */
  bytes(most: number): Buffer {
    const length = this.uint32();
    if (length > most) throw new SftpWireError('ERR_SFTP_MESSAGE', `a string of ${length} bytes`);
    const at = this.#step(length);
    return this.#packet.subarray(at, at + length);
  }

  handle(): Buffer {
    return this.bytes(MOST_HANDLE_BYTES);
  }

  /** @throws SftpWireError where it is no UTF-8, or has a NUL in it: what would be opened is not what would be judged */
  path(): string {
    const length = this.uint32();
    if (length > MOST_PATH_BYTES) {
      throw new SftpWireError('ERR_SFTP_TEXT', `a path of ${length} bytes, ${MOST_PATH_BYTES} at most`);
    }
    const at = this.#step(length);
    return decodeText(this.#packet.subarray(at, at + length));
  }

  /** @throws SftpWireError where bytes are left that nobody judged */
  end(): void {
    if (this.left !== 0) throw new SftpWireError('ERR_SFTP_MESSAGE', `${this.left} bytes too many`);
  }

  #step(length: number): number {
    const at = this.#at;
    if (length > this.#packet.length - at) throw truncated();
    this.#at = at + length;
    return at;
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text of bytes. @throws SftpWireError */
export function decodeText(bytes: Buffer): string {
  if (bytes.includes(0)) throw new SftpWireError('ERR_SFTP_TEXT', 'a name with a NUL in it');
  try {
    return decoder.decode(bytes);
  } catch {
    throw new SftpWireError('ERR_SFTP_TEXT', 'a name that is no UTF-8');
  }
}

function truncated(): SftpWireError {
  return new SftpWireError('ERR_SFTP_MESSAGE', 'a message that ends within a field');
}

/** A part of a message. */
export type Field = { readonly uint32: number } | { readonly uint64: number } | Buffer | string;

/** Writes a message: its length, type, id and fields; buffers and texts as strings with their length. */
export function writePacket(type: number, id: number, fields: readonly Field[]): Buffer {
  let length = BODY_AT;
  for (const field of fields) length += lengthOf(field);
  const packet = Buffer.allocUnsafe(length);
  packet.writeUInt32BE(length - 4, 0);
  packet.writeUInt8(type, 4);
  packet.writeUInt32BE(id, 5);
  let at = BODY_AT;
  for (const field of fields) at = write(packet, at, field);
  return packet;
}

function lengthOf(field: Field): number {
  if (typeof field === 'string') return 4 + Buffer.byteLength(field);
  if (Buffer.isBuffer(field)) return 4 + field.length;
  return 'uint32' in field ? 4 : 8;
}

function write(packet: Buffer, at: number, field: Field): number {
  if (typeof field === 'string') {
    const length = packet.write(field, at + 4);
    packet.writeUInt32BE(length, at);
    return at + 4 + length;
  }
  if (Buffer.isBuffer(field)) {
    packet.writeUInt32BE(field.length, at);
    field.copy(packet, at + 4);
    return at + 4 + field.length;
  }
  if ('uint32' in field) return packet.writeUInt32BE(field.uint32, at);
  packet.writeUInt32BE(Math.floor(field.uint64 / 0x100000000), at);
  return packet.writeUInt32BE(field.uint64 % 0x100000000, at + 4);
}
