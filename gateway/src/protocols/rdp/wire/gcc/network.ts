/** Static virtual channels: what a client asks for, and the ids that a server gives them ([MS-RDPBCGR] 2.2.1.3.4, 2.2.1.4.4). */
import { ByteReader } from '../byte-reader.ts';
import { uint16, uint32 } from '../byte-writer.ts';

/** A static virtual channel that is asked for. */
export interface ChannelWish {
  /** Up to 7 characters of ASCII, as they were sent; a channel that the gateway or its policies know has its own spelling. */
  readonly name: string;
  readonly options: number;
}

/** The ids that a server gave. */
export interface ServerNetwork {
  readonly ioChannel: number;
  /** In the order of the wishes. */
  readonly channels: readonly number[];
}

/** Most channels of a client ([MS-RDPBCGR] 2.2.1.3.4). */
export const MOST_CHANNELS = 31;
const NAME_BYTES = 8;
/**
 * Channels that are known by name, in their own spelling. Machines look names up without regard to case (xrdp by strcasecmp): under
 * another spelling one would reach the machine past what is done for its name.
 */
const KNOWN: ReadonlySet<string> = new Set([
  'cliprdr',
  'drdynvc',
  'encomsp',
  'rail',
  'rdpdr',
  'rdpsnd',
  'remdesk',
  'snddbg',
  'tsmf',
  'xrdpvr',
]);

/** Reads a CS_NET. @throws RdpWireError for a name that is no printable ASCII: others would read it otherwise */
export function readClientNetwork(content: Buffer): readonly ChannelWish[] {
  const reader = new ByteReader(content, 'CS_NET', 'downstream');
  const count = reader.uint32();
  if (count > MOST_CHANNELS) throw reader.error('ERR_RDP_TOO_LONG', `${count} channels`);
  const wishes: ChannelWish[] = [];
  for (let index = 0; index < count; index += 1) {
    const bytes = reader.bytes(NAME_BYTES);
    const end = bytes.indexOf(0);
    const name = bytes.toString('latin1', 0, end < 0 ? NAME_BYTES : end);
    if (!/^[!-~]{1,7}$/.test(name)) throw reader.error('ERR_RDP_VALUE', 'a name that is none of a channel');
    wishes.push({ name: inItsSpelling(name), options: reader.uint32() });
  }
  reader.end();
  return wishes;
}

function inItsSpelling(name: string): string {
  const lower = name.toLowerCase();
  return KNOWN.has(lower) ? lower : name;
}

export function writeClientNetwork(wishes: readonly ChannelWish[]): Buffer {
  const entries = wishes.flatMap(({ name, options }) => {
    const bytes = Buffer.alloc(NAME_BYTES);
    bytes.write(name.slice(0, NAME_BYTES - 1), 'latin1');
    return [bytes, uint32(options)];
  });
  return Buffer.concat([uint32(wishes.length), ...entries]);
}

/** Reads an SC_NET. @throws RdpWireError */
export function readServerNetwork(content: Buffer): ServerNetwork {
  const reader = new ByteReader(content, 'SC_NET', 'upstream');
  const ioChannel = reader.uint16();
  const count = reader.uint16();
  if (count > MOST_CHANNELS) throw reader.error('ERR_RDP_TOO_LONG', `${count} channels`);
  const channels: number[] = [];
  for (let index = 0; index < count; index += 1) channels.push(reader.uint16());
  if (count % 2 === 1 && reader.left === 2) reader.bytes(2);
  reader.end();
  return { ioChannel, channels };
}

export function writeServerNetwork({ ioChannel, channels }: ServerNetwork): Buffer {
  const padding = channels.length % 2 === 1 ? [uint16(0)] : [];
  return Buffer.concat([uint16(ioChannel), uint16(channels.length), ...channels.map(uint16), ...padding]);
}
