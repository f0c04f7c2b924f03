/** Keys as text for people: what was typed, and the names of keys that write nothing. Pure; a few bytes of state. */
import type { DesktopEvent } from '../desktop-event.ts';
import { KeyFlag } from '../desktop-event.ts';
import { writtenBy } from './layouts.ts';

/** Scan codes of keys that change what others write. */
const LEFT_SHIFT = 0x2a;
const RIGHT_SHIFT = 0x36;
const CONTROL = 0x1d;
const ALT = 0x38;
const CAPS_LOCK = 0x3a;
const LEFT_WINDOWS = 0x5b;
const RIGHT_WINDOWS = 0x5c;
const SPACE = 0x39;

/** Names of keys that write nothing; of those with the extended flag in the second list. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [0x01, 'Esc'],
  [0x0e, 'Backspace'],
  [0x0f, 'Tab'],
  [0x1c, 'Enter'],
  [0x3a, 'CapsLock'],
  ...Array.from({ length: 10 }, (_, index): [number, string] => [0x3b + index, `F${index + 1}`]),
  [0x57, 'F11'],
  [0x58, 'F12'],
  [0x45, 'NumLock'],
  [0x46, 'ScrollLock'],
]);
const EXTENDED_NAMES: ReadonlyMap<number, string> = new Map([
  [0x1c, 'Enter'],
  [0x37, 'Print'],
  [0x47, 'Home'],
  [0x48, 'Up'],
  [0x49, 'PageUp'],
  [0x4b, 'Left'],
  [0x4d, 'Right'],
  [0x4f, 'End'],
  [0x50, 'Down'],
  [0x51, 'PageDown'],
  [0x52, 'Insert'],
  [0x53, 'Delete'],
  [0x5b, 'Win'],
  [0x5c, 'Win'],
  [0x5d, 'Menu'],
]);
/** The number pad, from scan code 0x47 on, as with NumLock. */
const PAD_FROM = 0x47;
const PAD = '789-456+1230.';
const PAD_TIMES = 0x37;
const PAD_DIVIDED = 0x35;

/** What a key came to. */
export interface ShownKey {
  /** A character, or the name of the key with those held down: `Ctrl+C`. */
  readonly text: string;
  /** It writes its text; otherwise the text is a name. */
  readonly isWriting: boolean;
}

/** Takes keys in their order. */
export class KeyText {
  /** Scan codes that are held down, with {@link KeyFlag.extended} in bit 8. */
  readonly #held = new Set<number>();
  #isCapsLock = false;
  #half = '';

  /** What the event shows; undefined where that is nothing, as when a key is released. */
  take(event: DesktopEvent, layout: number): ShownKey | undefined {
    if (event.kind === 'unicode') return this.#unicode(event);
    if (event.kind !== 'key') return undefined;
    const isExtended = (event.flags & KeyFlag.extended) !== 0;
    const code = event.scancode | (isExtended ? 0x100 : 0);
    if ((event.flags & KeyFlag.released) !== 0) {
      this.#held.delete(code);
      return undefined;
    }
    if (isModifier(event.scancode)) {
      if (this.#held.size < 16) this.#held.add(code);
      return undefined;
    }
    if (event.scancode === CAPS_LOCK) this.#isCapsLock = !this.#isCapsLock;
    return this.#shown(event.scancode, isExtended, layout);
  }

  #shown(scancode: number, isExtended: boolean, layout: number): ShownKey {
    const altGr = this.#isHeld(ALT, true) || (this.#isHeld(CONTROL) && this.#isHeld(ALT));
    const shift = [LEFT_SHIFT, RIGHT_SHIFT].some((code) => this.#isHeld(code) || this.#isHeld(code, true));
    const written = isExtended
      ? this.#extended(scancode, layout, { shift, altGr })
      : this.#written(scancode, layout, { shift, altGr });
    const isCommand =
      (!altGr || written === '') &&
      (this.#isHeld(CONTROL) || this.#isHeld(CONTROL, true) || this.#isHeld(ALT) || this.#isWindows);
    if (written !== '' && !isCommand) return { text: written, isWriting: true };
    const names = isExtended ? EXTENDED_NAMES : NAMES;
    const name = names.get(scancode) ?? (nameOf(written) || `key ${scancode.toString(16)}`);
    const held = isCommand ? this.#heldNames() : [];
    return { text: [...held, ...(shift ? ['Shift'] : []), name].join('+'), isWriting: false };
  }

  /** A key that has no other meaning as an extended one writes on xrdp as if it were none. */
  #extended(
    scancode: number,
    layout: number,
    held: { readonly shift: boolean; readonly altGr: boolean },
  ): string {
    if (scancode === PAD_DIVIDED) return '/';
    return EXTENDED_NAMES.has(scancode) ? '' : this.#written(scancode, layout, held);
  }

  #heldNames(): readonly string[] {
    return [
      ...(this.#isHeld(CONTROL) || this.#isHeld(CONTROL, true) ? ['Ctrl'] : []),
      ...(this.#isHeld(ALT) ? ['Alt'] : []),
      ...(this.#isWindows ? ['Win'] : []),
    ];
  }

  #written(
    scancode: number,
    layout: number,
    held: { readonly shift: boolean; readonly altGr: boolean },
  ): string {
    if (scancode === SPACE) return ' ';
    if (scancode === PAD_TIMES) return '*';
    const pad = PAD[scancode - PAD_FROM];
    if (pad !== undefined) return pad;
    const plain = writtenBy(scancode, layout, { shift: false, altGr: false });
    const isLetter = plain.toUpperCase() !== plain.toLowerCase();
    const shift = this.#isCapsLock && isLetter ? !held.shift : held.shift;
    return writtenBy(scancode, layout, { ...held, shift });
  }

  #unicode({ unit, flags }: DesktopEvent & { kind: 'unicode' }): ShownKey | undefined {
    if ((flags & KeyFlag.released) !== 0) return undefined;
    const text = this.#half + String.fromCharCode(unit);
    const isHalf = this.#half === '' && unit >= 0xd800 && unit < 0xdc00;
    this.#half = isHalf ? text : '';
    return isHalf ? undefined : { text: text.toWellFormed(), isWriting: true };
  }

  get #isWindows(): boolean {
    return this.#isHeld(LEFT_WINDOWS, true) || this.#isHeld(RIGHT_WINDOWS, true);
  }

  #isHeld(scancode: number, isExtended = false): boolean {
    return this.#held.has(scancode | (isExtended ? 0x100 : 0));
  }
}

function isModifier(scancode: number): boolean {
  return [LEFT_SHIFT, RIGHT_SHIFT, CONTROL, ALT, LEFT_WINDOWS, RIGHT_WINDOWS].includes(scancode);
}

/** The name of a key by what it writes. */
function nameOf(written: string): string {
  return written === ' ' ? 'Space' : written.toUpperCase();
}
