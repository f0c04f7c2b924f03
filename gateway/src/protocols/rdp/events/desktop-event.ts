/** What happens on a recorded desktop, and how it stands in a block: the head of an event, then its data. */
import { ByteCursor } from '../picture/byte-cursor.ts';
import { PictureError } from '../picture/errors.ts';

/** Bytes of an event before its data: kind u8, detail u8, milliseconds since the block's first event u16, length u32. */
export const EVENT_HEAD_BYTES = 8;

/** One event. Bytes are those of the protocol, as they were delivered. */
export type DesktopEvent =
  /** The desktop has a size. */
  | { readonly kind: 'size'; readonly width: number; readonly height: number }
  /** The layout of the keyboard, by the identifiers of Windows (0x409: US English). */
  | { readonly kind: 'layout'; readonly layout: number }
  /** TS_BITMAP_DATA. */
  | { readonly kind: 'rectangle'; readonly bytes: Uint8Array }
  /** TS_UPDATE_PALETTE_DATA. */
  | { readonly kind: 'palette'; readonly bytes: Uint8Array }
  /** A pointer update of the fast path. */
  | { readonly kind: 'pointer'; readonly code: number; readonly bytes: Uint8Array }
  /** A key by its place on the keyboard; `flags` are of {@link KeyFlag}. */
  | { readonly kind: 'key'; readonly scancode: number; readonly flags: number }
  /** A UTF-16 unit that was typed. */
  | { readonly kind: 'unicode'; readonly unit: number; readonly flags: number }
  /** `flags` are those of the protocol (TS_POINTER_EVENT). */
  | { readonly kind: 'mouse'; readonly flags: number; readonly x: number; readonly y: number }
  /** Text that was let through. */
  | { readonly kind: 'clipboard'; readonly from: 'client' | 'resource'; readonly text: string }
  /** Rows of the whole screen as they were, four bytes a pixel (red, green, blue, 255), from row `y` on. */
  | { readonly kind: 'rows'; readonly y: number; readonly rgba: Uint8Array };

/** Bits of `flags` of keys. */
export const KeyFlag = { released: 1, extended: 2, extended1: 4 } as const;

const Kind = {
  size: 1,
  rectangle: 2,
  palette: 3,
  pointer: 4,
  key: 5,
  unicode: 6,
  mouse: 7,
  clipboard: 8,
  rows: 9,
  layout: 10,
} as const;

/** An event as bytes. */
export interface EncodedEvent {
  readonly kind: number;
  readonly detail: number;
  readonly data: Uint8Array;
}

/** The parts of an event; bytes stay where they lie. */
export function encodeEvent(event: DesktopEvent): EncodedEvent {
  const kind = Kind[event.kind];
  switch (event.kind) {
    case 'size':
      return { kind, detail: 0, data: numbers(event.width, event.height) };
    case 'layout':
      return { kind, detail: 0, data: numbers(event.layout & 0xffff, event.layout >>> 16) };
    case 'rectangle':
    case 'palette':
      return { kind, detail: 0, data: event.bytes };
    case 'pointer':
      return { kind, detail: event.code, data: event.bytes };
    case 'key':
      return { kind, detail: event.flags, data: numbers(event.scancode) };
    case 'unicode':
      return { kind, detail: event.flags, data: numbers(event.unit) };
    case 'mouse':
      return { kind, detail: 0, data: numbers(event.flags, event.x, event.y) };
    case 'clipboard':
      return { kind, detail: event.from === 'client' ? 0 : 1, data: new TextEncoder().encode(event.text) };
    case 'rows': {
      const data = new Uint8Array(2 + event.rgba.length);
      data.set(numbers(event.y));
      data.set(event.rgba, 2);
      return { kind, detail: 0, data };
    }
  }
}

/** Reads the events of a block. @throws PictureError `ERR_PICTURE_EVENT`, `ERR_PICTURE_TRUNCATED` */
export function decodeEvents(body: Uint8Array, each: (event: DesktopEvent, afterMs: number) => void): void {
  const cursor = new ByteCursor(body);
  while (cursor.left > 0) {
    const kind = cursor.u8();
    const detail = cursor.u8();
    const afterMs = cursor.u16();
    const data = cursor.take(cursor.u32());
    const event = decodeEvent(kind, detail, data);
    // A kind that only a newer gateway knows is passed over.
    if (event !== undefined) each(event, afterMs);
  }
}

function decodeEvent(kind: number, detail: number, data: Uint8Array): DesktopEvent | undefined {
  const cursor = new ByteCursor(data);
  switch (kind) {
    case Kind.size:
      return { kind: 'size', width: cursor.u16(), height: cursor.u16() };
    case Kind.layout:
      return { kind: 'layout', layout: cursor.u32() };
    case Kind.rectangle:
      return { kind: 'rectangle', bytes: data };
    case Kind.palette:
      return { kind: 'palette', bytes: data };
    case Kind.pointer:
      return { kind: 'pointer', code: detail, bytes: data };
    case Kind.key:
      return { kind: 'key', scancode: cursor.u16(), flags: detail };
    case Kind.unicode:
      return { kind: 'unicode', unit: cursor.u16(), flags: detail };
    case Kind.mouse:
      return { kind: 'mouse', flags: cursor.u16(), x: cursor.u16(), y: cursor.u16() };
    case Kind.clipboard:
      return {
        kind: 'clipboard',
        from: detail === 0 ? 'client' : 'resource',
        text: new TextDecoder().decode(data),
      };
    case Kind.rows:
      return { kind: 'rows', y: cursor.u16(), rgba: data.subarray(2) };
    case 0:
      throw new PictureError('ERR_PICTURE_EVENT', 'an event without a kind');
    default:
      return undefined;
  }
}

function numbers(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 2);
  for (const [index, value] of values.entries()) {
    bytes[index * 2] = value;
    bytes[index * 2 + 1] = value >> 8;
  }
  return bytes;
}
