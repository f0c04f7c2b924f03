/** Attributes of a target, as pairs of id and value (MS-NLMP 2.2.2.1). */
import { malformed } from '../errors.ts';

/** Ids of the attributes that are used here. */
export const AV = {
  end: 0,
  computerName: 1,
  domainName: 2,
  dnsComputerName: 3,
  dnsDomainName: 4,
  flags: 6,
  timestamp: 7,
  targetName: 9,
  channelBindings: 10,
} as const;

/** In {@link AV.flags}: the message has an integrity code. */
const FLAG_MIC = 2;
/** Microsoft's clients send about ten. */
const MOST_PAIRS = 64;
/** A client sends them all back, with its own, in a field of 64 KiB. */
const MOST_BYTES = 16_384;

/** Attributes in the order in which they are sent; an id is there once at most. */
export type AvPairs = ReadonlyMap<number, Buffer>;

/** Attributes and what stands behind their end. */
export interface ReadAvPairs {
  readonly pairs: AvPairs;
  readonly rest: Buffer;
}

/** Reads up to the end mark. @throws NlaFault */
export function readAvPairs(bytes: Buffer): ReadAvPairs {
  const pairs = new Map<number, Buffer>();
  let at = 0;
  while (pairs.size <= MOST_PAIRS) {
    if (at + 4 > bytes.length) throw malformed('attributes of a target without an end');
    const id = bytes.readUInt16LE(at);
    const end = at + 4 + bytes.readUInt16LE(at + 2);
    if (end > Math.min(bytes.length, MOST_BYTES))
      throw malformed('an attribute of a target that is cut off, or too long');
    if (id === AV.end) {
      if (end !== at + 4) throw malformed('an end of attributes that has a value');
      return { pairs, rest: bytes.subarray(end) };
    }
    if (pairs.has(id)) throw malformed(`attribute ${id} of a target is there twice`);
    pairs.set(id, bytes.subarray(at + 4, end));
    at = end;
  }
  throw malformed('too many attributes of a target');
}

/** Writes them with their end mark. */
export function writeAvPairs(pairs: AvPairs): Buffer {
  const parts = [...pairs].map(([id, value]) => Buffer.concat([head(id, value.length), value]));
  return Buffer.concat([...parts, head(AV.end, 0)]);
}

/** Whether the attributes promise an integrity code. @throws NlaFault */
export function promisesMic(pairs: AvPairs): boolean {
  const flags = pairs.get(AV.flags);
  if (flags === undefined) return false;
  if (flags.length !== 4) throw malformed('flags of a target that are no 32 bits');
  return (flags.readUInt32LE() & FLAG_MIC) !== 0;
}

/** The flags, with the promise of an integrity code added. @throws NlaFault */
export function withMic(pairs: AvPairs): Buffer {
  const flags = pairs.get(AV.flags) ?? Buffer.alloc(4);
  if (flags.length !== 4) throw malformed('flags of a target that are no 32 bits');
  const promised = Buffer.alloc(4);
  promised.writeUInt32LE((flags.readUInt32LE() | FLAG_MIC) >>> 0);
  return promised;
}

function head(id: number, length: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16LE(id);
  bytes.writeUInt16LE(length, 2);
  return bytes;
}
