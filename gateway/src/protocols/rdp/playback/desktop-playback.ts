/** Reads recorded desktops as text: what was typed, what passed through the clipboard. Pure and bounded; never throws. */
import type { Playback, PlaybackItem, PlaybackLimits } from '../../../model/playback.ts';
import type { RecordedBytes } from '../../../model/recording.ts';
import type { DesktopEvent } from '../events/desktop-event.ts';
import { KeyText } from '../events/keyboard/key-text.ts';
import { PictureError } from '../picture/errors.ts';
import { readBlock } from './read-block.ts';

const DEFAULT_LIMITS: PlaybackLimits = { valueCharacters: 10_000 };

/** Playback of one exchange. The screen is not text: it is seen in the console, and exported as pictures. */
export class DesktopPlayback implements Playback {
  readonly #most: number;
  readonly #keys = new KeyText();
  #layout = 0;
  #size = '';
  #isUnreadable = false;

  constructor({ valueCharacters }: PlaybackLimits = DEFAULT_LIMITS) {
    this.#most = valueCharacters;
  }

  take(bytes: Buffer, _kind: RecordedBytes): readonly PlaybackItem[] {
    if (this.#isUnreadable) return [];
    const items: PlaybackItem[] = [];
    let typed = '';
    const flush = (): void => {
      if (typed !== '') items.push({ kind: 'text', from: 'client', text: this.#cut(typed) });
      typed = '';
    };
    try {
      readBlock(bytes, 0, (event) => {
        if (event.kind === 'layout') this.#layout = event.layout;
        if (event.kind === 'size') this.#resized(event, items);
        if (event.kind === 'clipboard') {
          flush();
          items.push(this.#clipboard(event));
        }
        const key = this.#keys.take(event, this.#layout);
        if (key !== undefined) typed += key.isWriting ? key.text : `[${key.text}]`;
      });
    } catch (error) {
      if (!(error instanceof PictureError)) throw error;
      this.#isUnreadable = true;
      items.push({ kind: 'unreadable', reason: error.message });
    }
    flush();
    return items;
  }

  /** Key frames tell the size again. */
  #resized({ width, height }: DesktopEvent & { kind: 'size' }, items: PlaybackItem[]): void {
    const text = `desktop of ${width} by ${height} pixels`;
    if (text !== this.#size) items.push({ kind: 'done', text });
    this.#size = text;
  }

  #clipboard({ from, text }: DesktopEvent & { kind: 'clipboard' }): PlaybackItem {
    return {
      kind: 'report',
      severity: 'notice',
      code: from === 'client' ? 'clipboard to the desktop' : 'clipboard from the desktop',
      message: this.#cut(text),
      more: {},
    };
  }

  #cut(text: string): string {
    return text.length > this.#most ? `${text.slice(0, this.#most)}…` : text;
  }
}
