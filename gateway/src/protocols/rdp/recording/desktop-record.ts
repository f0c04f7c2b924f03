/**
 * The recording of a desktop: what the client was shown, as the updates that it got, and what it did. What is recorded is also drawn,
 * for key frames and so that a picture that cannot be replayed ends the session instead of being believed.
 */
import type { GatewayError } from '../../../model/gateway-error.ts';
import type { JsonObject } from '../../../model/json.ts';
import type { SessionRecording } from '../../../model/recording.ts';
import { type DesktopEvent, encodeEvent, KeyFlag } from '../events/desktop-event.ts';
import { eachRectangle } from '../picture/bitmap-update.ts';
import { PictureError } from '../picture/errors.ts';
import { readSlowPointer } from '../picture/pointer.ts';
import { BlockWriter } from './block-writer.ts';
import { DrawQueue } from './draw-queue.ts';
import { KeptPointer } from './kept-pointer.ts';
import { KeyFrames } from './key-frames.ts';

/** What is recorded is handed on after so long at the latest, in milliseconds. */
const STEP_MS = 50;
/** Text of a clipboard is recorded in pieces of so many characters. */
const TEXT_PIECE = 32 * 1024;

/** What a {@link DesktopRecord} works with. */
export interface DesktopRecordOptions {
  /** Absent where recordings are switched off: then nothing is done, and nothing fails. */
  readonly recording: SessionRecording | undefined;
  /** Number of the exchange in the recording. */
  readonly exchange: number;
  /** The clock of the recording. */
  readonly nowMs: () => number;
  /** Told once when the picture cannot be drawn: end the session. */
  readonly onFailed?: (error: GatewayError) => void;
}

/** How a key was pressed. */
export interface KeyPress {
  readonly released?: boolean;
  readonly extended?: boolean;
  readonly extended1?: boolean;
}

/** Records one desktop. Calls copy what they get and never throw; {@link drained} tells when to wait, and what failed. */
export class DesktopRecord {
  /** Set once the picture cannot be drawn, or the recording cannot go on. */
  get failed(): GatewayError | undefined {
    return this.#failed ?? this.#recording?.failed;
  }

  readonly #recording: SessionRecording | undefined;
  readonly #exchange: number;
  readonly #nowMs: () => number;
  readonly #onFailed: ((error: GatewayError) => void) | undefined;
  readonly #shown: BlockWriter | undefined;
  readonly #done: BlockWriter | undefined;
  readonly #queue: DrawQueue;
  readonly #keys: KeyFrames;
  readonly #pointer = new KeptPointer();
  #layout = 0;
  #palette: Uint8Array | undefined;
  #failed: GatewayError | undefined;
  #isBehind = false;
  #isOver = false;
  #timer: NodeJS.Timeout | undefined;
  #steppedMs = 0;
  #empty: PromiseWithResolvers<void> | undefined;

