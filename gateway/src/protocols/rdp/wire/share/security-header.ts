/** The basic security header ([MS-RDPBCGR] 2.2.8.1.1.2.1), in front of Client Info and licences. */
import type { ByteReader } from '../byte-reader.ts';
import { uint16 } from '../byte-writer.ts';

/** Its flags. */
export const SECURITY = { ENCRYPT: 0x0008, INFO: 0x0040, LICENSE: 0x0080 } as const;

/** Bytes of the header. */
export const SECURITY_HEADER_BYTES = 4;

/** Reads the flags. @throws RdpWireError where the message is encrypted by RDP's own security */
export function readSecurityHeader(reader: ByteReader): number {
  const flags = reader.uint16();
  reader.uint16();
  if ((flags & SECURITY.ENCRYPT) !== 0) throw reader.error('ERR_RDP_OPAQUE', 'a message that RDP encrypted');
  return flags;
}

export function writeSecurityHeader(flags: number): Buffer {
  return Buffer.concat([uint16(flags), uint16(0)]);
}
