import { hasMixedDocuments } from './documents.ts';
import { parseShell } from './read/parse.ts';
import type { Script } from './syntax.ts';
import { writeScript } from './write-script.ts';

/** The text to be sent for a script, or why there is none. */
export type Written =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly reason: string };

/**
 * Writes a script, and reads it again.
 *
 * INVARIANT: what is sent reads as what was judged. A text that does not is not sent.
 */
export function writeChecked(script: Script, depth: number): Written {
  if (hasMixedDocuments(script)) {
    return { ok: false, reason: 'here-documents in and beside a substitution' };
  }
  const text = writeScript(script);
  const again = parseShell(text, depth);
  if (!again.ok) return { ok: false, reason: `${again.fault.reason}, once it is written with quotes` };
  return shapeOf(again.script) === shapeOf(script)
    ? { ok: true, text }
    : { ok: false, reason: 'text that cannot be written with quotes' };
}

function shapeOf(script: Script): string {
  return JSON.stringify(script, (key, value: unknown) => (key === 'at' ? undefined : value));
}
