/** Save Session Info: that a user is logged in, and a cookie to come back by ([MS-RDPBCGR] 2.2.10.1). */
import { ByteReader } from '../byte-reader.ts';
import { uint32 } from '../byte-writer.ts';

/** Kinds of it. */
export const SESSION_INFO = { LOGON: 0, LOGON_LONG: 1, PLAIN_NOTIFY: 2, EXTENDED: 3 } as const;

/** Bytes behind the type of a plain notification. */
const PLAIN_PADDING_BYTES = 576;

/** Its kind. @throws RdpWireError for one that nobody knows */
export function readSessionInfoKind(body: Buffer): number {
  const reader = new ByteReader(body, 'Save Session Info', 'upstream');
  const kind = reader.uint32();
  if (kind > SESSION_INFO.EXTENDED) throw reader.error('ERR_RDP_TYPE', `a Save Session Info of type ${kind}`);
  return kind;
}

/** One that says that a user is logged in, and not who. */
export function writePlainNotify(): Buffer {
  return Buffer.concat([uint32(SESSION_INFO.PLAIN_NOTIFY), Buffer.alloc(PLAIN_PADDING_BYTES)]);
}