  constructor({ recording, exchange, nowMs, onFailed }: DesktopRecordOptions) {
    this.#recording = recording;
    this.#exchange = exchange;
    this.#nowMs = nowMs;
    this.#onFailed = onFailed;
    this.#keys = new KeyFrames(nowMs());
    this.#queue = new DrawQueue({
      onEmpty: () => this.#drawn(),
      onFailed: (error) => this.#fail(error),
    });
    if (recording === undefined) return;
    // A desktop lasts as long as its session: the bound of one result would end it after minutes.
    recording.unbounded(exchange);
    const target = { recording, exchange, nowMs };
    this.#shown = new BlockWriter(target, 'response');
    this.#done = new BlockWriter(target, 'request');
  }

  /** The desktop begins, or has another size. @param layout of the keyboard, as CS_CORE has it (MS-RDPBCGR 2.2.1.3.2) */
  size(width: number, height: number, layout: number): void {
    this.#keys.restart();
    this.#layout = layout;
    this.#show({ kind: 'size', width, height });
    this.#do({ kind: 'layout', layout });
  }

  /** @param payload TS_UPDATE_BITMAP_DATA, from its type on */
  bitmap(payload: Uint8Array): void {
    this.#guarded(() =>
      eachRectangle(payload, (rectangle) => this.#show({ kind: 'rectangle', bytes: rectangle.slice() })),
    );
  }

  /** @param payload TS_UPDATE_PALETTE_DATA, from its type on */
  palette(payload: Uint8Array): void {
    const bytes = payload.slice();
    this.#palette = bytes;
    this.#guarded(() => this.#show({ kind: 'palette', bytes }));
  }

  /** @param code of the update on the fast path; @param payload its data */
  pointer(code: number, payload: Uint8Array): void {
    const event = { kind: 'pointer', code, bytes: payload.slice() } as const;
    this.#guarded(() => this.#show(event));
  }

  /** @param payload TS_POINTER_PDU, from its message type on */
  slowPointer(payload: Uint8Array): void {
    this.#guarded(() => {
      const { code, data } = readSlowPointer(payload);
      this.pointer(code, data);
    });
  }

  /** A key by its place on the keyboard. */
  key(scancode: number, { released, extended, extended1 }: KeyPress = {}): void {
    const flags =
      (released === true ? KeyFlag.released : 0) |
      (extended === true ? KeyFlag.extended : 0) |
      (extended1 === true ? KeyFlag.extended1 : 0);
    this.#do({ kind: 'key', scancode, flags });
  }

  /** A UTF-16 unit that was typed. */
  unicode(unit: number, released: boolean): void {
    this.#do({ kind: 'unicode', unit, flags: released ? KeyFlag.released : 0 });
  }

  /** @param flags of TS_POINTER_EVENT */
  mouse(flags: number, x: number, y: number): void {
    const { pointer } = this.#queue.desktop;
    [pointer.x, pointer.y] = [x, y];
    this.#do({ kind: 'mouse', flags, x, y });
  }

  /** Text of the clipboard that was let through. */
  clipboard(from: 'client' | 'resource', text: string): void {
    for (let at = 0; at < text.length; at += TEXT_PIECE) {
      this.#do({ kind: 'clipboard', from, text: text.slice(at, at + TEXT_PIECE) });
    }
  }

  /** What the policy did, as a note of the recording. */
  mark(name: string, details: JsonObject): void {
    this.#recording?.note(this.#exchange, name, details);
  }

  /** Resolves when more may come: the disk keeps up, and so does the drawing. Rejects when the session must not go on. */
  async drained(): Promise<void> {
    if (this.#isBehind) {
      this.#isBehind = false;
      await this.#recording?.whenDrained();
    }
    const isWaiting = this.#keys.isUnderWay || this.#keys.isDue(this.#nowMs());
    if (this.#queue.isFull || (isWaiting && !this.#queue.isEmpty)) {
      this.#empty ??= Promise.withResolvers<void>();
      await this.#empty.promise;
    }
    if (this.failed !== undefined) throw this.failed;
  }

  /** Nothing comes any more; what waits is handed to the recording. */
  end(): void {
    if (this.#isOver) return;
    this.#shown?.flush();
    this.#done?.flush();
    this.#stop();
  }

  #show(event: DesktopEvent): void {
    if (this.#isOver || this.#shown === undefined) return;
    const encoded = encodeEvent(event);
    if (!this.#shown.put(encoded)) this.#isBehind = true;
    this.#keys.drew(encoded.data.length);
    this.#queue.put(event, encoded.data.length);
    if (event.kind === 'pointer') this.#pointer.take(event);
    this.#later();
  }

  #do(event: DesktopEvent): void {
    if (this.#isOver || this.#done === undefined) return;
    if (!this.#done.put(encodeEvent(event))) this.#isBehind = true;
    this.#later();
  }

  #later(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#step();
    }, STEP_MS).unref();
  }

  #drawn(): void {
    // Under load the timer may never find everything drawn.
    if (this.#nowMs() - this.#steppedMs >= STEP_MS) this.#step();
    this.#empty?.resolve();
    this.#empty = undefined;
  }

  /** Hands on what waits, and some rows of a key frame: only where all that was recorded is drawn are they right. */
  #step(): void {
    if (this.#isOver || this.#shown === undefined) return;
    const nowMs = this.#nowMs();
    this.#steppedMs = nowMs;
    if (this.#done?.flush() === false) this.#isBehind = true;
    const { screen } = this.#queue.desktop;
    if (!this.#queue.isEmpty || screen === undefined) {
      if (!this.#shown.flush()) this.#isBehind = true;
      return;
    }
    const isFirst = this.#keys.isDue(nowMs);
    if (isFirst) {
      this.#shown.flush();
      this.#keys.begin();
      for (const event of this.#state()) this.#shown.put(encodeEvent(event));
      this.#shown.flush('key');
    }
    const wasUnderWay = this.#keys.isUnderWay;
    if (wasUnderWay) for (const event of this.#keys.step(screen, nowMs)) this.#shown.put(encodeEvent(event));
    if (!this.#shown.flush()) this.#isBehind = true;
    if (this.#keys.isUnderWay) this.#later();
    else if (wasUnderWay) {
      this.#shown.put(encodeEvent(this.#mouse()));
      this.#shown.flush('whole');
    }
  }

  #mouse(): DesktopEvent {
    const { x, y } = this.#queue.desktop.pointer;
    return { kind: 'mouse', flags: 0, x, y };
  }

  /** What a reader has to know beside the pixels. */
  #state(): readonly DesktopEvent[] {
    const { screen } = this.#queue.desktop;
    if (screen === undefined) return [];
    const { width, height } = screen;
    return [
      { kind: 'size', width, height },
      { kind: 'layout', layout: this.#layout },
      ...(this.#palette === undefined ? [] : [{ kind: 'palette' as const, bytes: this.#palette }]),
      ...this.#pointer.events(),
      this.#mouse(),
    ];
  }

  #guarded(work: () => void): void {
    if (this.#isOver || this.#shown === undefined) return;
    try {
      work();
    } catch (error) {
      if (!(error instanceof PictureError)) throw error;
      this.#fail(error);
    }
  }

  #fail(error: PictureError): void {
    if (this.#isOver) return;
    this.#shown?.flush();
    this.#done?.flush();
    this.#failed = error;
    this.mark('picture-refused', { code: error.code, reason: error.message });
    this.#stop();
    this.#onFailed?.(error);
  }

  #stop(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#queue.stop();
    this.#empty?.resolve();
    this.#empty = undefined;
  }
}
