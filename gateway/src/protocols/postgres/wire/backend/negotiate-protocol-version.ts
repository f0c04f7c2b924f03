import { openMessage } from '../message-reader.ts';
import { MessageWriter } from '../message-writer.ts';
import { BackendType } from './backend-type.ts';

/** The server speaks an older minor version, or does not know some `_pq_.` options. */
export interface NegotiateProtocolVersion {
  /** Newest minor version of protocol 3 that the server speaks. */
  readonly newestMinor: number;
  /** Names of the `_pq_.` options it does not know. */
  readonly unrecognised: readonly string[];
}

const FORM = {
  name: 'NegotiateProtocolVersion',
  type: BackendType.NegotiateProtocolVersion,
  source: 'upstream',
} as const;
const MAJOR = 3;
const MAX_MINOR = 0xffff;
/** A server names what the client sent; nobody sends more. */
const MAX_OPTIONS = 256;

/**
 * Reads a NegotiateProtocolVersion. Throws WireError. The documentation calls the first number the minor version, but
 * servers and libpq exchange the whole version (3 << 16 | minor): both forms are understood.
 */
export function decodeNegotiateProtocolVersion(
  bytes: Buffer,
  start: number,
  end: number,
): NegotiateProtocolVersion {
  const reader = openMessage(bytes, { start, end }, FORM);
  const version = reader.uint32();
  const major = version >>> 16;
  if (major !== MAJOR && major !== 0) {
    throw reader.error('ERR_WIRE_VERSION', `asks for protocol ${major}, only 3 is spoken`);
  }
  const count = reader.checkCount(reader.int32(), 1);
  if (count > MAX_OPTIONS) throw reader.error('ERR_WIRE_TOO_LONG', `names ${count} options`);
  const unrecognised: string[] = [];
  for (let index = 0; index < count; index += 1) unrecognised.push(reader.cstring());
  reader.finish();
  return { newestMinor: version & MAX_MINOR, unrecognised };
}

/** Writes a NegotiateProtocolVersion with the whole version number, the form that libpq accepts. */
export function encodeNegotiateProtocolVersion(newestMinor: number, unrecognised: readonly string[]): Buffer {
  const writer = new MessageWriter(FORM.type).uint16(MAJOR).uint16(newestMinor).int32(unrecognised.length);
  for (const name of unrecognised) writer.cstring(name);
  return writer.finish();
}
