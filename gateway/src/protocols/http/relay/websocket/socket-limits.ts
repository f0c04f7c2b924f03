/** Bounds on what a service sends over one WebSocket, and on how long it is open. */
import { type Bound, exchangeLimits } from '../../../../enforcement/limits/exchange-limits.ts';
import type { ResultExceeded } from '../../../../enforcement/limits/result-meter.ts';
import type { Obligation } from '../../../../model/obligation.ts';
import type { HttpError } from '../../errors.ts';
import { limitError } from '../answer-limits.ts';

/** Counts for the handshake's permit and for all messages: of each kind the smallest bound of all holds, for the whole WebSocket. */
export class SocketLimits {
  readonly #decision: string;
  readonly #openedMs: number;
  readonly #nowMs: () => number;
  readonly #onTime: (error: HttpError) => void;
  #taken = 0;
  #bytes: Bound | undefined;
  #time: Bound | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param onTime called once when the WebSocket has been open for too long */
  constructor(how: { decision: string; nowMs: () => number; onTime: (error: HttpError) => void }) {
    this.#decision = how.decision;
    this.#nowMs = how.nowMs;
    this.#openedMs = how.nowMs();
    this.#onTime = how.onTime;
  }

  /** Takes up the bounds of a permit. */
  oblige(obligations: readonly Obligation[]): void {
    const limits = exchangeLimits(obligations);
    if (limits === undefined) return;
    this.#bytes = smaller(this.#bytes, limits.bytes);
    const time = smaller(this.#time, limits.timeoutMs);
    if (time === undefined || time === this.#time) return;
    this.#time = time;
    clearTimeout(this.#timer);
    const leftMs = Math.max(0, this.#openedMs + time.allowed - this.#nowMs());
    this.#timer = setTimeout(() => this.#onTime(this.#error('timeoutMs', time)), leftMs);
  }

  /** Counts bytes that are about to be passed on. @throws HttpError where they are too many */
  take(bytes: number): void {
    this.#taken += bytes;
    if (this.#bytes !== undefined && this.#taken > this.#bytes.allowed)
      throw this.#error('bytes', this.#bytes);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #error(limit: ResultExceeded['limit'], bound: Bound): HttpError {
    return limitError({ limit, ...bound }, this.#decision);
  }
}

function smaller(left: Bound | undefined, right: Bound | undefined): Bound | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return right.allowed < left.allowed ? right : left;
}
