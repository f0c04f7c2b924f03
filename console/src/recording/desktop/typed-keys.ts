/** What was typed just before a place of a recording, as the line over its picture says it. No page here. */
import type { DesktopEvent } from '../../../../gateway/src/protocols/rdp/events/desktop-event.ts';
import { KeyText } from '../../../../gateway/src/protocols/rdp/events/keyboard/key-text.ts';

/** So many keys are shown, and so long. */
const SHOWN_KEYS = 48;
const SHOWN_MS = 4_000;

/** Takes events in their order. */
export class TypedKeys {
  readonly #text = new KeyText();
  #layout = 0;
  #keys: { readonly ms: number; readonly text: string }[] = [];

  take(event: DesktopEvent, ms: number): void {
    if (event.kind === 'layout') this.#layout = event.layout;
    const key = this.#text.take(event, this.#layout);
    if (key === undefined) return;
    this.#keys.push({ ms, text: key.isWriting ? key.text : ` ${key.text} ` });
    if (this.#keys.length > SHOWN_KEYS) this.#keys.shift();
  }

  textAt(ms: number): string {
    return this.#keys
      .filter((key) => key.ms > ms - SHOWN_MS)
      .map(({ text }) => text)
      .join('');
  }
}
