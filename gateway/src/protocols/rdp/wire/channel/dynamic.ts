/** Messages of dynamic virtual channels, on the static channel `drdynvc` ([MS-RDPEDYC] 2.2). */
import { ByteReader } from '../byte-reader.ts';
import { uint16, uint32 } from '../byte-writer.ts';
import { CHUNK_BYTES } from './chunk.ts';

/** Most bytes of a message, which is no longer than a chunk ([MS-RDPEDYC] 3.1.5.1.4). */
export const MOST_DYNAMIC_BYTES: number = CHUNK_BYTES;
/** Names are some dozens of characters. */
const MOST_NAME_BYTES = 255;

/** Commands ([MS-RDPEDYC] 2.2). Those from 6 on are compressed data and tunnels, of version 3. */
const COMMAND = { CREATE: 1, DATA_FIRST: 2, DATA: 3, CLOSE: 4, CAPABILITIES: 5 } as const;
/** Bytes of priority charges that capabilities of version 2 and 3 have. */
const CHARGE_BYTES = 8;

/** A message of either side. `channel` is an id that the server gives. */
export type DynamicMessage =
  /** Of the server with priority charges from version 2 on, of the client without. */
  | { readonly kind: 'capabilities'; readonly version: number; readonly charges: Buffer | undefined }
  | { readonly kind: 'create'; readonly channel: number; readonly priority: number; readonly name: string }
  /** Negative: it is not opened. */
  | { readonly kind: 'created'; readonly channel: number; readonly status: number }
  /** The first part of data of so many bytes. */
  | { readonly kind: 'first'; readonly channel: number; readonly total: number; readonly data: Buffer }
  | { readonly kind: 'data'; readonly channel: number; readonly data: Buffer }
  | { readonly kind: 'close'; readonly channel: number };

/** Reads a message. @throws RdpWireError for what is compressed, and what nobody knows */
export function readDynamicMessage(bytes: Buffer, source: 'downstream' | 'upstream'): DynamicMessage {
  const reader = new ByteReader(bytes, 'dynamic channel', source);
  const header = reader.uint8();
  const size = header & 3;
  const extra = (header >> 2) & 3;
  const command = header >> 4;
  switch (command) {
    case COMMAND.CREATE: {
      const channel = sized(reader, size, 'id');
      if (source === 'downstream') {
        const status = reader.uint32() | 0;
        reader.end();
        return { kind: 'created', channel, status };
      }
      return { kind: 'create', channel, priority: extra, name: nameOf(reader) };
    }
    case COMMAND.DATA_FIRST: {
      const channel = sized(reader, size, 'id');
      const total = sized(reader, extra, 'length');
      const data = reader.rest();
      if (data.length > total)
        throw reader.error('ERR_RDP_LENGTH', `${data.length} bytes of data of ${total}`);
      return { kind: 'first', channel, total, data };
    }
    case COMMAND.DATA:
      return { kind: 'data', channel: sized(reader, size, 'id'), data: reader.rest() };
    case COMMAND.CLOSE: {
      const channel = sized(reader, size, 'id');
      reader.end();
      return { kind: 'close', channel };
    }
    case COMMAND.CAPABILITIES: {
      reader.uint8();
      const version = reader.uint16();
      const charges = source === 'upstream' && version > 1 ? reader.bytes(CHARGE_BYTES) : undefined;
      reader.end();
      return { kind: 'capabilities', version, charges };
    }
    case 6:
    case 7:
      throw reader.error('ERR_RDP_OPAQUE', 'compressed data');
    default:
      throw reader.error('ERR_RDP_TYPE', `command ${command}`);
  }
}

export function writeDynamicMessage(message: DynamicMessage): Buffer {
  if (message.kind === 'capabilities') {
    const { version, charges = Buffer.alloc(0) } = message;
    return Buffer.concat([Buffer.from([COMMAND.CAPABILITIES << 4, 0]), uint16(version), charges]);
  }
  const { channel } = message;
  const header = (command: number, extra = 0): Buffer =>
    Buffer.concat([Buffer.from([(command << 4) | (extra << 2) | sizeOf(channel)]), number(channel)]);
  switch (message.kind) {
    case 'create': {
      const name = Buffer.from(`${message.name}\0`, 'latin1');
      return Buffer.concat([header(COMMAND.CREATE, message.priority), name]);
    }
    case 'created':
      return Buffer.concat([header(COMMAND.CREATE), uint32(message.status)]);
    case 'first': {
      const { total, data } = message;
      return Buffer.concat([header(COMMAND.DATA_FIRST, sizeOf(total)), number(total), data]);
    }
    case 'data':
      return Buffer.concat([header(COMMAND.DATA), message.data]);
    case 'close':
      return header(COMMAND.CLOSE);
  }
}

/** Ids and lengths are of one, two or four bytes. */
function sized(reader: ByteReader, size: number, what: string): number {
  switch (size) {
    case 0:
      return reader.uint8();
    case 1:
      return reader.uint16();
    case 2:
      return reader.uint32();
    default:
      throw reader.error('ERR_RDP_VALUE', `a size of the ${what} that is none`);
  }
}

function sizeOf(value: number): 0 | 1 | 2 {
  if (value <= 0xff) return 0;
  return value <= 0xffff ? 1 : 2;
}

function number(value: number): Buffer {
  if (value <= 0xff) return Buffer.from([value]);
  return value <= 0xffff ? uint16(value) : uint32(value);
}

/** Up to its terminator, behind which there is nothing; printable ASCII: others would read it otherwise. */
function nameOf(reader: ByteReader): string {
  if (reader.left > MOST_NAME_BYTES + 1)
    throw reader.error('ERR_RDP_TOO_LONG', `a name of ${reader.left} bytes`);
  const name = reader.rest().toString('latin1');
  if (!/^[!-~]+\0$/.test(name)) throw reader.error('ERR_RDP_VALUE', 'a name that is none of a channel');
  return name.slice(0, -1);
}
