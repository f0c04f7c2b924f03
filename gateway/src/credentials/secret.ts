import { inspect } from 'node:util';

const HIDDEN = '[secret]';

/**
 * An upstream secret. However it is printed, logged, joined to a string or serialised it shows as `[secret]`
 * (P6); {@link Secret.reveal} is the only way to the value, so that a search for it finds every use.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself, for the one place that must send or hash it. */
  reveal(): string {
    return this.#value;
  }

  /** Puts `[secret]` in place of the value wherever a text repeats it, such as an error of a peer that knows it. */
  redact(text: string): string {
    return this.#value === '' ? text : text.replaceAll(this.#value, HIDDEN);
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [Symbol.toPrimitive](): string {
    return HIDDEN;
  }
}

// Not a class member, because a computed name has no place in the declarations that `isolatedDeclarations` writes.
Object.defineProperty(Secret.prototype, inspect.custom, { value: (): string => HIDDEN });
