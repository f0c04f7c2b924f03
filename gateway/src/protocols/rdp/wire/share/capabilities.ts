/** Demand Active and Confirm Active: the lists of capability sets ([MS-RDPBCGR] 2.2.1.13, 2.2.7). */
import { ByteReader } from '../byte-reader.ts';
import { uint16, uint32 } from '../byte-writer.ts';

/** Types of capability sets. */
export const CAPABILITY = {
  GENERAL: 0x01,
  BITMAP: 0x02,
  ORDER: 0x03,
  BITMAP_CACHE: 0x04,
  POINTER: 0x08,
  SHARE: 0x09,
  INPUT: 0x0d,
  FONT: 0x0e,
  GLYPH_CACHE: 0x10,
  OFFSCREEN_CACHE: 0x11,
  BITMAP_CACHE_HOST_SUPPORT: 0x12,
  BITMAP_CACHE_V2: 0x13,
  VIRTUAL_CHANNEL: 0x14,
  NINE_GRID_CACHE: 0x15,
  GDI_PLUS: 0x16,
  RAIL: 0x17,
  WINDOW: 0x18,
  COMPOSITION: 0x19,
  MULTIFRAGMENT_UPDATE: 0x1a,
  LARGE_POINTER: 0x1b,
  SURFACE_COMMANDS: 0x1c,
  BITMAP_CODECS: 0x1d,
  FRAME_ACKNOWLEDGE: 0x1e,
} as const;

/** One capability set, without its header. */
export interface CapabilitySet {
  readonly type: number;
  readonly content: Buffer;
}

/** What a server demands. */
export interface DemandActive {
  readonly shareId: number;
  readonly descriptor: Buffer;
  readonly sets: readonly CapabilitySet[];
}

/** What a client confirms. */
export type ConfirmActive = DemandActive;

const SET_HEADER_BYTES = 4;
const COUNT_BYTES = 4;
const SERVER_ORIGINATOR = 0x03ea;
/** The specification has 31 types. */
const MOST_SETS = 64;
const MOST_DESCRIPTOR_BYTES = 256;

/** Reads the body of a Demand Active. @throws RdpWireError */
export function readDemandActive(body: Buffer): DemandActive {
  const reader = new ByteReader(body, 'Demand Active', 'upstream');
  const demand = readLists(reader, reader.uint32());
  // The session id; some servers leave it out.
  if (reader.left === 4) reader.uint32();
  reader.end();
  return demand;
}

/** Reads the body of a Confirm Active. @throws RdpWireError */
export function readConfirmActive(body: Buffer): ConfirmActive {
  const reader = new ByteReader(body, 'Confirm Active', 'downstream');
  const shareId = reader.uint32();
  const originator = reader.uint16();
  if (originator !== SERVER_ORIGINATOR) throw reader.error('ERR_RDP_VALUE', `originator ${originator}`);
  return readLists(reader, shareId);
}

function readLists(reader: ByteReader, shareId: number): DemandActive {
  const descriptorBytes = reader.uint16();
  if (descriptorBytes > MOST_DESCRIPTOR_BYTES)
    throw reader.error('ERR_RDP_TOO_LONG', `a descriptor of ${descriptorBytes} bytes`);
  const combined = reader.uint16();
  const descriptor = reader.bytes(descriptorBytes);
  return { shareId, descriptor, sets: readSets(reader.part(combined, 'capabilities')) };
}

function readSets(reader: ByteReader): readonly CapabilitySet[] {
  const count = reader.uint16();
  reader.uint16();
  if (count > MOST_SETS) throw reader.error('ERR_RDP_TOO_LONG', `${count} capability sets`);
  const sets = new Map<number, CapabilitySet>();
  for (let index = 0; index < count; index += 1) {
    const type = reader.uint16();
    const length = reader.uint16();
    if (length < SET_HEADER_BYTES)
      throw reader.error('ERR_RDP_LENGTH', `a capability set of ${length} bytes`);
    if (sets.has(type)) throw reader.error('ERR_RDP_VALUE', `capability set ${type} is there twice`);
    sets.set(type, { type, content: reader.bytes(length - SET_HEADER_BYTES) });
  }
  reader.end();
  return [...sets.values()];
}

export function writeDemandActive({ shareId, descriptor, sets }: DemandActive): Buffer {
  return Buffer.concat([uint32(shareId), ...writeLists(descriptor, sets), uint32(0)]);
}

export function writeConfirmActive({ shareId, descriptor, sets }: ConfirmActive): Buffer {
  return Buffer.concat([uint32(shareId), uint16(SERVER_ORIGINATOR), ...writeLists(descriptor, sets)]);
}

function writeLists(descriptor: Buffer, sets: readonly CapabilitySet[]): readonly Buffer[] {
  const written = Buffer.concat(
    sets.flatMap(({ type, content }) => [uint16(type), uint16(content.length + SET_HEADER_BYTES), content]),
  );
  const lengths = [uint16(descriptor.length), uint16(written.length + COUNT_BYTES)];
  return [...lengths, descriptor, uint16(sets.length), uint16(0), written];
}
