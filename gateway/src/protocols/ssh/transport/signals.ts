/** Signal names of RFC 4254 section 6.10; no other is passed on. */
const SIGNALS: ReadonlySet<string> = new Set([
  'ABRT',
  'ALRM',
  'FPE',
  'HUP',
  'ILL',
  'INT',
  'KILL',
  'PIPE',
  'QUIT',
  'SEGV',
  'TERM',
  'USR1',
  'USR2',
]);

/** The name without `SIG`, or undefined where it is none that is known. */
export function signalName(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined;
  const name = text.toUpperCase().replace(/^SIG/, '');
  return SIGNALS.has(name) ? name : undefined;
}
