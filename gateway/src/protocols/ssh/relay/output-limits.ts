/** Bounds on the output of one command, or on one transfer: its bytes, and the time until its end. */
import type { ExchangeLimits } from '../../../enforcement/limits/exchange-limits.ts';
import { ResultMeter } from '../../../enforcement/limits/result-meter.ts';
import { seconds, size } from '../../../enforcement/limits/spoken.ts';
import { SshError } from '../errors.ts';

const WORDS = {
  command: { runs: 'runs', writes: 'writes' },
  transfer: { runs: 'takes', writes: 'moves' },
} as const;

/** Counts output, and ends it where a bound is passed. Without bounds it does nothing. */
export class OutputLimits {
  readonly #meter: ResultMeter | undefined;
  readonly #decision: string;
  readonly #what: keyof typeof WORDS;
  #timer: NodeJS.Timeout | undefined;

  /** @param decision id, as in the audit */
  constructor(
    limits: ExchangeLimits | undefined,
    decision: string,
    what: 'command' | 'transfer' = 'command',
  ) {
    this.#what = what;
    this.#meter = limits === undefined ? undefined : new ResultMeter(limits);
    this.#decision = decision;
  }

  /** Runs `action` when the time is over. */
  start(action: (error: SshError) => void): void {
    const meter = this.#meter;
    if (meter?.timeoutMs === undefined) return;
    this.#timer = setTimeout(() => {
      meter.timeIsUp();
      const { exceeded } = this;
      if (exceeded !== undefined) action(exceeded);
    }, meter.timeoutMs);
  }

  /** Counts bytes that are about to be sent; the error where they are too many. */
  take(bytes: number): SshError | undefined {
    this.#meter?.take(0, bytes);
    return this.exceeded;
  }

  /** The bound that was passed, as the client is told of it. */
  get exceeded(): SshError | undefined {
    const exceeded = this.#meter?.exceeded;
    if (exceeded === undefined) return undefined;
    const { limit, allowed, rule } = exceeded;
    const { runs, writes } = WORDS[this.#what];
    const most =
      limit === 'timeoutMs'
        ? `${runs} longer than ${seconds(allowed)}`
        : `${writes} more than ${size(allowed)}`;
    const message = `LIMIT_EXCEEDED [${this.#decision}] the ${this.#what} ${most}, the most that is allowed by rule ${rule.slice(0, 80)}. It was ended. Do not retry it unchanged. Ask for less.`;
    return new SshError('ERR_SSH_LIMIT', message);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
