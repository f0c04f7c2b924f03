/** Plays a recorded desktop: reads ahead a bounded piece, applies what is due, and tells what there is to draw. No page here. */
import { Desktop } from '../../../../gateway/src/protocols/rdp/events/desktop.ts';
import type { DesktopEvent } from '../../../../gateway/src/protocols/rdp/events/desktop-event.ts';
import type { Damage } from '../../../../gateway/src/protocols/rdp/picture/bitmap-update.ts';
import { type DesktopPiece, eventsOf, NEWEST_MS, readDesktop, type TimedEvent } from './desktop-source.ts';
import { TypedKeys } from './typed-keys.ts';

/** Reading goes on until so much is there beyond what is shown, in milliseconds of the session and in blocks. */
const AHEAD_MS = 10_000;
const AHEAD_BLOCKS = 2_000;
/** A tab that was in the background goes on where it was. */
const LONGEST_STEP_MS = 250;

/** How a player stands. */
export interface PlayerState {
  readonly positionMs: number;
  readonly isPlaying: boolean;
  /** The newest is shown as it comes. */
  readonly isLive: boolean;
  /** What is at the position is not there yet. */
  readonly isLoading: boolean;
  /** What was typed just before. */
  readonly keys: string;
  /** How it ends; undefined while that is not known. */
  readonly ended: { readonly ms: number; readonly reason: string } | undefined;
  readonly error: unknown;
}

/** What a player tells. */
export interface PlayerHooks {
  readonly onState: (state: PlayerState) => void;
  /** At each step of the page, with what changed of the screen. */
  readonly onDraw: (desktop: Desktop, damage: Damage) => void;
}

/** A player of one session. */
export class DesktopPlayer {
  readonly #session: string;
  readonly #hooks: PlayerHooks;
  #desktop = new Desktop(false);
  #keys = new TypedKeys();
  #queue: DesktopPiece[] = [];
  #next = 0;
  /** Of the block before, and how many of them were taken. */
  #events: readonly TimedEvent[] = [];
  #taken = 0;
  /** All up to here was read. */
  #readMs = 0;
  #isReadToEnd = false;
  #positionMs = 0;
  #speed = 1;
  #isPlaying = false;
  #isLive = false;
  /** The session goes on. */
  #isOpen = false;
  #ended: PlayerState['ended'];
  #error: unknown;
  #stop = new AbortController();
  #wanted: PromiseWithResolvers<void> | undefined;

  /** Nothing is read before {@link seek} or {@link follow}. */
  constructor(session: string, hooks: PlayerHooks) {
    this.#session = session;
    this.#hooks = hooks;
  }

