import type { Playback, PlaybackItem } from '../model/playback.ts';
import type { ReplayEntry } from './replay.ts';

/** Exchanges that are read at once; beyond, the oldest is given up. */
const MAX_OPEN = 256;

/** Reads the data of a recording, exchange by exchange, by the playback of its protocol. */
export class Playbacks {
  readonly #create: (protocol: string) => Playback | undefined;
  readonly #open = new Map<number, Playback>();
  #protocol = '';

  /** @param create a playback of a protocol, by its name; undefined where nobody knows the protocol */
  constructor(create: (protocol: string) => Playback | undefined) {
    this.#create = create;
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
    const made = this.#create(this.#protocol);
    if (made === undefined) return undefined;
    const [oldest] = this.#open.keys();
    if (this.#open.size >= MAX_OPEN && oldest !== undefined) this.#open.delete(oldest);
    this.#open.set(exchange, made);
    return made;
  }
}
