/** Lines of a client without a terminal: as they come, one behind the other. Pure, bounded. */
import type { Typed } from './line-editor.ts';

/** Cuts text into lines. */
export class PlainLines {
  readonly #longest: number;
  #rest = '';
  #isTooLong = false;
  #isEnded = false;

  /** @param longest characters of a line; of a longer one only the beginning is kept */
  constructor(longest: number) {
    this.#longest = longest;
  }

  get waiting(): number {
    return this.#rest.length;
  }

  type(text: string): void {
    this.#rest += text;
  }

  /** Nothing more comes: what there is without a line end is a line. */
  end(): void {
    this.#isEnded = true;
  }

  flush(): void {
    this.#rest = '';
  }

  next(): { readonly typed: Typed; readonly shown: string } {
    const end = this.#rest.indexOf('\n');
    if (end === -1) {
      if (this.#isEnded) return { typed: this.#last(), shown: '' };
      this.#cut();
      return { typed: { kind: 'more' }, shown: '' };
    }
    const text = this.#rest.slice(0, end);
    this.#rest = this.#rest.slice(end + 1);
    return { typed: this.#line(text), shown: '' };
  }

  #last(): Typed {
    const text = this.#rest;
    this.#rest = '';
    return text === '' && !this.#isTooLong ? { kind: 'end' } : this.#line(text);
  }

  #line(text: string): Typed {
    const isTooLong = this.#isTooLong || text.length > this.#longest;
    this.#isTooLong = false;
    return { kind: 'line', text: text.slice(0, this.#longest), isTooLong };
  }

  /** Of a line that is too long already nothing more is kept. */
  #cut(): void {
    if (this.#rest.length <= this.#longest) return;
    this.#isTooLong = true;
    this.#rest = '';
  }
}
