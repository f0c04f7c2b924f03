/** Recordings of SSH as asciicast, version 3 and 2 (docs.asciinema.org/manual/asciicast): a header, and an event a line. Pure. */
import type { PlaybackItem } from '../model/playback.ts';
import type { ReplayEntry } from '../recording/replay.ts';
import { Screen, type ScreenEvent } from './screen.ts';

/** Until a terminal has told its size. */
const COLUMNS = 80;
const ROWS = 24;

/** Why a session has no terminal to show; undefined where it may have one. @param head of the recording */
export function withoutTerminal(head: object): string | undefined {
  const protocol = 'protocol' in head ? String(head.protocol) : 'unknown';
  return protocol === 'ssh' ? undefined : `asciicast is for sessions of SSH, and this one is of ${protocol}`;
}

/** Writes one recording. */
export class Asciicast {
  readonly #version: 2 | 3;
  readonly #screen: Screen;
  #lastMs = 0;

  constructor(version: 2 | 3, isRaw: boolean) {
    this.#version = version;
    this.#screen = new Screen(isRaw);
  }

  /** Lines, with their ends. */
  take(entry: ReplayEntry, items: readonly PlaybackItem[] | undefined): string {
    if (entry.type === 'session') return this.#header(entry.head as Readonly<Record<string, unknown>>);
    // Output of nothing, after no time: what stands between would else give a silent stream up.
    if (entry.type === 'alive') return this.#line({ ms: this.#lastMs, code: 'o', data: '' });
    return this.#screen
      .take(entry, items)
      .map((event) => this.#line(event))
      .join('');
  }

  #header(head: Readonly<Record<string, unknown>>): string {
    const { session, resource, account, openedAt } = head;
    const timestamp = Math.floor(Date.parse(String(openedAt)) / 1000) || 0;
    const title = `${String(account)}@${String(resource)}, session ${String(session)}`;
    const size =
      this.#version === 3 ? { term: { cols: COLUMNS, rows: ROWS } } : { width: COLUMNS, height: ROWS };
    return `${JSON.stringify({ version: this.#version, ...size, timestamp, title })}\n`;
  }

  /** Version 3 tells the time since the event before; 2 that since the beginning, and knows no exit. */
  #line({ ms, code, data }: ScreenEvent): string {
    if (this.#version === 2 && code === 'x') return '';
    const time = this.#version === 3 ? ms - this.#lastMs : ms;
    this.#lastMs = Math.max(this.#lastMs, ms);
    return `${JSON.stringify([Math.max(0, time) / 1000, code, data])}\n`;
  }
}
