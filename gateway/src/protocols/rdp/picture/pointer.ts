/** The pointer of a desktop: where it is, and what it looks like (MS-RDPBCGR 2.2.9.1.1.4, 2.2.9.1.2.1.5 to .11). */
import { ByteCursor } from './byte-cursor.ts';
import { PictureError } from './errors.ts';
import { decodePointerShape, type PointerShape } from './pointer-shape.ts';

/** Codes of pointer updates on the fast path (MS-RDPBCGR 2.2.9.1.2.1). */
export const PointerUpdate = {
  hidden: 5,
  default: 6,
  position: 8,
  colour: 9,
  cached: 10,
  new: 11,
  large: 12,
} as const;

/** Types of messages on the slow path (MS-RDPBCGR 2.2.9.1.1.4, `messageType`). */
const SLOW = { system: 1, position: 3, colour: 6, cached: 7, new: 8 } as const;
const SYSPTR_NULL = 0;
/** Places of the cache; clients offer a few dozen. */
const MAX_PLACES = 128;
/** Most pixels of all cached shapes. */
const MAX_CACHED_PIXELS = 2 * 1024 * 1024;

/** What an update on the slow path is on the fast path: its code, and its data. */
export interface PointerMessage {
  readonly code: number;
  readonly data: Uint8Array;
}

/** Reads TS_POINTER_PDU from its message type on. @throws PictureError */
export function readSlowPointer(payload: Uint8Array): PointerMessage {
  const cursor = new ByteCursor(payload);
  const type = cursor.u16();
  cursor.u16();
  const data = payload.subarray(cursor.at);
  switch (type) {
    case SLOW.system:
      return { code: cursor.u32() === SYSPTR_NULL ? PointerUpdate.hidden : PointerUpdate.default, data };
    case SLOW.position:
      return { code: PointerUpdate.position, data };
    case SLOW.colour:
      return { code: PointerUpdate.colour, data };
    case SLOW.cached:
      return { code: PointerUpdate.cached, data };
    case SLOW.new:
      return { code: PointerUpdate.new, data };
    default:
      throw new PictureError('ERR_PICTURE_UNSUPPORTED', `a pointer message of type ${type}`);
  }
}

/** The pointer as updates make it. Memory is bounded. */
export class Pointer {
  x = 0;
  y = 0;
  /** `default`: the client's own arrow. */
  shape: PointerShape | 'hidden' | 'default' = 'default';
  readonly #cache = new Map<number, PointerShape>();
  #cachedPixels = 0;

  /** Takes an update of the fast path. @throws PictureError; the pointer stays as it was */
  take(code: number, data: Uint8Array): void {
    const cursor = new ByteCursor(data);
    switch (code) {
      case PointerUpdate.hidden:
        this.shape = 'hidden';
        break;
      case PointerUpdate.default:
        this.shape = 'default';
        break;
      case PointerUpdate.position: {
        const x = cursor.u16();
        this.y = cursor.u16();
        this.x = x;
        break;
      }
      case PointerUpdate.cached: {
        const place = cursor.u16();
        const shape = this.#cache.get(place);
        if (shape === undefined) {
          throw new PictureError('ERR_PICTURE_DATA', `no pointer was cached at place ${place}`);
        }
        this.shape = shape;
        break;
      }
      case PointerUpdate.colour:
        this.#keep(decodePointerShape(cursor, 24, false));
        break;
      case PointerUpdate.new:
      case PointerUpdate.large:
        this.#keep(decodePointerShape(cursor, cursor.u16(), code === PointerUpdate.large));
        break;
      default:
        throw new PictureError('ERR_PICTURE_UNSUPPORTED', `a pointer update of type ${code}`);
    }
  }

  #keep(shape: PointerShape): void {
    const { place } = shape;
    const before = this.#cache.get(place);
    const pixels = this.#cachedPixels - sizeOf(before) + sizeOf(shape);
    if (place >= MAX_PLACES || pixels > MAX_CACHED_PIXELS) {
      throw new PictureError('ERR_PICTURE_SIZE', `a pointer at place ${place}, over what is cached`);
    }
    this.#cachedPixels = pixels;
    this.#cache.set(place, shape);
    this.shape = shape;
  }
}

function sizeOf(shape: PointerShape | undefined): number {
  return shape === undefined ? 0 : shape.width * shape.height;
}
