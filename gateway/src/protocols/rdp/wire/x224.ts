/** X.224 connection request and confirm with RDP's negotiation ([MS-RDPBCGR] 2.2.1.1, 2.2.1.2). */
import { ByteReader } from './byte-reader.ts';
import { uint32 } from './byte-writer.ts';
import type { RdpWireSource } from './errors.ts';
import { TPKT_HEADER_BYTES, writeTpkt } from './tpkt.ts';

/** Security protocols, as bits of a request and as the one that is selected. */
export const PROTOCOL = { RDP: 0, TLS: 1, HYBRID: 2, HYBRID_EX: 8 } as const;

/** What a server says that it cannot go on by ([MS-RDPBCGR] 2.2.1.2.2). */
export const NEGOTIATION_FAILURE = {
  TLS_REQUIRED: 1,
  TLS_NOT_ALLOWED: 2,
  CERTIFICATE_MISSING: 3,
  INCONSISTENT_FLAGS: 4,
  HYBRID_REQUIRED: 5,
} as const;

/** What a client asks for. */
export interface ConnectionRequest {
  /** `Cookie: mstshash=…` or a routing token, without its CR LF: a hint that nothing proves. */
  readonly cookie: string | undefined;
  /** Bits of {@link PROTOCOL}; 0 where the client negotiates nothing. */
  readonly protocols: number;
  /** Flags of the negotiation: 1 Restricted Admin, 2 Remote Credential Guard, 8 correlation. */
  readonly flags: number;
}

/** What a server answers. */
export type ConnectionConfirm =
  | { readonly kind: 'selected'; readonly protocol: number; readonly flags: number }
  | { readonly kind: 'failure'; readonly failure: number }
  /** No negotiation: RDP's own security, which the gateway does not speak. */
  | { readonly kind: 'none' };

const CONNECTION_REQUEST = 0xe0;
const CONNECTION_CONFIRM = 0xd0;
const NEGOTIATION_REQUEST = 1;
const NEGOTIATION_RESPONSE = 2;
const NEGOTIATION_REFUSAL = 3;
const NEGOTIATION_BYTES = 8;
const CORRELATION = 6;
const CORRELATION_BYTES = 36;
const MOST_COOKIE_BYTES = 512;

/** Reads the first packet of a client. @throws RdpWireError */
export function readConnectionRequest(packet: Buffer): ConnectionRequest {
  const reader = open(packet, 'connection request', CONNECTION_REQUEST, 'downstream');
  const cookie = readCookie(reader);
  if (reader.left === 0) return { cookie, protocols: 0, flags: 0 };
  reader.expect(NEGOTIATION_REQUEST, 'the type of the negotiation');
  const flags = reader.uint8();
  const length = reader.uint16();
  if (length !== NEGOTIATION_BYTES) throw reader.error('ERR_RDP_LENGTH', `a negotiation of ${length} bytes`);
  const protocols = reader.uint32();
  if (reader.left === CORRELATION_BYTES && reader.peek() === CORRELATION) reader.bytes(CORRELATION_BYTES);
  reader.end();
  return { cookie, protocols, flags };
}

/** Text up to CR LF in front of the negotiation. */
function readCookie(reader: ByteReader): string | undefined {
  const first = reader.peek();
  if (first === undefined || first === NEGOTIATION_REQUEST) return undefined;
  let text = '';
  for (;;) {
    const byte = reader.uint8();
    if (byte === 0x0d) break;
    if (byte < 0x20 || byte > 0x7e) throw reader.error('ERR_RDP_VALUE', 'a cookie that is no text');
    if (text.length === MOST_COOKIE_BYTES)
      throw reader.error('ERR_RDP_TOO_LONG', `a cookie of more than ${MOST_COOKIE_BYTES} bytes`);
    text += String.fromCharCode(byte);
  }
  reader.expect(0x0a, 'the end of the cookie');
  return text;
}

/** Reads the first packet of a server. @throws RdpWireError */
export function readConnectionConfirm(packet: Buffer): ConnectionConfirm {
  const reader = open(packet, 'connection confirm', CONNECTION_CONFIRM, 'upstream');
  if (reader.left === 0) return { kind: 'none' };
  const type = reader.uint8();
  const flags = reader.uint8();
  const length = reader.uint16();
  if (length !== NEGOTIATION_BYTES) throw reader.error('ERR_RDP_LENGTH', `a negotiation of ${length} bytes`);
  const value = reader.uint32();
  reader.end();
  if (type === NEGOTIATION_RESPONSE) return { kind: 'selected', protocol: value, flags };
  if (type === NEGOTIATION_REFUSAL) return { kind: 'failure', failure: value };
  throw reader.error('ERR_RDP_TYPE', `a negotiation of type ${type}`);
}

/** Reads up to the variable part. */
function open(packet: Buffer, what: string, code: number, source: RdpWireSource): ByteReader {
  const reader = new ByteReader(packet, what, source);
  reader.bytes(TPKT_HEADER_BYTES);
  const length = reader.uint8();
  if (length !== reader.left) throw reader.error('ERR_RDP_LENGTH', `a length indicator of ${length}`);
  reader.expect(code, 'the code of the TPDU');
  // Destination, source, class and options: nothing hangs on them.
  reader.bytes(5);
  return reader;
}

/** A request of the gateway's own, without a cookie. */
export function writeConnectionRequest(protocols: number): Buffer {
  return write(CONNECTION_REQUEST, 0, negotiation(NEGOTIATION_REQUEST, 0, protocols));
}

/** Selects a protocol. @param flags 1: Extended Client Data Blocks are understood */
export function writeConnectionConfirm(protocol: number, flags: number): Buffer {
  return write(CONNECTION_CONFIRM, 0x1234, negotiation(NEGOTIATION_RESPONSE, flags, protocol));
}

/** Refuses by a value of {@link NEGOTIATION_FAILURE}. */
export function writeConnectionRefusal(failure: number): Buffer {
  return write(CONNECTION_CONFIRM, 0, negotiation(NEGOTIATION_REFUSAL, 0, failure));
}

function negotiation(type: number, flags: number, value: number): Buffer {
  return Buffer.concat([Buffer.from([type, flags, NEGOTIATION_BYTES, 0]), uint32(value)]);
}

function write(code: number, sourceReference: number, variable: Buffer): Buffer {
  const fixed = Buffer.from([
    6 + variable.length,
    code,
    0,
    0,
    sourceReference >> 8,
    sourceReference & 0xff,
    0,
  ]);
  return writeTpkt([fixed, variable]);
}
