import type { DenialText } from '../denial-text.ts';
import type { ResultExceeded } from './result-meter.ts';
import { seconds, size } from './spoken.ts';

/** Codes of an exchange that passed a bound: class `SP` is private, and no driver retries it by itself. */
export type LimitCode =
  /** Rows or bytes. */
  | 'SPL01'
  /** Time. */
  | 'SPL02'
  /** Rows changed. */
  | 'SPL03';

/** What the client is told in place of the rest of a result. */
export interface LimitText extends DenialText {
  readonly code: LimitCode;
}

/**
 * Words the error that ends an exchange over its bound: what it got, which rule, what to change.
 * @param decision id, as in the audit
 * @param writes the statement may have changed something, and the change may have been kept when it was cut
 */
export function limitText(decision: string, exceeded: ResultExceeded, writes: boolean): LimitText {
  const { limit, rule, allowed, changed } = exceeded;
  const by = `by rule ${rule.slice(0, 80)}`;
  const kept =
    writes && limit !== 'affectedRows' ? ' Check what it changed: its effect may have been kept.' : '';
  const remedy = remedyFor(exceeded);
  return {
    code: CODES[limit],
    message: `LIMIT_EXCEEDED [${decision}] ${whatHappened(exceeded, by)}${kept} Do not retry it unchanged. ${remedy}`,
    detail: `decision ${decision}, limit ${limit}, allowed ${allowed}, ${changed === undefined ? '' : `changed ${changed}, `}rule ${rule}`,
    hint: `${remedy}${kept}`,
  };
}

const CODES: Readonly<Record<ResultExceeded['limit'], LimitCode>> = {
  rows: 'SPL01',
  bytes: 'SPL01',
  timeoutMs: 'SPL02',
  affectedRows: 'SPL03',
};

function whatHappened({ limit, allowed, changed }: ResultExceeded, by: string): string {
  switch (limit) {
    case 'timeoutMs':
      return `cancelled after ${seconds(allowed)}, the longest that is allowed ${by}. What came before is incomplete.`;
    case 'affectedRows': {
      const most = `${rowCount(allowed)} may be changed at once ${by}.`;
      const would =
        changed === undefined
          ? 'how many rows it changes was not told,'
          : `it would change ${rowCount(changed)},`;
      return `${would} and at most ${most} It was rolled back: nothing is changed.`;
    }
    default: {
      const most = limit === 'rows' ? rowCount(allowed) : size(allowed);
      return `the result was cut at ${most}, the most that is allowed ${by}. The rows before are good, the rest is missing.`;
    }
  }
}

function rowCount(rows: number): string {
  return rows === 1 ? '1 row' : `${rows} rows`;
}

function remedyFor({ limit, allowed, changed }: ResultExceeded): string {
  switch (limit) {
    case 'rows':
      return `Add LIMIT ${allowed}, aggregate, or read page by page on a key.`;
    case 'bytes':
      return 'Add a LIMIT, or name fewer columns.';
    case 'timeoutMs':
      return 'Narrow it by an indexed column, or split it into smaller statements.';
    case 'affectedRows':
      return changed === undefined
        ? 'Fetch the whole result at once, without a row limit.'
        : 'Narrow its WHERE, or ask for access to change more.';
  }
}
