/** What came of reading something that a client sent: its value, or why it has no single meaning. Never holds data. */
export type Reading<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly reason: string };

/** A value that was read. */
export function read<Value>(value: Value): Reading<Value> {
  return { ok: true, value };
}

/** Something that cannot be read, or can be read in two ways. The reason is a phrase for people, without data. */
export function unread(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason };
}
