/** Reads recorded requests and responses: a head, then a body. Pure and bounded; never throws. */
import type { Playback, PlaybackItem, PlaybackLimits } from '../../../model/playback.ts';
import type { RecordedBytes } from '../../../model/recording.ts';
import { beginsFrame, FramePlayback } from './frame-playback.ts';

const DEFAULT_LIMITS: PlaybackLimits = { valueCharacters: 10_000 };
/** Longest head that is looked for. */
const MAX_HEAD_BYTES = 128 * 1024;
const HEAD_END = '\r\n\r\n';
const SWITCHED = 'HTTP/1.1 101 ';

/** Playback of one exchange. */
export class HttpPlayback implements Playback {
  readonly #sides: Readonly<Record<RecordedBytes, Side>>;

  constructor({ valueCharacters }: PlaybackLimits = DEFAULT_LIMITS) {
    this.#sides = {
      request: new Side('client', valueCharacters),
      response: new Side('resource', valueCharacters),
      context: new Side('resource', valueCharacters),
      key: new Side('resource', valueCharacters),
      whole: new Side('resource', valueCharacters),
    };
  }

  take(bytes: Buffer, kind: RecordedBytes): readonly PlaybackItem[] {
    return this.#sides[kind].take(bytes);
  }
}

/** One direction of an exchange. */
class Side {
  readonly #from: 'client' | 'resource';
  readonly #most: number;
  readonly #decoder = new TextDecoder('utf-8');
  #head: Buffer | undefined = Buffer.alloc(0);
  #isText = true;
  /** Of a WebSocket: what follows its handshake, or all of a message that has an exchange of its own. */
  #frames: FramePlayback | undefined;

  constructor(from: 'client' | 'resource', most: number) {
    this.#from = from;
    this.#most = most;
  }

  take(bytes: Buffer): readonly PlaybackItem[] {
    if (this.#frames !== undefined) return this.#frames.take(bytes);
    if (this.#head === undefined) return this.#body(bytes);
    if (this.#head.length === 0 && beginsFrame(bytes)) return this.#switch().take(bytes);
    const held = Buffer.concat([this.#head, bytes]);
    const end = held.indexOf(HEAD_END);
    if (end === -1) {
      this.#head = held;
      if (held.length <= MAX_HEAD_BYTES) return [];
      this.#head = undefined;
      return [{ kind: 'unreadable', reason: 'a head without end' }];
    }
    this.#head = undefined;
    const head = held.toString('latin1', 0, end);
    this.#isText = isText(head);
    const item = this.#cut(head.replaceAll('\r\n', '\n'));
    const rest = held.subarray(end + HEAD_END.length);
    const items = head.startsWith(SWITCHED) ? this.#switch().take(rest) : this.#body(rest);
    return [{ kind: 'text', from: this.#from, text: item }, ...items];
  }

  #switch(): FramePlayback {
    this.#head = undefined;
    this.#frames = new FramePlayback(this.#from, (text) => this.#cut(text));
    return this.#frames;
  }

  #body(bytes: Buffer): readonly PlaybackItem[] {
    if (bytes.length === 0) return [];
    if (!this.#isText) return [{ kind: 'other', name: `${bytes.length} bytes of a body that is no text` }];
    // A character may be split between two pieces.
    return [
      { kind: 'text', from: this.#from, text: this.#cut(this.#decoder.decode(bytes, { stream: true })) },
    ];
  }

  #cut(text: string): string {
    return text.length > this.#most ? `${text.slice(0, this.#most)}…` : text;
  }
}

const CODED = /^content-encoding: *(?!identity)\S/im;
const TEXT =
  /^content-type: *(text\/|application\/([a-z0-9.+-]*\+)?(json|xml|x-ndjson|x-www-form-urlencoded|graphql|javascript|problem\+json)|multipart\/)/im;

/** Whether the body can be shown: one without a type may be anything. */
function isText(head: string): boolean {
  return !CODED.test(head) && TEXT.test(head);
}
