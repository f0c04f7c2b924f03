/** Share control PDUs and share data PDUs ([MS-RDPBCGR] 2.2.8.1.1.1.1, 2.2.8.1.1.1.2). */
import { ByteReader } from '../byte-reader.ts';
import { uint16, uint32 } from '../byte-writer.ts';
import type { RdpWireSource } from '../errors.ts';

/** Types of share control PDUs. */
export const SHARE = {
  DEMAND_ACTIVE: 1,
  CONFIRM_ACTIVE: 3,
  DEACTIVATE_ALL: 6,
  DATA: 7,
  SERVER_REDIRECTION: 10,
} as const;

/** Types of share data PDUs. */
export const DATA = {
  UPDATE: 2,
  CONTROL: 20,
  POINTER: 27,
  INPUT: 28,
  SYNCHRONIZE: 31,
  REFRESH_RECT: 33,
  PLAY_SOUND: 34,
  SUPPRESS_OUTPUT: 35,
  SHUTDOWN_REQUEST: 36,
  SHUTDOWN_DENIED: 37,
  SAVE_SESSION_INFO: 38,
  FONT_LIST: 39,
  FONT_MAP: 40,
  KEYBOARD_INDICATORS: 41,
  PERSISTENT_BITMAPS: 43,
  KEYBOARD_IME: 45,
  ERROR_INFO: 47,
  AUTO_RECONNECT_STATUS: 50,
  STATUS_INFO: 54,
  MONITOR_LAYOUT: 55,
  FRAME_ACKNOWLEDGE: 56,
} as const;

/** A share control PDU; the body is behind its header. */
export interface SharePdu {
  /** Of {@link SHARE}. */
  readonly type: number;
  /** User channel of the sender. */
  readonly source: number;
  readonly body: Buffer;
}

/** A share data PDU: the body of a share control PDU of type DATA. */
export interface ShareData {
  readonly shareId: number;
  readonly stream: number;
  /** Of {@link DATA}. */
  readonly type: number;
  readonly body: Buffer;
}

const VERSION = 0x10;
const TYPE_MASK = 0x0f;
const CONTROL_HEADER_BYTES = 6;
/** Old servers end a share by a PDU without its source. */
const SHORTEST_BYTES = 4;
const DATA_HEADER_BYTES = 12;
const COMPRESSED = 0x20;
/** Most PDUs in one message: FreeRDP and Windows put in a few. */
const MOST_PDUS = 64;

/** Cuts the PDUs of a message on the IO channel. @throws RdpWireError */
export function readSharePdus(data: Buffer, source: RdpWireSource): readonly SharePdu[] {
  const reader = new ByteReader(data, 'share', source);
  const pdus: SharePdu[] = [];
  while (reader.left > 0) {
    if (pdus.length === MOST_PDUS) throw reader.error('ERR_RDP_TOO_LONG', `more than ${MOST_PDUS} PDUs`);
    const total = reader.uint16();
    const type = reader.uint16();
    if ((type & 0xfff0) !== VERSION)
      throw reader.error('ERR_RDP_TYPE', `a PDU of type 0x${type.toString(16)}`);
    if (total < SHORTEST_BYTES) throw reader.error('ERR_RDP_LENGTH', `a PDU of ${total} bytes`);
    const isShort = total < CONTROL_HEADER_BYTES;
    const sender = isShort ? 0 : reader.uint16();
    const body = reader.bytes(total - (isShort ? SHORTEST_BYTES : CONTROL_HEADER_BYTES));
    pdus.push({ type: type & TYPE_MASK, source: sender, body });
  }
  return pdus;
}

export function writeSharePdu({ type, source, body }: SharePdu): Buffer {
  const header = [uint16(CONTROL_HEADER_BYTES + body.length), uint16(VERSION | type), uint16(source)];
  return Buffer.concat([...header, body]);
}

/** Reads the body of a PDU of type DATA. @throws RdpWireError where it is compressed: nobody agreed to that */
export function readShareData(body: Buffer, source: RdpWireSource): ShareData {
  const reader = new ByteReader(body, 'share data', source);
  const shareId = reader.uint32();
  reader.uint8();
  const stream = reader.uint8();
  // Counted from various places by various senders, and so by no reader: the frame is what has a length.
  reader.uint16();
  const type = reader.uint8();
  const compression = reader.uint8();
  if ((compression & COMPRESSED) !== 0) throw reader.error('ERR_RDP_OPAQUE', 'a PDU that is compressed');
  reader.uint16();
  return { shareId, stream, type, body: reader.rest() };
}

/** The body of a PDU of type DATA. */
export function writeShareData({ shareId, stream, type, body }: ShareData): Buffer {
  const header = [uint32(shareId), Buffer.from([0, stream]), uint16(body.length + DATA_HEADER_BYTES - 8)];
  return Buffer.concat([...header, Buffer.from([type, 0, 0, 0]), body]);
}
