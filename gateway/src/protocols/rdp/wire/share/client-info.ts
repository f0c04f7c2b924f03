/** Client Info: who logs in, and how ([MS-RDPBCGR] 2.2.1.11). */
import { ByteReader } from '../byte-reader.ts';
import { uint16, uint32 } from '../byte-writer.ts';
import { readSecurityHeader, SECURITY, writeSecurityHeader } from './security-header.ts';

/** Bits of {@link ClientInfo.flags}. */
export const INFO = {
  MOUSE: 0x0000_0001,
  DISABLE_CTRL_ALT_DEL: 0x0000_0002,
  AUTOLOGON: 0x0000_0008,
  UNICODE: 0x0000_0010,
  MAXIMIZE_SHELL: 0x0000_0020,
  LOGON_NOTIFY: 0x0000_0040,
  COMPRESSION: 0x0000_0080,
  ENABLE_WINDOWS_KEY: 0x0000_0100,
  COMPRESSION_TYPES: 0x0000_1e00,
  REMOTE_CONSOLE_AUDIO: 0x0000_2000,
  LOGON_ERRORS: 0x0001_0000,
  MOUSE_HAS_WHEEL: 0x0002_0000,
  PASSWORD_IS_SMARTCARD_PIN: 0x0004_0000,
  NO_AUDIO_PLAYBACK: 0x0008_0000,
  SAVED_CREDENTIALS: 0x0010_0000,
  AUDIO_CAPTURE: 0x0020_0000,
  VIDEO_DISABLE: 0x0040_0000,
} as const;

/** What the message says. Buffers are views of it; the password is one that its reader can wipe. */
export interface ClientInfo {
  readonly codePage: number;
  /** Bits of {@link INFO}. */
  readonly flags: number;
  readonly domain: string;
  readonly user: string;
  /** As it was sent: UTF-16LE where {@link INFO.UNICODE} is set, else one byte a character. */
  readonly password: Buffer;
  readonly shell: string;
  readonly workingFolder: string;
  /** Of TS_EXTENDED_INFO_PACKET; absent where the client sent none. */
  readonly timeZone?: Buffer;
  readonly performance: number;
  /** Whether it brings a cookie to come back to a session by. */
  readonly hasReconnectCookie: boolean;
}

/** Bytes of TS_TIME_ZONE_INFORMATION. */
const TIME_ZONE_BYTES = 172;
const IPV4 = 2;
/** Most bytes of one text. A token as password may be longer than the 512 bytes of the specification. */
const MOST_TEXT_BYTES = 16_384;

/** Reads the data of a Client Info PDU. @throws RdpWireError */
export function readClientInfo(data: Buffer): ClientInfo {
  const reader = new ByteReader(data, 'Client Info', 'downstream');
  const security = readSecurityHeader(reader);
  if ((security & SECURITY.INFO) === 0) throw reader.error('ERR_RDP_TYPE', 'another message is there');
  const codePage = reader.uint32();
  const flags = reader.uint32();
  const isUnicode = (flags & INFO.UNICODE) !== 0;
  const lengths = [reader.uint16(), reader.uint16(), reader.uint16(), reader.uint16(), reader.uint16()];
  const [domain, user, password, shell, folder] = lengths.map((length) =>
    readText(reader, length, isUnicode),
  );
  const text = (bytes: Buffer | undefined): string => bytes?.toString(isUnicode ? 'utf16le' : 'latin1') ?? '';
  return {
    codePage,
    flags,
    domain: text(domain),
    user: text(user),
    password: password ?? Buffer.alloc(0),
    shell: text(shell),
    workingFolder: text(folder),
    ...readExtended(reader),
  };
}

/** A text whose terminator the length does not count. */
function readText(reader: ByteReader, length: number, isUnicode: boolean): Buffer {
  if (length > MOST_TEXT_BYTES) throw reader.error('ERR_RDP_TOO_LONG', `a text of ${length} bytes`);
  if (isUnicode && length % 2 !== 0) throw reader.error('ERR_RDP_LENGTH', `a text of ${length} bytes`);
  const bytes = reader.bytes(length);
  if (!reader.bytes(isUnicode ? 2 : 1).every((byte) => byte === 0))
    throw reader.error('ERR_RDP_VALUE', 'a text without its terminator');
  return bytes;
}

type Extended = Pick<ClientInfo, 'timeZone' | 'performance' | 'hasReconnectCookie'>;

/** What is optional from its end on. Addresses and folders of the client are stepped over: it is known where it comes from. */
function readExtended(reader: ByteReader): Extended {
  const nothing = { performance: 0, hasReconnectCookie: false };
  if (reader.left === 0) return nothing;
  reader.uint16();
  reader.bytes(reader.uint16());
  reader.bytes(reader.uint16());
  if (reader.left < TIME_ZONE_BYTES) return nothing;
  const timeZone = reader.bytes(TIME_ZONE_BYTES);
  if (reader.left >= 4) reader.uint32();
  const performance = reader.left >= 4 ? reader.uint32() : 0;
  const cookieBytes = reader.left >= 2 ? reader.uint16() : 0;
  return { timeZone, performance, hasReconnectCookie: cookieBytes > 0 };
}

/** What the gateway logs in with. */
export interface LoginInfo {
  readonly codePage: number;
  readonly flags: number;
  readonly domain: string;
  readonly user: string;
  /** UTF-16LE. The caller wipes it, and what this returns, once it is sent. */
  readonly password: Buffer;
  readonly timeZone: Buffer | undefined;
  readonly performance: number;
}

/** The data of a Client Info PDU, in Unicode, without shell, folder, address of the client and reconnect cookie. */
export function writeClientInfo(info: LoginInfo): Buffer {
  const domain = Buffer.from(info.domain, 'utf16le');
  const user = Buffer.from(info.user, 'utf16le');
  const end = uint16(0);
  const parts = [
    writeSecurityHeader(SECURITY.INFO),
    uint32(info.codePage),
    uint32(info.flags | INFO.UNICODE),
    ...[domain.length, user.length, info.password.length, 0, 0].map(uint16),
    domain,
    end,
    user,
    end,
    info.password,
    end,
    end,
    end,
    // Address and folder of the client: empty, each with its terminator.
    ...[uint16(IPV4), uint16(2), end, uint16(2), end],
    info.timeZone ?? Buffer.alloc(TIME_ZONE_BYTES),
    uint32(0),
    uint32(info.performance),
    uint16(0),
  ];
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  // Not from the pool that others share: it holds a secret, and is wiped by its sender.
  const data = Buffer.alloc(length);
  let at = 0;
  for (const part of parts) at += part.copy(data, at);
  return data;
}
