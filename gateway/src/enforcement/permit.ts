/** Held by `gate.ts` alone: whoever lacks it cannot construct a Permit. */
const MINT: unique symbol = Symbol('permit mint');

/**
 * Proof that the gate decided, recorded and fulfilled (P1). Sending to an upstream requires one.
 * A class with a private field, so that no object literal or cast from a look-alike type-checks.
 */
export class Permit {
  readonly #exchange: string;
  readonly #decision: string;
  #settled = false;

  constructor(mint: typeof MINT, exchange: string, decision: string) {
    if (mint !== MINT) throw new TypeError('a permit is made by the gate only');
    this.#exchange = exchange;
    this.#decision = decision;
  }

  /** Exchange id, as in the audit. */
  get exchange(): string {
    return this.#exchange;
  }

  /** Decision id, as in the audit and in messages. */
  get decision(): string {
    return this.#decision;
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
export function takePermitMint(): (exchange: string, decision: string) => Permit {
  if (taken) throw new TypeError('the permit mint is already taken');
  taken = true;
  return (exchange, decision) => new Permit(MINT, exchange, decision);
}
