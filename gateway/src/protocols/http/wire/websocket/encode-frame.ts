import { isSendableCode } from './close-frame.ts';
import { WebSocketError } from './errors.ts';
import { applyMask, MASK_BYTES } from './mask.ts';
import { FIRST_CONTROL, isKnownOpcode, MOST_CONTROL_BYTES, Opcode } from './opcode.ts';

/** One frame to send. */
export interface OutgoingFrame {
  readonly opcode: number;
  readonly isFinal: boolean;
  readonly payload: Buffer;
  /** Four unpredictable bytes for frames to a server; undefined for frames to a client. */
  readonly key: Buffer | undefined;
}

/** Writes one frame (RFC 6455 section 5.2). The payload is copied, and the copy masked where there is a key. */
export function encodeFrame({ opcode, isFinal, payload, key }: OutgoingFrame): Buffer {
  if (!isKnownOpcode(opcode)) throw misuse('an opcode without a meaning');
  if (opcode >= FIRST_CONTROL && (!isFinal || payload.length > MOST_CONTROL_BYTES)) {
    throw misuse('a control frame that cannot be');
  }
  if (key !== undefined && key.length !== MASK_BYTES) throw misuse('a key has four bytes');
  const extended = extendedBytes(payload.length);
  const start = 2 + extended + (key === undefined ? 0 : MASK_BYTES);
  const bytes = Buffer.allocUnsafe(start + payload.length);
  bytes[0] = (isFinal ? 0x80 : 0) | opcode;
  bytes[1] = (key === undefined ? 0 : 0x80) | (extended === 0 ? payload.length : extended === 2 ? 126 : 127);
  if (extended === 2) bytes.writeUInt16BE(payload.length, 2);
  if (extended === 8) bytes.writeBigUInt64BE(BigInt(payload.length), 2);
  payload.copy(bytes, start);
  if (key !== undefined) {
    key.copy(bytes, start - MASK_BYTES);
    applyMask(bytes, start, bytes.length, key, 0);
  }
  return bytes;
}

/** Writes a close frame: with a code and a reason of at most 123 bytes, or empty. */
export function encodeClose(code: number | undefined, reason: string, key: Buffer | undefined): Buffer {
  if (code === undefined) {
    return encodeFrame({ opcode: Opcode.Close, isFinal: true, payload: Buffer.alloc(0), key });
  }
  if (!isSendableCode(code)) throw misuse('a close code that must not be sent');
  if (!reason.isWellFormed()) throw misuse('a reason with a lone surrogate');
  const text = Buffer.from(reason, 'utf8');
  const payload = Buffer.concat([Buffer.of(code >> 8, code & 0xff), text]);
  return encodeFrame({ opcode: Opcode.Close, isFinal: true, payload, key });
}

function extendedBytes(length: number): 0 | 2 | 8 {
  if (length <= MOST_CONTROL_BYTES) return 0;
  return length <= 0xffff ? 2 : 8;
}

function misuse(message: string): WebSocketError {
  return new WebSocketError('ERR_WEBSOCKET_MISUSE', message, { source: 'internal', offset: 0 });
}
