/** What was masked, for the record of the exchange: rules, fields and counts; never a value. */
import type { MaskMethod } from '../../../model/obligation.ts';

/** One field and one rule. */
export interface MaskedField {
  /** Last names of the field, `customers.email`; `{…}` for a name that may be somebody's data. */
  readonly column: string;
  readonly rule: string;
  readonly method: MaskMethod;
  /** Values replaced. */
  values: number;
}

/** What {@link MaskTally.summary} tells. */
export interface MaskSummary {
  readonly columns: readonly Readonly<MaskedField>[];
  /** Detector → findings. */
  readonly detectors: Readonly<Record<string, number>>;
  /** Values over the size up to which they are read, replaced unread. */
  readonly oversized: number;
}

const MOST_FIELDS = 256;
const NAME = /^[A-Za-z_][A-Za-z_-]{0,39}$/;

/** Counters of one exchange. */
export class MaskTally {
  readonly #fields = new Map<string, MaskedField>();
  readonly #detectors = new Map<string, number>();
  #last: { readonly names: readonly string[]; readonly counter: MaskedField } | undefined;
  oversized = 0;

  /** Counts a value that was replaced. The same list of names is looked up once in a row. */
  replaced(names: readonly string[], rule: string, method: MaskMethod): void {
    const last = this.#last;
    if (last?.names === names && last.counter.rule === rule && last.counter.method === method) {
      last.counter.values += 1;
      return;
    }
    const shown = names.slice(-2).map((name) => (NAME.test(name) ? name : '{…}'));
    const column = this.#fields.size >= MOST_FIELDS ? '(further fields)' : shown.join('.');
    const key = `${column}\0${rule}\0${method}`;
    const known = this.#fields.get(key) ?? { column, rule, method, values: 0 };
    known.values += 1;
    this.#fields.set(key, known);
    this.#last = { names, counter: known };
  }

  /** Counts a finding. */
  found(detector: string): void {
    this.#detectors.set(detector, (this.#detectors.get(detector) ?? 0) + 1);
  }

  /** Undefined where nothing was replaced. */
  summary(): MaskSummary | undefined {
    if (this.#fields.size + this.#detectors.size + this.oversized === 0) return undefined;
    const columns = [...this.#fields.values()];
    return { columns, detectors: Object.fromEntries(this.#detectors), oversized: this.oversized };
  }
}
