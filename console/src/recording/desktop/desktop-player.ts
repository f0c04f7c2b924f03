/** Plays a recorded desktop: reads ahead a bounded piece, applies what is due, and tells what there is to draw. No page here. */
import { Desktop } from '../../../../gateway/src/protocols/rdp/events/desktop.ts';
import { KeyText } from '../../../../gateway/src/protocols/rdp/events/keyboard/key-text.ts';
import type { Damage } from '../../../../gateway/src/protocols/rdp/picture/bitmap-update.ts';
import { type DesktopPiece, readDesktop } from './desktop-source.ts';

/** Reading goes on until so much is there beyond what is shown, in milliseconds of the session and in events. */
const AHEAD_MS = 10_000;
const AHEAD_EVENTS = 20_000;
/** So many characters of what was typed are shown, and so long. */
const SHOWN_KEYS = 48;
const KEYS_MS = 4_000;
/** A tab that was in the background goes on where it was. */
const LONGEST_STEP_MS = 250;

/** How a player stands. */
export interface PlayerState {
  readonly positionMs: number;
  readonly isPlaying: boolean;
  /** What is at the position is not there yet. */
  readonly isLoading: boolean;
  /** What was typed just before. */
  readonly keys: string;
  readonly marks: readonly { readonly ms: number; readonly name: string }[];
  /** How it ends; undefined while that is not known. */
  readonly ended: { readonly ms: number; readonly reason: string } | undefined;
  readonly error: unknown;
}

/** What a player is told at each step of the page. */
export type Draw = (desktop: Desktop, damage: Damage | undefined) => void;

/** A player of one session. */
export class DesktopPlayer {
  readonly #session: string;
  readonly #onState: (state: PlayerState) => void;
  readonly #draw: Draw;
  readonly #marks = new Map<string, { readonly ms: number; readonly name: string }>();
  #desktop = new Desktop(false);
  #keyText = new KeyText();
  #keys: { readonly ms: number; readonly text: string }[] = [];
  #queue: DesktopPiece[] = [];
  #next = 0;
  /** All up to here was read. */
  #readMs = 0;
  #isReadToEnd = false;
  #positionMs = 0;
  #speed = 1;
  #isPlaying = false;
  #ended: PlayerState['ended'];
  #error: unknown;
  #stop = new AbortController();
  #wanted: PromiseWithResolvers<void> | undefined;

  constructor(session: string, onState: (state: PlayerState) => void, draw: Draw) {
    this.#session = session;
    this.#onState = onState;
    this.#draw = draw;
    this.seek(0);
  }

