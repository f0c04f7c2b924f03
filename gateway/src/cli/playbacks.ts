import type { Playback, PlaybackItem, PlaybackLimits } from '../model/playback.ts';
import { protocols } from '../protocols/index.ts';
import type { ReplayEntry } from '../recording/replay.ts';

/** Exchanges that are read at once; beyond, the oldest is given up. */
const MAX_OPEN = 256;

/** Reads the data of a recording, exchange by exchange, by the playback of its protocol. */
export class Playbacks {
  readonly #limits: PlaybackLimits | undefined;
  readonly #open = new Map<number, Playback>();
  #protocol = '';

  constructor(limits?: PlaybackLimits) {
    this.#limits = limits;
  }

  /** What an entry says beside its head. Undefined where the protocol is one that this program does not know. */
  read(entry: ReplayEntry): readonly PlaybackItem[] | undefined {
    if (entry.type === 'session' && 'protocol' in entry.head) this.#protocol = String(entry.head.protocol);
    if (entry.type === 'end') this.#open.delete(entry.exchange);
    return entry.type === 'data' ? this.#playback(entry.exchange)?.take(entry.bytes, entry.kind) : [];
  }

  #playback(exchange: number): Playback | undefined {
    const known = this.#open.get(exchange);
    if (known !== undefined) return known;
    const made = protocols.find(({ name }) => name === this.#protocol)?.createPlayback(this.#limits);
    if (made === undefined) return undefined;
    const [oldest] = this.#open.keys();
    if (this.#open.size >= MAX_OPEN && oldest !== undefined) this.#open.delete(oldest);
    this.#open.set(exchange, made);
    return made;
  }
}
