/** Pointer updates of which a reader that begins in the middle needs to know. */

import type { DesktopEvent } from '../events/desktop-event.ts';
import { PointerUpdate } from '../picture/pointer.ts';

type PointerEvent = DesktopEvent & { readonly kind: 'pointer' };

/** The shapes that are cached and the one that is shown, as the updates that made them so. Bounded as the cache is. */
export class KeptPointer {
  readonly #shapes = new Map<number, PointerEvent>();
  #shown: PointerEvent | undefined;

  /** Takes an update that was drawn: its cache is within its bounds. */
  take(event: PointerEvent): void {
    const { code, bytes } = event;
    if (code === PointerUpdate.position) return;
    const place = placeOf(code, bytes);
    if (place === undefined) this.#shown = event;
    else {
      this.#shapes.set(place, event);
      this.#shown = { kind: 'pointer', code: PointerUpdate.cached, bytes: Uint8Array.of(place, place >> 8) };
    }
  }

  /** Updates that come to the same. */
  events(): readonly PointerEvent[] {
    return [...this.#shapes.values(), ...(this.#shown === undefined ? [] : [this.#shown])];
  }
}

/** Where the update caches a shape; undefined where it brings none. */
function placeOf(code: number, bytes: Uint8Array): number | undefined {
  if (code === PointerUpdate.colour) return (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8);
  if (code !== PointerUpdate.new && code !== PointerUpdate.large) return undefined;
  return (bytes[2] ?? 0) | ((bytes[3] ?? 0) << 8);
}
