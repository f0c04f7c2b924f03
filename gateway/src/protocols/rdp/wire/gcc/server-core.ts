/** What a server says of itself, and of the security of RDP's own ([MS-RDPBCGR] 2.2.1.4.2, 2.2.1.4.3). */
import { ByteReader } from '../byte-reader.ts';
import { uint32 } from '../byte-writer.ts';

/** RDP 5.0 and later. */
export const SERVER_VERSION = 0x0008_0004;

/** An SC_CORE. @param requested what the client asked for in its connection request: it checks that nobody changed that */
export function writeServerCore(requested: number): Buffer {
  return Buffer.concat([uint32(SERVER_VERSION), uint32(requested), uint32(0)]);
}

/** An SC_SECURITY without encryption: it is inside of TLS. */
export function writeServerSecurity(): Buffer {
  return Buffer.concat([uint32(0), uint32(0)]);
}

/** A CS_SECURITY without encryption. */
export function writeClientSecurity(): Buffer {
  return Buffer.concat([uint32(0), uint32(0)]);
}

/** Holds an SC_SECURITY to have no encryption of RDP's own. @throws RdpWireError */
export function requireNoEncryption(content: Buffer): void {
  const reader = new ByteReader(content, 'SC_SECURITY', 'upstream');
  if (reader.uint32() !== 0 || reader.uint32() !== 0)
    throw reader.error('ERR_RDP_OPAQUE', 'the target wants RDP to encrypt inside of TLS');
}
