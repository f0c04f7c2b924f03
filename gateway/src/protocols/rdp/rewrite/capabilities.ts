/**
 * Capability sets, in both directions: what remains is a screen of plain bitmaps and pointers, which can be recorded and replayed, and
 * input that is understood. A set that the gateway does not know goes no further.
 */
import { RdpWireError, type RdpWireSource } from '../wire/errors.ts';
import { CAPABILITY, type CapabilitySet } from '../wire/share/capabilities.ts';

/** Most bytes of an update in fragments that a target may send. */
export const MOST_UPDATE_BYTES = 4_194_304;

/** GENERAL: extra flags (offset 10 of the content) without auto-reconnect cookies and salted checksums. */
const EXTRA_FLAGS_AT = 10;
const EXTRA_FLAGS_OFF = 0x0008 | 0x0010;
/** BITMAP: drawing flags without dynamic colour fidelity (YCoCg) and chroma subsampling. */
const DRAWING_FLAGS_AT = 19;
const DRAWING_FLAGS_OFF = 0x02 | 0x04;
/** ORDER: that support is negotiated and bounds may be left out; no order at all. */
const ORDER_FLAGS_AT = 30;
const ORDER_FLAGS = 0x0002 | 0x0008;
const ORDER_SUPPORT_AT = 32;
const ORDER_SUPPORT_END = 64;
const ORDER_EXTRA_AT = 66;
const DESKTOP_SAVE_SIZE_AT = 72;
const ORDER_BYTES = 84;
/** GLYPH CACHE: the level of support. */
const GLYPH_LEVEL_AT = 44;
/** INPUT: scancodes, extended mouse, both forms of fast path, Unicode, horizontal wheel; no relative mouse, no reports. */
const INPUT_FLAGS = 0x0001 | 0x0004 | 0x0008 | 0x0010 | 0x0020 | 0x0100;

/** Sets that pass as they are: window activation, control, color cache, share, sound (beeps), font, brush, pointer. */
const UNCHANGED: ReadonlySet<number> = new Set([
  0x05,
  0x07,
  CAPABILITY.POINTER,
  CAPABILITY.SHARE,
  0x0a,
  0x0c,
  CAPABILITY.FONT,
  0x0f,
]);

/** Changes the content, which is a copy. */
type Pin = (content: Buffer) => void;

const PINS: Readonly<Record<number, { readonly least: number; readonly pin: Pin }>> = {
  [CAPABILITY.GENERAL]: { least: 20, pin: (content) => clear16(content, EXTRA_FLAGS_AT, EXTRA_FLAGS_OFF) },
  [CAPABILITY.BITMAP]: {
    least: 24,
    pin: (content) => {
      content.writeUInt8((content[DRAWING_FLAGS_AT] ?? 0) & ~DRAWING_FLAGS_OFF, DRAWING_FLAGS_AT);
    },
  },
  [CAPABILITY.ORDER]: { least: ORDER_BYTES, pin: pinOrders },
  [CAPABILITY.BITMAP_CACHE]: { least: 0, pin: (content) => void content.fill(0) },
  [CAPABILITY.INPUT]: { least: 2, pin: (content) => clear16(content, 0, ~INPUT_FLAGS & 0xffff) },
  [CAPABILITY.GLYPH_CACHE]: {
    least: GLYPH_LEVEL_AT + 2,
    pin: (content) => void content.writeUInt16LE(0, GLYPH_LEVEL_AT),
  },
  [CAPABILITY.VIRTUAL_CHANNEL]: { least: 4, pin: (content) => void content.writeUInt32LE(0, 0) },
  [CAPABILITY.MULTIFRAGMENT_UPDATE]: {
    least: 4,
    pin: (content) => {
      content.writeUInt32LE(Math.min(content.readUInt32LE(0), MOST_UPDATE_BYTES), 0);
    },
  },
};

/**
 * The sets that may pass, as they may; at each activation anew.
 * @throws RdpWireError for a set that is shorter than what has to be changed in it
 */
export function pinCapabilities(
  sets: readonly CapabilitySet[],
  source: RdpWireSource,
): readonly CapabilitySet[] {
  return sets.flatMap(({ type, content }) => {
    if (UNCHANGED.has(type)) return [{ type, content }];
    const known = PINS[type];
    if (known === undefined) return [];
    if (content.length < known.least)
      throw new RdpWireError('ERR_RDP_LENGTH', `capability set ${type} of ${content.length} bytes`, source);
    const pinned = Buffer.from(content);
    known.pin(pinned);
    return [{ type, content: pinned }];
  });
}

function pinOrders(content: Buffer): void {
  content.writeUInt16LE(ORDER_FLAGS, ORDER_FLAGS_AT);
  content.fill(0, ORDER_SUPPORT_AT, ORDER_SUPPORT_END);
  content.writeUInt16LE(0, ORDER_EXTRA_AT);
  content.writeUInt32LE(0, DESKTOP_SAVE_SIZE_AT);
}

function clear16(content: Buffer, at: number, bits: number): void {
  content.writeUInt16LE(content.readUInt16LE(at) & ~bits & 0xffff, at);
}

/** Width and height of the screen, in pixels, as BITMAP has them; undefined without it. */
export function screenSize(
  sets: readonly CapabilitySet[],
): { readonly width: number; readonly height: number } | undefined {
  const content = sets.find(({ type }) => type === CAPABILITY.BITMAP)?.content;
  if (content === undefined || content.length < 12) return undefined;
  return { width: content.readUInt16LE(8), height: content.readUInt16LE(10) };
}
