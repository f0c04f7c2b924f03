/** Set Error Info: why the server ends a session, told to the client ([MS-RDPBCGR] 2.2.5.1). */
import { ByteReader } from '../byte-reader.ts';
import { uint32 } from '../byte-writer.ts';
import { DATA, SHARE, writeShareData, writeSharePdu } from './share-control.ts';

/** Codes, as far as the gateway uses them. */
export const ERROR_INFO = {
  /** An administrator ended the session. */
  RPC_INITIATED_DISCONNECT: 0x0000_0001,
  /** Nothing was done for too long. */
  IDLE_TIMEOUT: 0x0000_0003,
  /** The session was as long as it may be. */
  LOGON_TIMEOUT: 0x0000_0004,
  SERVER_DENIED_CONNECTION: 0x0000_0007,
  /** Who connects may not. */
  SERVER_INSUFFICIENT_PRIVILEGES: 0x0000_0009,
  SERVER_FRESH_CREDENTIALS_REQUIRED: 0x0000_000a,
} as const;

/** Data of the IO channel, from a server, that tells why. */
export function writeErrorInfo(
  code: number,
  { shareId, source }: { shareId: number; source: number },
): Buffer {
  const body = writeShareData({ shareId, stream: 1, type: DATA.ERROR_INFO, body: uint32(code) });
  return writeSharePdu({ type: SHARE.DATA, source, body });
}

/** The code in a Set Error Info. @throws RdpWireError */
export function readErrorInfo(body: Buffer): number {
  const reader = new ByteReader(body, 'Set Error Info', 'upstream');
  const code = reader.uint32();
  reader.end();
  return code;
}