  play(): void {
    if (this.#ended !== undefined && this.#positionMs >= this.#ended.ms) this.seek(0);
    this.#isPlaying = true;
    this.#tell();
  }

  /** What is followed stands still too. */
  pause(): void {
    this.#isPlaying = false;
    if (this.#isLive) this.seek(this.#positionMs);
    else this.#tell();
  }

  setSpeed(speed: number): void {
    this.#speed = speed;
  }

  /** @param isOpen the session goes on: what was played to its end is followed then */
  setOpen(isOpen: boolean): void {
    this.#isOpen = isOpen;
  }

  /** Goes to a time, in milliseconds since the session was opened. */
  seek(ms: number): void {
    this.#positionMs = Math.max(0, ms);
    this.#isLive = false;
    this.#begin(this.#positionMs);
  }

  /** Shows the newest, and what comes, as it comes: until the session ends. */
  follow(): void {
    this.#isLive = true;
    this.#isPlaying = false;
    this.#begin(NEWEST_MS);
  }

  /** One step of the page, `passedMs` after the one before. */
  step(passedMs: number): void {
    const wasPlaying = this.#isPlaying || this.#isLive;
    const isThere = this.#isLive || this.#readMs >= this.#positionMs || this.#isReadToEnd;
    if (this.#isLive) this.#goLive(passedMs);
    else if (this.#isPlaying && isThere && this.#error === undefined) this.#go(passedMs);
    // What comes before the place that is sought need not be drawn step by step.
    const isMuch = this.#queue.length - this.#next > AHEAD_BLOCKS;
    const damage = isThere || isMuch ? this.#apply() : undefined;
    if (damage !== undefined || wasPlaying) this.#tell();
    if (damage !== undefined) this.#hooks.onDraw(this.#desktop, damage);
    this.#wanted?.resolve();
  }

  /** Nothing is read or told from now on. */
  close(): void {
    this.#stop.abort();
    this.#wanted?.resolve();
  }

  #begin(fromMs: number): void {
    this.close();
    this.#stop = new AbortController();
    this.#desktop = new Desktop(false);
    this.#keys = new TypedKeys();
    this.#queue = [];
    this.#next = 0;
    this.#events = [];
    this.#taken = 0;
    this.#readMs = 0;
    this.#isReadToEnd = false;
    this.#error = undefined;
    void this.#read(fromMs, this.#stop.signal);
    this.#tell();
  }

  #go(passedMs: number): void {
    const toMs = this.#positionMs + Math.min(LONGEST_STEP_MS, passedMs) * this.#speed;
    this.#positionMs = this.#isReadToEnd ? Math.min(toMs, Math.max(this.#readMs, this.#positionMs)) : toMs;
    if (!this.#isReadToEnd || this.#positionMs < this.#readMs) return;
    this.#isPlaying = false;
    if (this.#isOpen && this.#ended === undefined) this.follow();
  }

  /** Time goes on while nothing happens. */
  #goLive(passedMs: number): void {
    if (this.#readMs === 0) return;
    this.#positionMs = Math.max(this.#readMs, this.#positionMs + passedMs);
    if (!this.#isReadToEnd) return;
    this.#isLive = false;
    this.#positionMs = this.#ended?.ms ?? this.#readMs;
  }

  /** Applies what is due. Answers what changed of the screen. */
  #apply(): Damage | undefined {
    let damage: Damage | undefined;
    try {
      const due = this.#takeDue();
      // The pointer alone makes a picture too.
      if (due.some(({ kind }) => kind === 'mouse' || kind === 'pointer')) damage = NOTHING;
      damage = this.#desktop.takeAll(due) ?? damage;
    } catch (error) {
      this.#error = error;
      this.#isPlaying = false;
      this.#tell();
    }
    if (this.#next > AHEAD_BLOCKS) {
      this.#queue = this.#queue.slice(this.#next);
      this.#next = 0;
    }
    return damage;
  }

  /** Events up to the position that were not taken before. @throws PictureError, Error */
  #takeDue(): readonly DesktopEvent[] {
    const due: DesktopEvent[] = [];
    for (;;) {
      for (; this.#taken < this.#events.length; this.#taken += 1) {
        const timed = this.#events[this.#taken];
        if (timed === undefined || timed.ms > this.#positionMs) return due;
        due.push(timed.event);
        // What comes late is shown as long.
        this.#keys.take(timed.event, this.#isLive ? this.#positionMs : timed.ms);
      }
      const piece = this.#queue[this.#next];
      if (piece === undefined || piece.type === 'end') return due;
      if (piece.type === 'beginning') this.#desktop = new Desktop(true);
      else {
        if (piece.firstMs > this.#positionMs) return due;
        this.#events = eventsOf(piece);
        this.#taken = 0;
      }
      this.#next += 1;
    }
  }

  /** Reads until the signal, never far beyond what is shown. Never rejects. */
  async #read(fromMs: number, signal: AbortSignal): Promise<void> {
    try {
      const isFollowed = this.#isLive;
      for await (const piece of readDesktop(this.#session, { fromMs, isFollowed, signal })) {
        if (signal.aborted) return;
        if (piece.type === 'end') this.#ended ??= { ms: piece.ms, reason: piece.reason };
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
    if (this.#isLive) return waiting > AHEAD_BLOCKS;
    return (
      this.#readMs > this.#positionMs + AHEAD_MS * this.#speed ||
      (waiting > AHEAD_BLOCKS && this.#readMs > this.#positionMs)
    );
  }

  #tell(): void {
    const isBehind = this.#isLive ? this.#readMs === 0 : this.#readMs < this.#positionMs;
    this.#hooks.onState({
      positionMs: this.#positionMs,
      isPlaying: this.#isPlaying,
      isLive: this.#isLive,
      isLoading: isBehind && !this.#isReadToEnd && this.#error === undefined,
      keys: this.#keys.textAt(this.#positionMs),
      ended: this.#ended,
      error: this.#error,
    });
  }
}

const NOTHING: Damage = { left: 0, top: 0, right: 0, bottom: 0 };
