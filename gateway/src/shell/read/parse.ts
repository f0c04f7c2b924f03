import { parse } from 'unbash';
import { type Fault, findOddCharacter } from '../characters.ts';
import { MOST_BYTES, MOST_OPENINGS } from '../limits.ts';
import type { Script } from '../syntax.ts';
import { readScript } from './read-script.ts';
import { countContinuations, newReading, refuse } from './reading.ts';

/** A text as a {@link Script}, or what in it cannot be read. */
export type Parsed =
  | { readonly ok: true; readonly script: Script }
  | { readonly ok: false; readonly fault: Fault };

/**
 * Parses the text of a command line or script by the grammar of bash, in a time and memory bounded by its length. Never throws.
 *
 * INVARIANT: nothing is left out: what the grammar allows and {@link Script} has no form for is a fault.
 */
export function parseShell(text: string, depth = 0): Parsed {
  if (Buffer.byteLength(text) > MOST_BYTES) {
    return { ok: false, fault: { reason: `a text of more than ${MOST_BYTES} bytes`, at: MOST_BYTES } };
  }
  const odd = findOddCharacter(text);
  if (odd !== undefined) return { ok: false, fault: odd };
  const openings = text.match(/[$`]|<</g)?.length ?? 0;
  if (openings > MOST_OPENINGS) {
    return {
      ok: false,
      fault: { reason: `more than ${MOST_OPENINGS} expansions and here-documents`, at: 0 },
    };
  }
  const reading = newReading(depth, readScript);
  try {
    const script = readScript(parse(text), reading);
    // Shells put such lines together before they look for words and operators: `$` and `x` of two lines are `$x`.
    if (countContinuations(text) > reading.quotedContinuations) {
      refuse(reading, 'a line that goes on within a word; put a blank before the backslash', { pos: 0 });
    }
    const fault = reading.faults.toSorted((left, right) => left.at - right.at)[0];
    return fault === undefined ? { ok: true, script } : { ok: false, fault };
  } catch {
    // A stack that is too small for the text: nothing of it has been sent anywhere.
    return { ok: false, fault: { reason: 'text that cannot be parsed', at: 0 } };
  }
}
