/** What a recorded session of SSH showed on a screen, as events with times: output, input, sizes, marks. Pure; what is on record may be hostile. */
import type { PlaybackItem } from '../model/playback.ts';
import type { ReplayEntry } from '../recording/replay.ts';
import { SafeTerminal } from './safe-terminal.ts';

/** One event, by the codes of asciicast: `o` output, `i` input, `r` size, `m` mark, `x` exit status. */
export interface ScreenEvent {
  readonly ms: number;
  readonly code: 'o' | 'i' | 'r' | 'm' | 'x';
  readonly data: string;
}

/** Exchanges that are shown at once; beyond, the oldest is given up. */
const MOST_OPEN = 64;
const LONGEST_MARK = 300;
/** Columns, and rows: clients say what they like, and a player keeps the whole screen in memory. */
const LARGEST_SIDE = 1000;

interface Shown {
  /** The terminal was on the machine: what came is what was shown. */
  readonly isTerminal: boolean;
  readonly filter: SafeTerminal;
}

type Head = Readonly<Record<string, unknown>>;

/** Makes events of the entries of a recording. */
export class Screen {
  readonly #open = new Map<number, Shown>();
  readonly #isRaw: boolean;
  #exit = '';

  /** @param isRaw sequences stay as they were recorded, dangerous ones among them */
  constructor(isRaw = false) {
    this.#isRaw = isRaw;
  }

  /** @param items what the bytes of a data entry say */
  take(entry: ReplayEntry, items: readonly PlaybackItem[] | undefined): readonly ScreenEvent[] {
    const { ms, exchange } = entry;
    const event = (code: ScreenEvent['code'], data: string): ScreenEvent => ({ ms, code, data });
    switch (entry.type) {
      case 'begin':
        return this.#begin(exchange, entry.head as Head).map(([code, data]) => event(code, data));
      case 'data':
        return (items ?? [])
          .flatMap((item) => this.#item(exchange, item))
          .map(([code, data]) => event(code, data));
      case 'note':
        return this.#note(entry.head as Head).map(([code, data]) => event(code, data));
      case 'end':
        return this.#end(exchange, entry.head as Head).map(([code, data]) => event(code, data));
      case 'cap':
        return [event('m', 'a cap is reached: what follows was not recorded')];
      case 'cut':
        return [event('m', 'the recording was cut')];
      case 'close':
        return this.#exit === '' ? [] : [event('x', this.#exit)];
      default:
        return [];
    }
  }

  #begin(exchange: number, head: Head): readonly Pair[] {
    const request = objectOf(head['request']);
    const terminal = objectOf(request['terminal']);
    const [oldest] = this.#open.keys();
    if (this.#open.size >= MOST_OPEN && oldest !== undefined) this.#open.delete(oldest);
    const isWhole = request['shell'] === 'recorded';
    this.#open.set(exchange, { isTerminal: isWhole || 'columns' in terminal, filter: new SafeTerminal() });
    const text = textOf(request['text']) || textOf(head['summary']);
    const rules = Array.isArray(head['rules']) ? head['rules'].map(textOf).join(', ') : '';
    const by = rules === '' ? '' : ` by ${rules}`;
    const asked: readonly Pair[] = isWhole
      ? []
      : [['o', `$ ${lines(this.#safe(text)).replaceAll('\n', '\n> ')}\r\n`]];
    return [...sizeOf(terminal), ...asked, ['m', plain(`${textOf(head['effect'])}${by}: ${text}`)]];
  }

  #item(exchange: number, item: PlaybackItem): readonly Pair[] {
    const shown = this.#open.get(exchange);
    if (item.kind === 'text' && item.from === 'client') return [['i', item.text]];
    const text = item.kind === 'text' ? item.text : item.kind === 'report' ? item.message : '';
    if (text === '') return [];
    const seen = shown?.isTerminal === true ? text : lines(text);
    const safe = this.#isRaw ? seen : (shown?.filter ?? new SafeTerminal()).take(seen);
    return safe === '' ? [] : [['o', safe]];
  }

  #note(head: Head): readonly Pair[] {
    const name = textOf(head['name']);
    const details = objectOf(head['details']);
    if (name === 'resize' || name === 'guarded-shell') return sizeOf(details);
    return [['m', plain(`${name} ${JSON.stringify(details)}`)]];
  }

  #end(exchange: number, head: Head): readonly Pair[] {
    this.#open.delete(exchange);
    const { exit, message, signal } = objectOf(head['result']);
    if (head['status'] === 'refused') return [['o', `${plain(textOf(message))}\r\n`]];
    if (typeof exit === 'number') this.#exit = String(exit);
    const told = typeof exit === 'number' ? `exit ${exit}` : textOf(signal);
    return [['m', plain(`${textOf(head['status'])} ${told}`)]];
  }

  #safe(text: string): string {
    return this.#isRaw ? text : new SafeTerminal().take(text);
  }
}

type Pair = readonly [code: ScreenEvent['code'], data: string];

function sizeOf({ columns, rows }: Head): readonly Pair[] {
  const isSize = typeof columns === 'number' && typeof rows === 'number' && columns > 0 && rows > 0;
  if (!isSize) return [];
  const side = (size: number): number => Math.min(LARGEST_SIDE, Math.ceil(size));
  return [['r', `${side(columns)}x${side(rows)}`]];
}

/** Output that was on no terminal: lines end with a line feed alone. */
function lines(text: string): string {
  return text.replace(/\r?\n/g, '\r\n');
}

function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu, ' ').slice(0, LONGEST_MARK);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function objectOf(value: unknown): Head {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Head) : {};
}
