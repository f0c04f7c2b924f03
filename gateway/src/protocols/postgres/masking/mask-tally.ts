/** What was masked, for the record of the exchange: rules, columns and counts; never a value. */
import type { MaskMethod } from '../../../model/obligation.ts';

/** One column and one rule. */
export interface MaskedColumn {
  /** `schema.table.column`, or the name in the result where the origin is not known. */
  readonly column: string;
  readonly rule: string;
  readonly method: MaskMethod;
  /** Values replaced; parts of arrays and rows count one by one. */
  values: number;
}

/** What {@link MaskTally.summary} tells. */
export interface MaskSummary {
  readonly columns: readonly Readonly<MaskedColumn>[];
  /** Detector → findings. */
  readonly detectors: Readonly<Record<string, number>>;
  /** Values over the size up to which they are read, replaced unread. */
  readonly oversized: number;
  /** Error, notice and notification texts that were replaced. */
  readonly texts: number;
}

/** Most columns listed one by one; a result has at most 1664, a hostile one 65535. */
const MOST_COLUMNS = 256;
const MOST_NAME = 200;

/** Counters of one exchange. */
export class MaskTally {
  readonly #columns = new Map<string, MaskedColumn>();
  readonly #detectors = new Map<string, number>();
  oversized = 0;
  texts = 0;

  /** The counter of a column and a rule; over the bound all share one. */
  column(name: string, rule: string, method: MaskMethod): MaskedColumn {
    const isFull = this.#columns.size >= MOST_COLUMNS;
    const column = isFull ? '(further columns)' : name.slice(0, MOST_NAME);
    const key = `${column}\0${rule}\0${method}`;
    const known = this.#columns.get(key) ?? { column, rule, method, values: 0 };
    this.#columns.set(key, known);
    return known;
  }

  /** Counts a finding. */
  readonly found = (detector: string): void => {
    this.#detectors.set(detector, (this.#detectors.get(detector) ?? 0) + 1);
  };

  /** Undefined where nothing was replaced. */
  summary(): MaskSummary | undefined {
    const columns = [...this.#columns.values()].filter((column) => column.values > 0);
    const isNothing = columns.length + this.#detectors.size + this.oversized + this.texts === 0;
    if (isNothing) return undefined;
    const detectors = Object.fromEntries(this.#detectors);
    return { columns, detectors, oversized: this.oversized, texts: this.texts };
  }
}
