/** Reads recorded frames of a WebSocket, none of them masked. Pure and bounded; never throws. */
import type { PlaybackItem } from '../../../model/playback.ts';
import { type WebSocketPart, WebSocketReader } from '../wire/websocket/frame-reader.ts';

/** Whether recorded bytes begin with a frame: no head of HTTP has this first byte. */
export function beginsFrame(bytes: Buffer): boolean {
  const [first = 0x20] = bytes;
  return first >= 0x80 || first < 0x10;
}

/** Playback of the messages of one direction. */
export class FramePlayback {
  readonly #from: 'client' | 'resource';
  readonly #cut: (text: string) => string;
  readonly #reader = new WebSocketReader({ source: 'upstream', maxMessageBytes: Number.MAX_SAFE_INTEGER });
  #decoder = new TextDecoder('utf-8');
  /** Bytes of a binary message so far. */
  #bytes = 0;
  #isUnreadable = false;

  constructor(from: 'client' | 'resource', cut: (text: string) => string) {
    this.#from = from;
    this.#cut = cut;
  }

  take(bytes: Buffer): readonly PlaybackItem[] {
    if (this.#isUnreadable) return [];
    const items: PlaybackItem[] = [];
    try {
      this.#reader.push(bytes);
      for (let part = this.#reader.next(); part !== undefined; part = this.#reader.next()) {
        items.push(...this.#item(part));
      }
    } catch {
      this.#isUnreadable = true;
      items.push({ kind: 'unreadable', reason: 'frames that no WebSocket has' });
    }
    return items;
  }

  #item(part: WebSocketPart): readonly PlaybackItem[] {
    if (part.kind === 'close') {
      const { code, reason } = part;
      const text = [`close ${code ?? 'without code'}`, reason].filter((word) => word !== '').join(': ');
      return [{ kind: 'done', text }];
    }
    if (part.kind !== 'data') return [{ kind: 'other', name: part.kind }];
    if (part.first) this.#bytes = 0;
    this.#bytes += part.end - part.start;
    if (!part.isText) {
      return part.last ? [{ kind: 'other', name: `a binary message of ${this.#bytes} bytes` }] : [];
    }
    const slice = part.bytes.subarray(part.start, part.end);
    const text = this.#decoder.decode(slice, { stream: !part.last });
    return text === '' && !part.last ? [] : [{ kind: 'text', from: this.#from, text: this.#cut(text) }];
  }
}
