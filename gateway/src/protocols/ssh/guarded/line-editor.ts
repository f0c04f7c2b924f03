/**
 * Edits one line on a terminal: what is typed becomes a line, and what the terminal is to show. Pure, bounded. No escape sequence
 * and no control character of the client gets into a line or back to the terminal, but for the tab.
 */
import { isPrefixOfKey, readKey } from './keys.ts';

/** What came of what was typed. */
export type Typed =
  | { readonly kind: 'more' }
  /** Of one that is too long there is only the beginning. */
  | { readonly kind: 'line'; readonly text: string; readonly isTooLong: boolean }
  /** Ctrl-C. */
  | { readonly kind: 'interrupt' }
  /** Ctrl-D on an empty line. */
  | { readonly kind: 'end' };

/** Lines that are remembered. */
const MOST_HISTORY = 200;

/** An editor of lines, one after the other. */
export class LineEditor {
  /** False: nothing is shown of what is typed (`stty -echo`). */
  isEchoing = true;
  columns: number;
  readonly #longest: number;
  readonly #history: string[] = [];
  #at: number | undefined;
  #prompt = '';
  #line: string[] = [];
  #cursor = 0;
  #rest = '';
  #out = '';
  /** Rows that the line takes above the one of the cursor, as it was drawn last. */
  #row = 0;
  #isTooLong = false;
  #promptWidth = 0;
  /** Places that the line takes, as it was shown last. */
  #lineWidth = 0;
  /** What is shown is not the line any more: drawn once for all that was typed together, and not for each key. */
  #isStale = false;

  /** @param longest characters of a line; what is typed beyond is not taken */
  constructor(columns: number, longest: number) {
    this.columns = columns;
    this.#longest = longest;
  }

  /** Begins a line. Gives what the terminal is to show. */
  begin(prompt: string): string {
    this.#prompt = prompt;
    this.#promptWidth = widthOfAll(prompt);
    this.#lineWidth = 0;
    this.#isStale = false;
    this.#line = [];
    this.#cursor = 0;
    this.#row = 0;
    this.#at = undefined;
    this.#isTooLong = false;
    return prompt;
  }

  /** What was typed, as text. Whatever stands behind the end of a line waits for {@link next}. */
  type(text: string): void {
    this.#rest += text;
  }

  /** Characters that were typed and not looked at. */
  get waiting(): number {
    return this.#rest.length;
  }

  /** Forgets what was typed ahead, as a terminal does at an interrupt. */
  flush(): void {
    this.#rest = '';
  }

