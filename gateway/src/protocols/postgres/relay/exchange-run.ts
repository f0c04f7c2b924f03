import type { Gate, Outcome } from '../../../enforcement/gate.ts';
import type { Permit } from '../../../enforcement/permit.ts';
import type { JsonValue } from '../../../model/json.ts';

/** Command tags that are recorded of one exchange; a text may hold thousands of statements. */
const MAX_TAGS = 100;

/** Follows one permitted exchange from its first forwarded message to its outcome. */
export class ExchangeRun {
  rows = 0;
  bytes = 0;
  /** Operations of this exchange that are still to be answered. */
  open = 0;
  /** The first tag; the later ones are rare. */
  #tag = '';
  #moreTags: string[] | undefined;
  #tagCount = 0;
  readonly #gate: Gate;
  readonly permit: Permit;

  constructor(gate: Gate, permit: Permit) {
    this.#gate = gate;
    this.permit = permit;
  }

  /** One statement of the exchange was completed; of many only the first tags are kept. */
  noteTag(tag: string): void {
    this.#tagCount += 1;
    if (this.#tagCount === 1) this.#tag = tag;
    else if (this.#tagCount <= MAX_TAGS) (this.#moreTags ??= []).push(tag);
  }

  /** One operation was answered well; the outcome is recorded with the last one. */
  operationDone(): void {
    this.open -= 1;
    if (this.open === 0) this.finish('ok');
  }

  /** Records the outcome, once. Error text is not recorded: it may hold row data (P5). */
  finish(status: Outcome['status'], extra?: Readonly<Record<string, JsonValue>>): void {
    const { rows, bytes } = this;
    if (extra === undefined && this.#tagCount === 1) {
      this.#gate.settle(this.permit, { status, result: { rows, bytes, tag: this.#tag } });
      return;
    }
    const result: Record<string, JsonValue> = { rows, bytes, ...extra };
    if (this.#tagCount > 0) result['tag'] = [this.#tag, ...(this.#moreTags ?? [])].join('; ');
    if (this.#tagCount > MAX_TAGS) result['completed'] = this.#tagCount;
    this.#gate.settle(this.permit, { status, result });
  }
}
