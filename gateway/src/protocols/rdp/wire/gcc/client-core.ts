/** What a client says of itself ([MS-RDPBCGR] 2.2.1.3.2): the screen, the keyboard, its name. */
import { ByteReader } from '../byte-reader.ts';
import { uint16, uint32 } from '../byte-writer.ts';

/** Bits of {@link ClientCore.earlyCapabilities}. */
export const EARLY = {
  ERROR_INFO: 0x0001,
  WANT_32_BPP: 0x0002,
  STATUS_INFO: 0x0004,
  STRONG_ASYMMETRIC_KEYS: 0x0008,
  RELATIVE_MOUSE: 0x0010,
  CONNECTION_TYPE: 0x0020,
  MONITOR_LAYOUT: 0x0040,
  NETWORK_DETECTION: 0x0080,
  GRAPHICS_PIPELINE: 0x0100,
  DYNAMIC_TIME_ZONE: 0x0200,
  HEARTBEAT: 0x0400,
  SKIP_CHANNEL_JOIN: 0x0800,
} as const;

/** The settings of CS_CORE that the gateway knows; the product id and the sizes in millimetres are not kept. */
export interface ClientCore {
  readonly version: number;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** Colour depths as codes of the specification, 0xca01 for 8 bits and so on. */
  readonly colorDepth: number;
  readonly postBeta2ColorDepth: number;
  /** Bits a pixel: 4, 8, 15, 16, 24. */
  readonly highColorDepth: number;
  /** Bits: 1 for 24, 2 for 16, 4 for 15, 8 for 32 bits a pixel. */
  readonly supportedDepths: number;
  readonly keyboardLayout: number;
  readonly keyboardType: number;
  readonly keyboardSubType: number;
  readonly keyboardFunctionKeys: number;
  readonly build: number;
  /** A claim, up to 15 characters. */
  readonly name: string;
  /** Bits of {@link EARLY}. */
  readonly earlyCapabilities: number;
  readonly connectionType: number;
  /** The security that the server selected. */
  readonly serverSelectedProtocol: number;
}

const NAME_BYTES = 32;
const IME_FILE_NAME_BYTES = 64;
const PRODUCT_ID_BYTES = 64;
const SAS_SEQUENCE = 0xaa03;
const MOST_PIXELS = 8192;

/** Reads a CS_CORE. What is optional and not there is 0. @throws RdpWireError */
export function readClientCore(content: Buffer): ClientCore {
  const reader = new ByteReader(content, 'CS_CORE', 'downstream');
  const version = reader.uint32();
  const width = reader.uint16();
  const height = reader.uint16();
  if (width < 1 || height < 1 || width > MOST_PIXELS || height > MOST_PIXELS)
    throw reader.error('ERR_RDP_VALUE', `a screen of ${width} by ${height} pixels`);
  const colorDepth = reader.uint16();
  reader.uint16();
  const keyboardLayout = reader.uint32();
  const build = reader.uint32();
  const name = readText(reader.bytes(NAME_BYTES));
  const keyboardType = reader.uint32();
  const keyboardSubType = reader.uint32();
  const keyboardFunctionKeys = reader.uint32();
  reader.bytes(IME_FILE_NAME_BYTES);
  const optional = readOptional(reader);
  const keyboard = { keyboardLayout, keyboardType, keyboardSubType, keyboardFunctionKeys };
  return { version, width, height, colorDepth, build, name, ...keyboard, ...optional };
}

type OptionalCore = Pick<
  ClientCore,
  | 'postBeta2ColorDepth'
  | 'highColorDepth'
  | 'supportedDepths'
  | 'earlyCapabilities'
  | 'connectionType'
  | 'serverSelectedProtocol'
>;

/** Fields that are there only if all before them are. */
function readOptional(reader: ByteReader): OptionalCore {
  const next16 = (): number => (reader.left >= 2 ? reader.uint16() : 0);
  const next32 = (): number => (reader.left >= 4 ? reader.uint32() : 0);
  const postBeta2ColorDepth = next16();
  next16();
  next32();
  const highColorDepth = next16();
  const supportedDepths = next16();
  const earlyCapabilities = next16();
  if (reader.left >= PRODUCT_ID_BYTES) reader.bytes(PRODUCT_ID_BYTES);
  const connectionType = reader.left >= 1 ? reader.uint8() : 0;
  if (reader.left >= 1) reader.uint8();
  // Sizes in millimetres, orientation and scales follow: they are for what the gateway does not offer.
  const serverSelectedProtocol = next32();
  const depths = { postBeta2ColorDepth, highColorDepth, supportedDepths };
  return { ...depths, earlyCapabilities, connectionType, serverSelectedProtocol };
}

function readText(bytes: Buffer): string {
  const text = bytes.toString('utf16le');
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

/** A CS_CORE up to `serverSelectedProtocol`. */
export function writeClientCore(core: ClientCore): Buffer {
  const name = Buffer.alloc(NAME_BYTES);
  name.write(core.name.slice(0, NAME_BYTES / 2 - 1), 'utf16le');
  return Buffer.concat([
    uint32(core.version),
    uint16(core.width),
    uint16(core.height),
    uint16(core.colorDepth),
    uint16(SAS_SEQUENCE),
    uint32(core.keyboardLayout),
    uint32(core.build),
    name,
    uint32(core.keyboardType),
    uint32(core.keyboardSubType),
    uint32(core.keyboardFunctionKeys),
    Buffer.alloc(IME_FILE_NAME_BYTES),
    uint16(core.postBeta2ColorDepth),
    uint16(1),
    uint32(0),
    uint16(core.highColorDepth),
    uint16(core.supportedDepths),
    uint16(core.earlyCapabilities),
    Buffer.alloc(PRODUCT_ID_BYTES),
    Buffer.from([core.connectionType, 0]),
    uint32(core.serverSelectedProtocol),
  ]);
}
