import type { CompoundList, ParsedScript } from 'unbash';
import type { Fault } from '../characters.ts';
import { MOST_DEPTH } from '../limits.ts';
import type { Script } from '../syntax.ts';

/** What one reading of a text has found to be unreadable, and how deep it is. */
export interface Reading {
  readonly faults: Fault[];
  depth: number;
  /** Simple commands so far. */
  commands: number;
  /** Reads a list: the grammar is recursive, the files are not. */
  readonly readScript: (parsed: ParsedScript | CompoundList, reading: Reading) => Script;
}

/** Notes that something has no form here; the result of the reading is then worthless. */
export function refuse(reading: Reading, reason: string, node: { readonly pos: number }): void {
  reading.faults.push({ reason, at: node.pos });
}

/** Goes one level deeper, if that is still allowed. */
export function deeper<T>(reading: Reading, node: { readonly pos: number }, read: () => T, otherwise: T): T {
  if (reading.depth >= MOST_DEPTH) {
    refuse(reading, `constructs nested more than ${MOST_DEPTH} deep`, node);
    return otherwise;
  }
  reading.depth += 1;
  const result = read();
  reading.depth -= 1;
  return result;
}
