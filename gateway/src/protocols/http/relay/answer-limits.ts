/** Bounds on one answer: its bytes, and the time until its end. */
import type { ExchangeLimits } from '../../../enforcement/limits/exchange-limits.ts';
import { type ResultExceeded, ResultMeter } from '../../../enforcement/limits/result-meter.ts';
import { seconds, size } from '../../../enforcement/limits/spoken.ts';
import { HttpError } from '../errors.ts';

/** Counts an answer, and ends it where a bound is passed. Without bounds it does nothing. */
export class AnswerLimits {
  readonly #limits: ExchangeLimits | undefined;
  readonly #meter: ResultMeter | undefined;
  readonly #decision: string;
  #timer: NodeJS.Timeout | undefined;

  /** @param decision id, as in the audit */
  constructor(limits: ExchangeLimits | undefined, decision: string) {
    this.#limits = limits;
    this.#meter = limits === undefined ? undefined : new ResultMeter(limits);
    this.#decision = decision;
  }

  /** The bound that was passed, as the client is told of it. */
  get exceeded(): HttpError | undefined {
    const exceeded = this.#meter?.exceeded;
    return exceeded === undefined ? undefined : limitError(exceeded, this.#decision);
  }

  /** Runs `action` when the time is over. */
  start(action: () => void): void {
    const meter = this.#meter;
    if (meter?.timeoutMs === undefined) return;
    this.#timer = setTimeout(() => {
      if (meter.timeIsUp() !== undefined) action();
    }, meter.timeoutMs);
  }

  /** Counts bytes that are about to be sent. @throws HttpError where they are too many */
  take(bytes: number): void {
    this.#meter?.take(0, bytes);
    const { exceeded } = this;
    if (exceeded !== undefined) throw exceeded;
  }

  /** Of an answer that says how long it is: nothing of one that does not fit is sent. @throws HttpError */
  announce(bytes: number | undefined): void {
    const most = this.#limits?.bytes?.allowed;
    if (bytes !== undefined && most !== undefined && bytes > most) this.take(bytes);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

/** The error for a bound that was passed, told in one line. */
export function limitError({ limit, allowed, rule }: ResultExceeded, decision: string): HttpError {
  const most =
    limit === 'timeoutMs' ? `takes longer than ${seconds(allowed)}` : `is longer than ${size(allowed)}`;
  const message = `LIMIT_EXCEEDED [${decision}] the answer ${most}, the most that is allowed by rule ${rule.slice(0, 80)}. Do not retry it unchanged. Ask for less: a narrower query, fewer fields, one page.`;
  return new HttpError('ERR_HTTP_LIMIT', 403, message);
}