  /** Looks at what was typed, up to the end of a line. `shown` is for the terminal. */
  next(): { readonly typed: Typed; readonly shown: string } {
    let at = 0;
    let typed: Typed = { kind: 'more' };
    this.#out = '';
    while (at < this.#rest.length && typed.kind === 'more') {
      const key = readKey(this.#rest, at);
      if (key === undefined) break;
      at += key.length;
      typed = this.#press(key.name, key.text);
    }
    this.#redraw();
    this.#rest = this.#rest.slice(at);
    // What cannot become a key any more is none.
    if (typed.kind === 'more' && this.#rest.length > 0 && !isPrefixOfKey(this.#rest)) this.#rest = '';
    return { typed, shown: this.#out };
  }

  #press(name: string, text: string): Typed {
    switch (name) {
      case 'text':
        this.#insert(text);
        break;
      case 'enter':
        return this.#finish();
      case 'interrupt':
        this.#redraw();
        this.#out += '^C\r\n';
        return { kind: 'interrupt' };
      case 'end-of-input':
        if (this.#line.length === 0) return { kind: 'end' };
        this.#edit(this.#cursor, this.#cursor + 1, this.#cursor);
        break;
      case 'backspace':
        this.#edit(this.#cursor - 1, this.#cursor, this.#cursor - 1);
        break;
      case 'delete':
        this.#edit(this.#cursor, this.#cursor + 1, this.#cursor);
        break;
      case 'kill-line':
        this.#edit(0, this.#cursor, 0);
        break;
      case 'kill-rest':
        this.#edit(this.#cursor, this.#line.length, this.#cursor);
        break;
      case 'kill-word': {
        const from = this.#wordStart();
        this.#edit(from, this.#cursor, from);
        break;
      }
      case 'redraw':
        this.#out += '\u001b[H\u001b[2J';
        this.#row = 0;
        this.#isStale = true;
        break;
      case 'previous':
        this.#recall(-1);
        break;
      case 'following':
        this.#recall(1);
        break;
      default:
        this.#move(name);
    }
    return { kind: 'more' };
  }

  #insert(character: string): void {
    if (this.#line.length >= this.#longest) {
      this.#isTooLong = true;
      return;
    }
    this.#line.splice(this.#cursor, 0, character);
    this.#cursor += 1;
    if (this.#cursor === this.#line.length && !this.#isStale) this.#show(character);
    else this.#isStale = true;
  }

  #edit(from: number, to: number, cursor: number): void {
    if (from < 0 || from >= to || from >= this.#line.length) return;
    this.#line.splice(from, to - from);
    this.#cursor = cursor;
    this.#isStale = true;
  }

  #move(name: string): void {
    const to = { left: this.#cursor - 1, right: this.#cursor + 1, home: 0, end: this.#line.length }[name];
    if (to === undefined || to < 0 || to > this.#line.length || to === this.#cursor) return;
    this.#cursor = to;
    this.#isStale = true;
  }

  #wordStart(): number {
    let at = this.#cursor;
    while (at > 0 && this.#line[at - 1] === ' ') at -= 1;
    while (at > 0 && this.#line[at - 1] !== ' ') at -= 1;
    return at;
  }

  #recall(step: number): void {
    const at = (this.#at ?? this.#history.length) + step;
    if (at < 0 || at > this.#history.length) return;
    this.#at = at;
    this.#line = [...(this.#history[at] ?? '')];
    this.#cursor = this.#line.length;
    this.#isStale = true;
  }

  #finish(): Typed {
    const text = this.#line.join('');
    const isTooLong = this.#isTooLong;
    if (this.#cursor < this.#line.length) {
      this.#cursor = this.#line.length;
      this.#isStale = true;
    }
    this.#redraw();
    // The line end is shown, as terminals do with ECHONL: prompts stand on lines of their own.
    this.#out += '\r\n';
    if (text.trim() !== '' && this.isEchoing && this.#history.at(-1) !== text && !isTooLong) {
      this.#history.push(text);
      if (this.#history.length > MOST_HISTORY) this.#history.shift();
    }
    return { kind: 'line', text, isTooLong };
  }

  /** Shows one more at the end of the line. */
  #show(character: string): void {
    if (!this.isEchoing) return;
    this.#out += shownAs(character);
    this.#lineWidth += widthOf(character);
    this.#row = this.#rowAt(this.#lineWidth);
  }

  /** Draws the line anew where that is due, wherever the cursor was in it. */
  #redraw(): void {
    const isDue = this.#isStale && this.isEchoing;
    this.#isStale = false;
    if (!isDue) return;
    const up = this.#row > 0 ? `\u001b[${this.#row}A` : '';
    const text = this.#line.map(shownAs).join('');
    this.#out += `\r${up}\u001b[J${this.#prompt}${text}`;
    const before = widthOfAll(this.#line.slice(0, this.#cursor));
    this.#lineWidth = before + widthOfAll(this.#line.slice(this.#cursor));
    this.#row = this.#rowAt(before);
    if (this.#cursor === this.#line.length) return;
    const last = this.#rowAt(this.#lineWidth);
    if (last > this.#row) this.#out += `\u001b[${last - this.#row}A`;
    const column = (this.#promptWidth + before) % this.#width;
    this.#out += column === 0 ? '\r' : `\r\u001b[${column}C`;
  }

  get #width(): number {
    return this.columns > 0 ? this.columns : 80;
  }

  /** The row of what stands behind so many places of the line. */
  #rowAt(places: number): number {
    return Math.floor((this.#promptWidth + places) / this.#width);
  }
}

/** A tab takes one place, so that the cursor is where it is thought to be. */
function shownAs(character: string): string {
  return character === '\t' ? ' ' : character;
}

function widthOfAll(text: Iterable<string>): number {
  let width = 0;
  for (const character of text) width += widthOf(character);
  return width;
}

/** Characters of East Asia, and pictures, take two places (UAX 11). */
function widthOf(character: string): number {
  if (/\p{M}/u.test(character)) return 0;
  return /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u.test(
    character,
  ) && character > '\u00ff'
    ? 2
    : 1;
}
