/** Messages of the clipboard channel `cliprdr` ([MS-RDPECLIP] 2.2). */
import { ByteReader } from '../byte-reader.ts';
import { uint16, uint32 } from '../byte-writer.ts';

/** Types of messages. */
export const CLIPBOARD = {
  MONITOR_READY: 1,
  FORMAT_LIST: 2,
  FORMAT_LIST_RESPONSE: 3,
  DATA_REQUEST: 4,
  DATA_RESPONSE: 5,
  TEMPORARY_FOLDER: 6,
  CAPABILITIES: 7,
  FILE_REQUEST: 8,
  FILE_RESPONSE: 9,
  LOCK: 10,
  UNLOCK: 11,
} as const;

/** Flags of a response. */
export const CLIPBOARD_RESPONSE = { OK: 1, FAIL: 2, ASCII_NAMES: 4 } as const;

/** Flags of general capabilities ([MS-RDPECLIP] 2.2.2.1.1.1). */
export const CLIPBOARD_CAPABILITY = { LONG_NAMES: 2 } as const;

/** UTF-16LE, up to a terminator (CF_UNICODETEXT). */
export const UNICODE_TEXT = 13;
/** Formats of Windows that are text: CF_TEXT, CF_OEMTEXT, CF_UNICODETEXT. */
export const TEXT_FORMATS: ReadonlySet<number> = new Set([1, 7, UNICODE_TEXT]);

/** A message of either side. */
export interface ClipboardMessage {
  readonly type: number;
  readonly flags: number;
  readonly data: Buffer;
}

const SHORT_NAME_BYTES = 32;
/** Programs offer some dozens. */
const MOST_FORMATS = 1024;
const GENERAL_CAPABILITY = 1;
const GENERAL_CAPABILITY_BYTES = 12;
const VERSION_2 = 2;

/** Reads a message. @throws RdpWireError */
export function readClipboardMessage(bytes: Buffer, source: 'downstream' | 'upstream'): ClipboardMessage {
  const reader = new ByteReader(bytes, 'clipboard', source);
  const type = reader.uint16();
  const flags = reader.uint16();
  const length = reader.uint32();
  const data = reader.bytes(length);
  // FreeRDP pads by four bytes that no length counts.
  if (reader.left > 4) reader.end();
  return { type, flags, data };
}

export function writeClipboardMessage({ type, flags, data }: ClipboardMessage): Buffer {
  return Buffer.concat([uint16(type), uint16(flags), uint32(data.length), data]);
}

/** The ids in a list of formats. @param isLong by the capabilities of both sides. @throws RdpWireError */
export function readFormatIds(
  data: Buffer,
  isLong: boolean,
  source: 'downstream' | 'upstream',
): readonly number[] {
  const reader = new ByteReader(data, 'formats', source);
  const ids: number[] = [];
  while (reader.left > 0) {
    if (ids.length === MOST_FORMATS)
      throw reader.error('ERR_RDP_TOO_LONG', `more than ${MOST_FORMATS} formats`);
    ids.push(reader.uint32());
    if (isLong) while (reader.uint16() !== 0);
    else reader.bytes(SHORT_NAME_BYTES);
  }
  return ids;
}

/** The data of a list of formats that have no names. */
export function writeFormats(ids: readonly number[], isLong: boolean): Buffer {
  const noName = isLong ? uint16(0) : Buffer.alloc(SHORT_NAME_BYTES);
  return Buffer.concat(ids.flatMap((id) => [uint32(id), noName]));
}

/** The general flags of a message of capabilities; 0 where there are none. @throws RdpWireError */
export function readClipboardCapabilities(data: Buffer, source: 'downstream' | 'upstream'): number {
  const reader = new ByteReader(data, 'clipboard capabilities', source);
  const count = reader.uint16();
  reader.uint16();
  let general = 0;
  for (let index = 0; index < count; index += 1) {
    const type = reader.uint16();
    const length = reader.uint16();
    if (length < 4) throw reader.error('ERR_RDP_LENGTH', `a capability of ${length} bytes`);
    const content = reader.part(length - 4, 'capability');
    if (type !== GENERAL_CAPABILITY) continue;
    content.uint32();
    general = content.uint32();
  }
  return general;
}

/** The data of a message of capabilities. */
export function writeClipboardCapabilities(general: number): Buffer {
  const set = [
    uint16(GENERAL_CAPABILITY),
    uint16(GENERAL_CAPABILITY_BYTES),
    uint32(VERSION_2),
    uint32(general),
  ];
  return Buffer.concat([uint16(1), uint16(0), ...set]);
}
