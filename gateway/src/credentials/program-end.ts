/** How a program that was started by `execFile` failed, from its error: neither its arguments nor what it wrote are told. */
export function howItEnded({ code, signal }: { readonly code?: unknown; readonly signal?: unknown }): string {
  if (typeof code === 'number') return `exit status ${code}`;
  return typeof signal === 'string' ? `signal ${signal}` : `cannot be started: ${String(code)}`;
}
