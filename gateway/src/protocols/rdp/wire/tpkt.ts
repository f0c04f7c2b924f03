/** TPKT (RFC 1006 section 6) and the data TPDU of X.224 (section 13.7). */
import type { ByteReader } from './byte-reader.ts';
import { RdpWireError } from './errors.ts';

/** Bytes of a TPKT header. */
export const TPKT_HEADER_BYTES = 4;
const MOST_TPKT_BYTES = 65_535;
/** Length indicator, code DT, end of TSDU. */
const DATA_HEADER = Buffer.from([0x02, 0xf0, 0x80]);

/** A packet with this TPDU. */
export function writeTpkt(tpdu: readonly Buffer[]): Buffer {
  const header = Buffer.from([3, 0, 0, 0]);
  let length = TPKT_HEADER_BYTES;
  for (const part of tpdu) length += part.length;
  if (length > MOST_TPKT_BYTES)
    throw new RdpWireError('ERR_RDP_TOO_LONG', `a packet of ${length} bytes`, 'internal');
  header.writeUInt16BE(length, 2);
  return Buffer.concat([header, ...tpdu], length);
}

/** A packet with a data TPDU. */
export function writeDataTpkt(data: readonly Buffer[]): Buffer {
  return writeTpkt([DATA_HEADER, ...data]);
}

/** Steps over the header of a data TPDU. @throws RdpWireError where it is none, or only a part of one */
export function readDataHeader(reader: ByteReader): void {
  reader.bytes(TPKT_HEADER_BYTES);
  for (const byte of DATA_HEADER) reader.expect(byte, 'the header of the TPDU');
}
