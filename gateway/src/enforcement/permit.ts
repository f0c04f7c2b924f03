import type { SessionRecording } from '../model/recording.ts';

/** Held by `gate.ts` alone: whoever lacks it cannot construct a Permit. */
const MINT: unique symbol = Symbol('permit mint');

/** What a permit was given on. */
export interface PermitGrounds {
  readonly exchange: string;
  readonly decision: string;
  readonly session: string;
  readonly startedMs: number;
  /** Where the exchange is recorded, and its number there. */
  readonly recording: SessionRecording | undefined;
  readonly recorded: number;
}

/**
 * Proof that the gate decided, recorded and fulfilled (P1). Sending to an upstream requires one.
 * A class with a private field, so that no object literal or cast from a look-alike type-checks.
 */
export class Permit {
  readonly #grounds: PermitGrounds;
  #settled = false;

  constructor(mint: typeof MINT, grounds: PermitGrounds) {
    if (mint !== MINT) throw new TypeError('a permit is made by the gate only');
    this.#grounds = grounds;
  }

  /** Exchange id, as in the audit. */
  get exchange(): string {
    return this.#grounds.exchange;
  }

  /** Session that it was given to. */
  get session(): string {
    return this.#grounds.session;
  }

  /** When the intent was on file, in milliseconds since the epoch. */
  get startedMs(): number {
    return this.#grounds.startedMs;
  }

  /** Decision id, as in the audit and in messages. */
  get decision(): string {
    return this.#grounds.decision;
  }

  /** The session's recording, if there is one. */
  get recording(): SessionRecording | undefined {
    return this.#grounds.recording;
  }

  /** Number of the exchange in the recording; 0 without one. */
  get recorded(): number {
    return this.#grounds.recorded;
  }

  /** Marks the exchange as over; true the first time only, so that an outcome is recorded once. */
  settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    return true;
  }
}

/** The right to make permits. Taken once, by the gate module, when it is loaded. */
let taken = false;

/** Hands the mint to its first caller and refuses every later one (P1). */
export function takePermitMint(): (grounds: PermitGrounds) => Permit {
  if (taken) throw new TypeError('the permit mint is already taken');
  taken = true;
  return (grounds) => new Permit(MINT, grounds);
}
