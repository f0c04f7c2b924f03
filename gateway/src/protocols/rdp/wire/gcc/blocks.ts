/** Blocks of settings in the conference ([MS-RDPBCGR] 2.2.1.3.1): type, length, content. */
import { ByteReader } from '../byte-reader.ts';
import { uint16 } from '../byte-writer.ts';

/** Types of blocks. */
export const BLOCK = {
  CS_CORE: 0xc001,
  CS_SECURITY: 0xc002,
  CS_NET: 0xc003,
  CS_CLUSTER: 0xc004,
  CS_MONITOR: 0xc005,
  CS_MESSAGE_CHANNEL: 0xc006,
  CS_MULTITRANSPORT: 0xc00a,
  SC_CORE: 0x0c01,
  SC_SECURITY: 0x0c02,
  SC_NET: 0x0c03,
  SC_MESSAGE_CHANNEL: 0x0c04,
  SC_MULTITRANSPORT: 0x0c08,
} as const;

/** A block without its header. */
export interface Block {
  readonly type: number;
  readonly content: Buffer;
}

const HEADER_BYTES = 4;
/** The specification has eight for a client. */
const MOST_BLOCKS = 16;

/** Cuts the blocks. @throws RdpWireError where a type is there twice: only one would be judged */
export function readBlocks(bytes: Buffer, source: 'downstream' | 'upstream'): ReadonlyMap<number, Buffer> {
  const reader = new ByteReader(bytes, 'settings', source);
  const blocks = new Map<number, Buffer>();
  while (reader.left > 0) {
    const type = reader.uint16();
    const length = reader.uint16();
    if (length < HEADER_BYTES) throw reader.error('ERR_RDP_LENGTH', `a block of ${length} bytes`);
    if (blocks.has(type)) throw reader.error('ERR_RDP_VALUE', `block 0x${type.toString(16)} is there twice`);
    if (blocks.size === MOST_BLOCKS)
      throw reader.error('ERR_RDP_TOO_LONG', `more than ${MOST_BLOCKS} blocks`);
    blocks.set(type, reader.bytes(length - HEADER_BYTES));
  }
  return blocks;
}

/** The blocks, one behind the other. */
export function writeBlocks(blocks: readonly Block[]): Buffer {
  return Buffer.concat(
    blocks.flatMap(({ type, content }) => [uint16(type), uint16(HEADER_BYTES + content.length), content]),
  );
}
