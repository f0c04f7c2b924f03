import type { Gate, Outcome } from '../../../enforcement/gate.ts';
import type { Permit } from '../../../enforcement/permit.ts';
import type { JsonValue } from '../../../model/json.ts';

/** Follows one permitted exchange from its first forwarded message to its outcome. */
export class ExchangeRun {
  rows = 0;
  bytes = 0;
  readonly tags: string[] = [];
  /** Operations of this exchange that are still to be answered. */
  open = 0;
  readonly #gate: Gate;
  readonly permit: Permit;

  constructor(gate: Gate, permit: Permit) {
    this.#gate = gate;
    this.permit = permit;
  }

  /** One operation was answered well; the outcome is recorded with the last one. */
  operationDone(): void {
    this.open -= 1;
    if (this.open === 0) this.finish('ok');
  }

  /** Records the outcome, once. Error text is not recorded: it may hold row data (P5). */
  finish(status: Outcome['status'], extra: Readonly<Record<string, JsonValue>> = {}): void {
    this.#gate.settle(this.permit, {
      status,
      result: {
        ...(this.tags.length === 0 ? {} : { tag: this.tags.join('; ') }),
        rows: this.rows,
        bytes: this.bytes,
        ...extra,
      },
    });
  }
}
