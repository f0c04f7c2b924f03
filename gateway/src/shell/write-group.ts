import { parseShell } from './read/parse.ts';
import { writeChecked } from './write-checked.ts';

/**
 * A text that was judged, as one group without standard input: a shell reads all of it before it runs any of it, and nothing in it
 * reads what the shell is told next. Undefined where it cannot be written so.
 *
 * @param canonical as `analyseShell` gave it
 */
export function writeGroup(canonical: string): string | undefined {
  const parsed = parseShell(canonical);
  if (!parsed.ok) return undefined;
  const nothing = {
    kind: 'file' as const,
    descriptor: undefined,
    operator: '<' as const,
    file: [{ kind: 'text' as const, text: '/dev/null' }],
  };
  const group = { kind: 'group' as const, body: parsed.script, redirections: [nothing] };
  const first = { isNegated: false, isTimed: false, stages: [group] };
  const written = writeChecked({ items: [{ first, rest: [], isBackground: false }] }, 0);
  return written.ok ? written.text : undefined;
}
