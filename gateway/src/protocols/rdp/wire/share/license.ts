/** Licences: that none is needed ([MS-RDPBCGR] 2.2.1.12, [MS-RDPELE] 2.2.1.12.1.3). */
import { ByteReader } from '../byte-reader.ts';
import { uint32 } from '../byte-writer.ts';
import { SECURITY, writeSecurityHeader } from './security-header.ts';

/** A licence that the client keeps, or one in place of another: with it the exchange is over ([MS-RDPELE] 2.2.2.6, 2.2.2.7). */
const NEW_LICENSE = 0x03;
const UPGRADE_LICENSE = 0x04;
const ERROR_ALERT = 0xff;
const VERSION_3 = 0x03;
const STATUS_VALID_CLIENT = 7;
const ST_NO_TRANSITION = 2;
const ERROR_BLOB = 4;
const MESSAGE_BYTES = 16;

/** Data of the IO channel that tells a client that it needs no licence. */
export function writeValidClient(): Buffer {
  const preamble = Buffer.from([ERROR_ALERT, VERSION_3, MESSAGE_BYTES, 0]);
  const blob = Buffer.from([ERROR_BLOB, 0, 0, 0]);
  return Buffer.concat([
    writeSecurityHeader(SECURITY.LICENSE),
    preamble,
    uint32(STATUS_VALID_CLIENT),
    uint32(ST_NO_TRANSITION),
    blob,
  ]);
}

/** Whether a licensing message ends the phase. The reader is behind the security header. @throws RdpWireError */
export function endsLicensing(message: Buffer): boolean {
  const reader = new ByteReader(message, 'licence', 'upstream');
  const type = reader.uint8();
  if (type === NEW_LICENSE || type === UPGRADE_LICENSE) return true;
  if (type !== ERROR_ALERT) return false;
  reader.uint8();
  reader.uint16();
  return reader.uint32() === STATUS_VALID_CLIENT;
}
