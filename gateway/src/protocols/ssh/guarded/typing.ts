/** What the client of a guarded shell types: read as it comes, so that an interrupt is heard while a line runs. */
import type { ServerChannel } from '../transport/server-channel.ts';
import { LineEditor, type Typed } from './line-editor.ts';
import { PlainLines } from './plain-lines.ts';

/** Typed ahead, in characters; beyond, nothing is read until some of it is taken. */
const MOST_AHEAD = 256 * 1024;
/** Characters of a line that is edited on a terminal: it is drawn anew for what is typed within it. */
const MOST_EDITED = 16 * 1024;
const INTERRUPT = '\u0003';

/** The input of one guarded shell. */
export class Typing {
  /** Present where the client has a terminal. */
  readonly editor: LineEditor | undefined;
  /** Told of Ctrl-C while nobody waits for a line. */
  onInterrupt: (() => void) | undefined;
  readonly #channel: ServerChannel;
  readonly #lines: LineEditor | PlainLines;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #wake: (() => void) | undefined;
  #taken: (() => void) | undefined;
  #isEnded = false;

  constructor(
    channel: ServerChannel,
    { columns, longest }: { readonly columns: number; readonly longest: number },
  ) {
    this.#channel = channel;
    this.editor = channel.isTerminal ? new LineEditor(columns, Math.min(longest, MOST_EDITED)) : undefined;
    this.#lines = this.editor ?? new PlainLines(longest);
    channel.gone.addEventListener('abort', () => this.#taken?.(), { once: true });
    void this.#read();
  }

  /** Waits for a line, or what else there is. One call at a time; `prompt` is shown on a terminal. */
  async next(prompt: string): Promise<Exclude<Typed, { readonly kind: 'more' }>> {
    if (this.editor !== undefined) await this.#show(this.editor.begin(prompt));
    for (;;) {
      const { typed, shown } = this.#lines.next();
      if (shown !== '') await this.#show(shown);
      this.#taken?.();
      if (typed.kind !== 'more') return typed;
      if (this.#isEnded) return { kind: 'end' };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }

  #show(text: string): Promise<void> {
    return this.#channel.write('stdout', Buffer.from(text));
  }

  /** Never rejects. */
  async #read(): Promise<void> {
    const { input } = this.#channel;
    for (let chunk = await input.next(); chunk !== undefined; chunk = await input.next()) {
      this.#take(this.#decoder.decode(chunk, { stream: true }));
      while (this.#lines.waiting > MOST_AHEAD && !this.#channel.gone.aborted) {
        await new Promise<void>((resolve) => {
          this.#taken = resolve;
          this.#wake?.();
        });
      }
    }
    this.#lines.type(this.#decoder.decode());
    if (this.#lines instanceof PlainLines) this.#lines.end();
    else this.#isEnded = true;
    this.#wake?.();
  }

  #take(text: string): void {
    const at = this.editor === undefined ? -1 : text.lastIndexOf(INTERRUPT);
    const isBusy = this.onInterrupt !== undefined;
    if (at !== -1 && isBusy) {
      // As terminals do: what was typed before it is forgotten.
      this.#lines.flush();
      this.#lines.type(text.slice(at + 1));
      this.onInterrupt?.();
    } else this.#lines.type(text);
    this.#wake?.();
  }
}
