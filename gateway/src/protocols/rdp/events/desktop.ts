/** A desktop as its events make it: what people see in a replay. Pure; memory is bounded by the size of the desktop. */
import { type Damage, drawRectangle } from '../picture/bitmap-update.ts';
import { PictureError } from '../picture/errors.ts';
import { decodePaletteUpdate } from '../picture/palette.ts';
import { Pointer } from '../picture/pointer.ts';
import { PIXEL_BYTES, Screen } from '../picture/screen.ts';
import type { DesktopEvent } from './desktop-event.ts';
import { overdrawn } from './overdrawn.ts';

/** Takes events in their order. */
export class Desktop {
  /** Undefined until a size was told. */
  screen: Screen | undefined;
  readonly pointer: Pointer = new Pointer();
  /** The keyboard's, by the identifiers of Windows. */
  layout = 0;
  /** Rows from the top that are known since reading began: all, once it is the screen's height. */
  knownRows = 0;

  /** @param isWhole what is read is the desktop from its beginning on, so that nothing of it is unknown */
  constructor(isWhole: boolean) {
    this.#isWhole = isWhole;
  }

  readonly #isWhole: boolean;

  /** Whether all of the screen is as it was. */
  get isKnown(): boolean {
    return this.screen !== undefined && this.knownRows >= this.screen.height;
  }

  /** Answers which part of the screen changed; undefined where none did. @throws PictureError */
  take(event: DesktopEvent): Damage | undefined {
    switch (event.kind) {
      case 'size':
        return this.#size(event);
      case 'rectangle':
        return drawRectangle(event.bytes, this.#drawn());
      case 'palette':
        decodePaletteUpdate(event.bytes, this.#drawn());
        return undefined;
      case 'pointer':
        this.pointer.take(event.code, event.bytes);
        return undefined;
      case 'mouse':
        this.pointer.x = event.x;
        this.pointer.y = event.y;
        return undefined;
      case 'rows':
        return this.#rows(event.y, event.rgba);
      case 'layout':
        this.layout = event.layout;
        return undefined;
      case 'key':
      case 'unicode':
      case 'clipboard':
        return undefined;
    }
  }

  /**
   * Takes events as {@link take} does, and comes to the same, but draws only what is seen at their end: the rest is not even decoded, so
   * that nothing is found wrong in it. @throws PictureError; what came before stays drawn
   */
  takeAll(events: readonly DesktopEvent[]): Damage | undefined {
    const { screen, knownRows } = this;
    const palette = screen?.palette.slice();
    const isHidden = overdrawn(events, screen);
    let damage: Damage | undefined;
    for (const [index, event] of events.entries()) {
      try {
        damage = union(damage, isHidden[index] === 1 ? this.#pass(event) : this.take(event));
      } catch (error) {
        // What this one would have hidden was not drawn: all again from the beginning on.
        this.screen = screen;
        this.knownRows = knownRows;
        if (palette !== undefined) screen?.palette.set(palette);
        for (const before of events.slice(0, index)) this.take(before);
        throw error;
      }
    }
    return damage;
  }

  /** What is drawn over later counts as known all the same. */
  #pass(event: DesktopEvent): undefined {
    if (event.kind !== 'rows') return;
    const { width } = this.#drawn();
    this.#know(event.y, event.rgba.length / (width * PIXEL_BYTES));
  }

  #know(y: number, rows: number): void {
    // They come from the top, in order.
    if (y <= this.knownRows) this.knownRows = Math.max(this.knownRows, y + rows);
  }

  #drawn(): Screen {
    if (this.screen === undefined) {
      throw new PictureError('ERR_PICTURE_EVENT', 'something is drawn before the desktop has a size');
    }
    return this.screen;
  }

  #size({ width, height }: DesktopEvent & { kind: 'size' }): Damage | undefined {
    if (this.screen?.width === width && this.screen.height === height) return undefined;
    const screen = new Screen(width, height);
    this.knownRows = this.#isWhole || this.screen !== undefined ? height : 0;
    this.screen = screen;
    return { left: 0, top: 0, right: width, bottom: height };
  }

  #rows(y: number, rgba: Uint8Array): Damage {
    const screen = this.#drawn();
    const rows = rgba.length / (screen.width * PIXEL_BYTES);
    if (!Number.isInteger(rows) || y + rows > screen.height) {
      throw new PictureError('ERR_PICTURE_EVENT', `${rgba.length} bytes of rows from row ${y} on`);
    }
    screen.rgba.set(rgba, y * screen.width * PIXEL_BYTES);
    this.#know(y, rows);
    return { left: 0, top: y, right: screen.width, bottom: y + rows };
  }
}

/** The part in which both are. */
export function union(one: Damage | undefined, other: Damage | undefined): Damage | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return {
    left: Math.min(one.left, other.left),
    top: Math.min(one.top, other.top),
    right: Math.max(one.right, other.right),
    bottom: Math.max(one.bottom, other.bottom),
  };
}
