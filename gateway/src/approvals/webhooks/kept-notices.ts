/** Notices that are under way, on disk: what a process had not delivered when it ended, the next one delivers. */
import type { Store } from '../../store/open-store.ts';
import type { Notice } from './outbox.ts';

/** The notices of one receiver. All of it is on the device when a call returns. */
export interface KeptNotices {
  put(notice: Notice, madeMs: number): void;
  remove(id: string): void;
  /** Oldest first. */
  all(): readonly Notice[];
}

/** Those of a receiver that nobody configures any more are not kept for ever. */
const KEEP_MS = 7 * 86_400_000;

/** The notices of each receiver, by its kind and name; what is too old is forgotten. */
export function openKeptNotices(
  { database }: Store,
  nowMs: number,
): (receiver: { readonly kind: string; readonly name: string }) => KeptNotices {
  database.prepare('DELETE FROM approvals_notices WHERE made_ms < ?').run(nowMs - KEEP_MS);
  const insert = database.prepare(
    'INSERT INTO approvals_notices (id, receiver, event, request, body, made_ms) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const remove = database.prepare('DELETE FROM approvals_notices WHERE id = ?');
  const select = database.prepare(
    'SELECT id, event, request, body FROM approvals_notices WHERE receiver = ? ORDER BY place',
  );
  return ({ kind, name }) => {
    const receiver = `${kind} ${name}`;
    return {
      put: ({ id, event, request, body }, madeMs) =>
        void insert.run(id, receiver, event, request, body, madeMs),
      remove: (id) => void remove.run(id),
      all: () => select.all(receiver).map(noticeOf),
    };
  };
}

function noticeOf(row: Readonly<Record<string, unknown>>): Notice {
  const text = (name: string): string => String(row[name]);
  return { id: text('id'), event: text('event'), request: text('request'), body: text('body') };
}