  play(): void {
    if (this.#ended !== undefined && this.#positionMs >= this.#ended.ms) this.seek(0);
    this.#isPlaying = true;
    this.#tell();
  }

  pause(): void {
    this.#isPlaying = false;
    this.#tell();
  }

  setSpeed(speed: number): void {
    this.#speed = speed;
  }

  /** Goes to a time, in milliseconds since the session was opened. */
  seek(ms: number): void {
    this.#positionMs = Math.max(0, ms);
    this.#stop.abort();
    this.#wanted?.resolve();
    this.#stop = new AbortController();
    this.#desktop = new Desktop(false);
    this.#keyText = new KeyText();
    this.#keys = [];
    this.#queue = [];
    this.#next = 0;
    this.#readMs = 0;
    this.#isReadToEnd = false;
    this.#error = undefined;
    void this.#read(this.#stop.signal);
    this.#tell();
  }

  /** One step of the page, `passedMs` after the one before. */
  step(passedMs: number): void {
    const wasPlaying = this.#isPlaying;
    const isThere = this.#readMs >= this.#positionMs || this.#isReadToEnd;
    if (this.#isPlaying && isThere && this.#error === undefined) {
      const toMs = this.#positionMs + Math.min(LONGEST_STEP_MS, passedMs) * this.#speed;
      this.#positionMs = this.#isReadToEnd ? Math.min(toMs, Math.max(this.#readMs, this.#positionMs)) : toMs;
      if (this.#isReadToEnd && this.#positionMs >= this.#readMs) this.#isPlaying = false;
    }
    const damage = this.#apply();
    if (damage !== undefined || wasPlaying) this.#tell();
    if (damage !== undefined) this.#draw(this.#desktop, damage);
    this.#wanted?.resolve();
  }

  /** Nothing is read or told from now on. */
  close(): void {
    this.#stop.abort();
    this.#wanted?.resolve();
  }

  /** Applies what is due. Answers what changed of the screen. */
  #apply(): Damage | undefined {
    let damage: Damage | undefined;
    try {
      for (; this.#next < this.#queue.length; this.#next += 1) {
        const piece = this.#queue[this.#next];
        if (piece === undefined) break;
        if (piece.type === 'beginning') {
          this.#desktop = new Desktop(true);
          continue;
        }
        if (piece.type !== 'event' || piece.ms > this.#positionMs) break;
        damage = union(damage, this.#desktop.take(piece.event));
        // The pointer alone makes a picture too.
        if (piece.event.kind === 'mouse' || piece.event.kind === 'pointer') damage ??= NOTHING;
        const key = this.#keyText.take(piece.event, this.#desktop.layout);
        if (key !== undefined)
          this.#keys.push({ ms: piece.ms, text: key.isWriting ? key.text : ` ${key.text} ` });
      }
    } catch (error) {
      this.#error = error;
      this.#isPlaying = false;
      this.#tell();
    }
    if (this.#next > AHEAD_EVENTS) {
      this.#queue = this.#queue.slice(this.#next);
      this.#next = 0;
    }
    this.#keys = this.#keys.slice(-SHOWN_KEYS).filter(({ ms }) => ms > this.#positionMs - KEYS_MS);
    return damage;
  }

  /** Reads until the signal, never far beyond what is shown. Never rejects. */
  async #read(signal: AbortSignal): Promise<void> {
    try {
      for await (const piece of readDesktop(this.#session, this.#positionMs, signal)) {
        if (signal.aborted) return;
        if (piece.type === 'mark') this.#marks.set(`${piece.ms} ${piece.name}`, piece);
        else if (piece.type === 'end') this.#ended ??= { ms: piece.ms, reason: piece.reason };
        else this.#queue.push(piece);
        if (piece.type !== 'beginning') this.#readMs = Math.max(this.#readMs, piece.ms);
        while (this.#isFarAhead && !signal.aborted) {
          this.#wanted = Promise.withResolvers<void>();
          await this.#wanted.promise;
        }
      }
      if (!signal.aborted) this.#isReadToEnd = true;
    } catch (error) {
      if (!signal.aborted) this.#error = error;
    }
    if (!signal.aborted) this.#tell();
  }

  get #isFarAhead(): boolean {
    const waiting = this.#queue.length - this.#next;
    return (
      this.#readMs > this.#positionMs + AHEAD_MS * this.#speed ||
      (waiting > AHEAD_EVENTS && this.#readMs > this.#positionMs)
    );
  }

  #tell(): void {
    this.#onState({
      positionMs: this.#positionMs,
      isPlaying: this.#isPlaying,
      isLoading: this.#readMs < this.#positionMs && !this.#isReadToEnd && this.#error === undefined,
      keys: this.#keys.map(({ text }) => text).join(''),
      marks: [...this.#marks.values()].sort((left, right) => left.ms - right.ms),
      ended: this.#ended,
      error: this.#error,
    });
  }
}

const NOTHING: Damage = { left: 0, top: 0, right: 0, bottom: 0 };

function union(one: Damage | undefined, other: Damage | undefined): Damage | undefined {
  if (one === undefined || one === NOTHING || other === undefined) return other ?? one;
  return {
    left: Math.min(one.left, other.left),
    top: Math.min(one.top, other.top),
    right: Math.max(one.right, other.right),
    bottom: Math.max(one.bottom, other.bottom),
  };
}
