import type { WireErrorSource } from '../errors.ts';
import { WebSocketError, type WebSocketErrorCode } from './errors.ts';
import { MASK_BYTES } from './mask.ts';
import { FIRST_CONTROL, isKnownOpcode, MOST_CONTROL_BYTES } from './opcode.ts';

/** Most bytes of a frame's header. */
export const MOST_HEADER_BYTES = 14;

const FIN = 0x80;
const RESERVED = 0x70;
const OPCODE = 0x0f;
const MASKED = 0x80;
const SHORT = 0x7f;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/** The header of a frame (RFC 6455 section 5.2), without its key. */
export interface FrameHeader {
  readonly opcode: number;
  readonly isFinal: boolean;
  readonly length: number;
}

/** Bytes that a header has, as far as its first two say: 2 until they are there. */
export function headerSize(bytes: Buffer, length: number): number {
  if (length < 2) return 2;
  const second = bytes[1] ?? 0;
  const short = second & SHORT;
  let extended = 0;
  if (short === LENGTH_16) extended = 2;
  else if (short === LENGTH_64) extended = 8;
  return 2 + extended + ((second & MASKED) === 0 ? 0 : MASK_BYTES);
}

/**
 * Judges a header as soon as two bytes are there: reserved bits and opcodes, masking, and lengths of control frames.
 *
 * @param isMasked whether frames of this direction are masked: those of clients are, those of servers are not
 */
export function checkHeaderStart(bytes: Buffer, isMasked: boolean, place: HeaderPlace): void {
  const first = bytes[0] ?? 0;
  const second = bytes[1] ?? 0;
  const opcode = first & OPCODE;
  if ((first & RESERVED) !== 0) fail('ERR_WEBSOCKET_RESERVED', 'a frame has reserved bits set', place);
  if (!isKnownOpcode(opcode))
    fail('ERR_WEBSOCKET_RESERVED', `a frame has the reserved opcode ${opcode}`, place);
  if (((second & MASKED) !== 0) !== isMasked) {
    fail('ERR_WEBSOCKET_MASK', isMasked ? 'a client frame is not masked' : 'a server frame is masked', place);
  }
  if (opcode < FIRST_CONTROL) return;
  if ((first & FIN) === 0) fail('ERR_WEBSOCKET_CONTROL', 'a control frame is fragmented', place);
  if ((second & SHORT) > MOST_CONTROL_BYTES) {
    fail('ERR_WEBSOCKET_CONTROL', `a control frame is longer than ${MOST_CONTROL_BYTES} bytes`, place);
  }
}

/** Whose frame it is and where it begins, for errors. */
export interface HeaderPlace {
  readonly source: WireErrorSource;
  readonly offset: number;
}

/** Reads a whole header that {@link checkHeaderStart} let pass. */
export function parseHeader(bytes: Buffer, place: HeaderPlace): FrameHeader {
  const first = bytes[0] ?? 0;
  return { opcode: first & OPCODE, isFinal: (first & FIN) !== 0, length: readLength(bytes, place) };
}

function readLength(bytes: Buffer, place: HeaderPlace): number {
  const short = (bytes[1] ?? 0) & SHORT;
  if (short < LENGTH_16) return short;
  if (short === LENGTH_16) {
    const length = bytes.readUInt16BE(2);
    if (length < LENGTH_16) fail('ERR_WEBSOCKET_LENGTH', 'a length is not in its shortest form', place);
    return length;
  }
  const length = bytes.readUInt32BE(2) * 2 ** 32 + bytes.readUInt32BE(6);
  if (length <= 0xffff) fail('ERR_WEBSOCKET_LENGTH', 'a length is not in its shortest form', place);
  if (!Number.isSafeInteger(length)) fail('ERR_WEBSOCKET_LENGTH', 'a length that no frame can have', place);
  return length;
}

function fail(code: WebSocketErrorCode, message: string, place: HeaderPlace): never {
  throw new WebSocketError(code, message, place);
}
