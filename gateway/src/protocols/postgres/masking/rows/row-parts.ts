/** What the two ways of masking a row share. */
import { WireError, type WireErrorCode } from '../../wire/errors.ts';
import type { MaskLimits } from '../mask-limits.ts';
import type { MaskTally } from '../mask-tally.ts';
import type { OutputPool } from '../output-pool.ts';
import type { ResultPlan } from '../result-plan.ts';
import type { Cell, UNCHANGED } from '../values/cell-mask.ts';

/** Type byte, length word, number of cells. */
export const ROW_HEADER_BYTES = 7;

/** What a masker of rows works with. */
export interface RowMaskerOptions {
  readonly plan: ResultPlan;
  readonly pool: OutputPool;
  readonly tally: MaskTally;
  readonly limits: MaskLimits;
}

/** A message, or a fragment of one, as the splitter tells it. */
export interface Fragment {
  readonly start: number;
  readonly end: number;
  readonly first: boolean;
  readonly last: boolean;
}

/** Writes a cell with its length word. */
export function writeCell(pool: OutputPool, cell: Exclude<Cell, typeof UNCHANGED>): void {
  if (cell === undefined) pool.int32(-1);
  else if (typeof cell === 'string') pool.textValue(cell);
  else {
    pool.int32(cell.length);
    pool.copy(cell, 0, cell.length);
  }
}

/** An error about a DataRow; `offset` counts from its type byte. */
export function rowError(code: WireErrorCode, problem: string, offset: number): WireError {
  return new WireError(code, `DataRow ${problem}`, { source: 'upstream', offset });
}
