import type { DenialText } from '../denial-text.ts';
import type { ResultExceeded } from './result-meter.ts';
import { seconds, size } from './spoken.ts';

/** Codes of a result that was cut: class `SP` is private, and no driver retries it by itself. */
export type LimitCode =
  /** Rows or bytes. */
  | 'SPL01'
  /** Time. */
  | 'SPL02';

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
  const { limit, rule, allowed } = exceeded;
  const isTime = limit === 'timeoutMs';
  const by = `by rule ${rule.slice(0, 80)}`;
  const what = isTime
    ? `cancelled after ${seconds(allowed)}, the longest that is allowed ${by}`
    : `the result was cut at ${limit === 'rows' ? rowCount(allowed) : size(allowed)}, the most that is allowed ${by}`;
  const state = isTime
    ? ' What came before is incomplete.'
    : ' The rows before are good, the rest is missing.';
  const kept = writes ? ' Check what it changed: its effect may have been kept.' : '';
  const remedy = remedyFor(exceeded);
  return {
    code: isTime ? 'SPL02' : 'SPL01',
    message: `LIMIT_EXCEEDED [${decision}] ${what}.${state}${kept} Do not retry it unchanged. ${remedy}`,
    detail: `decision ${decision}, limit ${limit}, allowed ${allowed}, rule ${rule}`,
    hint: `${remedy}${kept}`,
  };
}

function rowCount(rows: number): string {
  return rows === 1 ? '1 row' : `${rows} rows`;
}

function remedyFor({ limit, allowed }: ResultExceeded): string {
  switch (limit) {
    case 'rows':
      return `Add LIMIT ${allowed}, aggregate, or read page by page on a key.`;
    case 'bytes':
      return 'Add a LIMIT, or name fewer columns.';
    case 'timeoutMs':
      return 'Narrow it by an indexed column, or split it into smaller statements.';
  }
}
