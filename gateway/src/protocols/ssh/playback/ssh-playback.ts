/** Reads recorded commands: what they were given, and what they wrote. Pure and bounded; never throws. */
import type { Playback, PlaybackItem, PlaybackLimits } from '../../../model/playback.ts';
import type { RecordedBytes } from '../../../model/recording.ts';
import { FRAME_HEADER_BYTES } from './frames.ts';

const DEFAULT_LIMITS: PlaybackLimits = { valueCharacters: 10_000 };

/** Playback of one exchange. */
export class SshPlayback implements Playback {
  readonly #most: number;
  readonly #input = new TextDecoder('utf-8');
  readonly #output = { 1: new TextDecoder('utf-8'), 2: new TextDecoder('utf-8') };
  #header: Buffer = Buffer.alloc(0);
  /** Of the frame under way. */
  #stream: 1 | 2 = 1;
  #left = 0;
  #isUnreadable = false;

  constructor({ valueCharacters }: PlaybackLimits = DEFAULT_LIMITS) {
    this.#most = valueCharacters;
  }

  take(bytes: Buffer, kind: RecordedBytes): readonly PlaybackItem[] {
    if (kind !== 'response') {
      return this.#text('client', this.#input.decode(bytes, { stream: true }));
    }
    const items: PlaybackItem[] = [];
    let at = 0;
    while (at < bytes.length && !this.#isUnreadable) {
      if (this.#left === 0) at = this.#begin(bytes, at, items);
      else {
        const end = Math.min(bytes.length, at + this.#left);
        items.push(...this.#piece(bytes.subarray(at, end)));
        this.#left -= end - at;
        at = end;
      }
    }
    return items;
  }

  /** Where the header ends, or the bytes do. */
  #begin(bytes: Buffer, at: number, items: PlaybackItem[]): number {
    const end = Math.min(bytes.length, at + FRAME_HEADER_BYTES - this.#header.length);
    this.#header = Buffer.concat([this.#header, bytes.subarray(at, end)]);
    if (this.#header.length < FRAME_HEADER_BYTES) return end;
    const stream = this.#header.readUInt8(0);
    this.#left = this.#header.readUInt32BE(1);
    this.#header = Buffer.alloc(0);
    if (stream === 1 || stream === 2) this.#stream = stream;
    else {
      this.#isUnreadable = true;
      items.push({ kind: 'unreadable', reason: 'output without a frame' });
    }
    return end;
  }

  #piece(bytes: Buffer): readonly PlaybackItem[] {
    const text = this.#output[this.#stream].decode(bytes, { stream: true });
    if (text === '') return [];
    if (this.#stream === 1) return this.#text('resource', text);
    return [{ kind: 'report', severity: 'notice', code: 'stderr', message: this.#cut(text), more: {} }];
  }

  #text(from: 'client' | 'resource', text: string): readonly PlaybackItem[] {
    return text === '' ? [] : [{ kind: 'text', from, text: this.#cut(text) }];
  }

  #cut(text: string): string {
    return text.length > this.#most ? `${text.slice(0, this.#most)}…` : text;
  }
}
