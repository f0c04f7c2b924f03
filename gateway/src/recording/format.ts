/**
 * The form of a recording (docs/recording.md): one append-only file a session, for all protocols.
 *
 *     file   = header (16 bytes) frame*
 *     header = 89 'SPREC' 0d 0a, version u16, 6 zero bytes
 *     frame  = length u32, type u8, flags u8, time u48, exchange u32, payload (length bytes)
 *
 * Numbers are little-endian. Time is milliseconds since the session was opened; exchange counts from 1, 0 stands for
 * the session. Payloads are JSON, but for data (bytes of the protocol as they were delivered) and seals.
 *
 * A seal is written behind each batch. Its payload is SHA-256 over the payload of the seal before and all bytes since;
 * the first is over SHA-256 of the file's header. So each seal covers all that is before it.
 */
import { hash } from 'node:crypto';
import { recordingError } from './errors.ts';

/** Version of the form that is written, and the newest that is read. */
export const FORMAT_VERSION = 1;
/** Bytes of a file before its first frame. */
export const FILE_HEADER_BYTES = 16;
/** Bytes of a frame before its payload. */
export const FRAME_HEADER_BYTES = 16;
/** Bytes of a link of the chain. */
export const CHAIN_BYTES = 32;
/** Bytes of a whole seal. */
export const SEAL_BYTES: number = FRAME_HEADER_BYTES + CHAIN_BYTES;
/** No payload is longer: writers cut, readers refuse. */
export const MAX_PAYLOAD_BYTES: number = 4 * 1024 * 1024;

/** Types of frames. Readers pass over types that they do not know. */
export const FrameType = {
  session: 1,
  begin: 2,
  data: 3,
  end: 4,
  note: 5,
  cap: 6,
  /** The session ended in order. */
  close: 7,
  /** The gateway died, or the disk refused; written at the next start behind the last whole frame. */
  cut: 8,
  seal: 0x7f,
} as const;

/** Flags of data frames. */
export const DataFlag = { response: 0, request: 1, context: 2, key: 3, whole: 4 } as const;

const MAGIC = Buffer.from([0x89, 0x53, 0x50, 0x52, 0x45, 0x43, 0x0d, 0x0a]);
const MS_LIMIT = 2 ** 48 - 1;

/** The first bytes of every recording. */
export const FILE_HEADER: Buffer = fileHeader();
/** What the first seal follows. */
export const GENESIS: Buffer = hash('sha256', FILE_HEADER, 'buffer');

function fileHeader(): Buffer {
  const header = Buffer.alloc(FILE_HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt16LE(FORMAT_VERSION, MAGIC.length);
  return header;
}

/** @throws RecordingError when the bytes do not begin a recording that this gateway can read */
export function checkFileHeader(bytes: Buffer): void {
  if (bytes.length < FILE_HEADER_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw recordingError('ERR_RECORDING_DAMAGED', 'the file does not begin as a recording');
  }
  const version = bytes.readUInt16LE(MAGIC.length);
  if (version > FORMAT_VERSION) {
    throw recordingError(
      'ERR_RECORDING_VERSION',
      `the recording has form ${version}, this gateway reads up to ${FORMAT_VERSION}: use the newer gateway`,
    );
  }
  if (!bytes.subarray(0, FILE_HEADER_BYTES).equals(FILE_HEADER)) {
    throw recordingError('ERR_RECORDING_DAMAGED', 'the header of the recording was changed');
  }
}

/** The fixed part of a frame. */
export interface FrameHead {
  readonly type: number;
  readonly flags: number;
  /** Milliseconds since the session was opened. */
  readonly ms: number;
  readonly exchange: number;
  /** Bytes of the payload. */
  readonly length: number;
}

/** Writes a frame's fixed part; on the hot path, so without an object. */
export function writeFrameHead(
  bytes: Buffer,
  at: number,
  length: number,
  kind: number,
  ms: number,
  exchange: number,
): void {
  bytes.writeUInt32LE(length, at);
  bytes.writeUInt16LE(kind, at + 4);
  bytes.writeUIntLE(Math.min(ms, MS_LIMIT), at + 6, 6);
  bytes.writeUInt32LE(exchange, at + 12);
}

/** Type and flags as {@link writeFrameHead} takes them. */
export function frameKind(type: number, flags: number = 0): number {
  return type | (flags << 8);
}

/** Reads a frame's fixed part. @throws RecordingError when no frame can be so long */
export function readFrameHead(bytes: Buffer, at: number): FrameHead {
  const length = bytes.readUInt32LE(at);
  if (length > MAX_PAYLOAD_BYTES) {
    throw recordingError('ERR_RECORDING_DAMAGED', `a frame declares ${length} bytes, over what there can be`);
  }
  return {
    length,
    type: bytes[at + 4] ?? 0,
    flags: bytes[at + 5] ?? 0,
    ms: bytes.readUIntLE(at + 6, 6),
    exchange: bytes.readUInt32LE(at + 12),
  };
}
