/** Fast-path output ([MS-RDPBCGR] 2.2.9.1.2): updates, whole or in fragments. */
import { ByteReader } from '../byte-reader.ts';

/** Codes of updates. */
export const UPDATE = {
  ORDERS: 0,
  BITMAP: 1,
  PALETTE: 2,
  SYNCHRONIZE: 3,
  SURFACE_COMMANDS: 4,
  POINTER_HIDDEN: 5,
  POINTER_DEFAULT: 6,
  POINTER_POSITION: 8,
  POINTER_COLOR: 9,
  POINTER_CACHED: 10,
  POINTER_NEW: 11,
  POINTER_LARGE: 12,
} as const;

/** Where an update stands in its fragments. */
export type Fragment = 'single' | 'last' | 'first' | 'next';

/** An update, or a fragment of one. */
export interface FastUpdate {
  /** Of {@link UPDATE}. */
  readonly code: number;
  readonly fragment: Fragment;
  /** A view of the frame. */
  readonly data: Buffer;
}

const FRAGMENTS: readonly Fragment[] = ['single', 'last', 'first', 'next'];
const COMPRESSION_USED = 2;
const COMPRESSED = 0x20;

/** Reads a frame of fast path from a server. @throws RdpWireError where it is encrypted or compressed by RDP */
export function readFastOutput(frame: Buffer): readonly FastUpdate[] {
  const reader = new ByteReader(frame, 'fast-path output', 'upstream');
  const header = reader.uint8();
  if (header >> 6 !== 0) throw reader.error('ERR_RDP_OPAQUE', 'output that RDP encrypted');
  if ((reader.uint8() & 0x80) !== 0) reader.uint8();
  const updates: FastUpdate[] = [];
  while (reader.left > 0) {
    const first = reader.uint8();
    if (((first >> 6) & COMPRESSION_USED) !== 0 && (reader.uint8() & COMPRESSED) !== 0)
      throw reader.error('ERR_RDP_OPAQUE', 'an update that is compressed');
    const length = reader.uint16();
    const fragment = FRAGMENTS[(first >> 4) & 3] ?? 'single';
    updates.push({ code: first & 0x0f, fragment, data: reader.bytes(length) });
  }
  return updates;
}
