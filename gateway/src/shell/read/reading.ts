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
  /** Words that braces have made so far. */
  expanded: number;
  /** Line ends behind a backslash that are text, because of quotes around them. */
  quotedContinuations: number;
  /** The line that ends the first here-document that does not have it. */
  openDocument: string | undefined;
  /** Reads a list: the grammar is recursive, the files are not. */
  readonly readScript: (parsed: ParsedScript | CompoundList, reading: Reading) => Script;
}

/** Begins one. @param depth of what the text stands in */
export function newReading(depth: number, readScript: Reading['readScript']): Reading {
  return {
    faults: [],
    depth,
    commands: 0,
    expanded: 0,
    quotedContinuations: 0,
    openDocument: undefined,
    readScript,
  };
}

/** Notes that something has no form here; the result of the reading is then worthless. */
export function refuse(reading: Reading, reason: string, node: { readonly pos: number }): void {
  reading.faults.push({ reason, at: node.pos });
}

/** A backslash before the end of a line, inside of a word or an operator. */
const CONTINUATION = /[^ \t\n]\\\n/g;

/** Counts lines that go on within a word. */
export function countContinuations(text: string): number {
  return text.match(CONTINUATION)?.length ?? 0;
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
