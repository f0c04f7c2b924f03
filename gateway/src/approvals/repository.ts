/** Approval requests on disk. Every call that changes something has it on the device when it resolves. */
import type { ApprovalStatus } from '../model/approval.ts';
import type { Store, StoreSchema } from '../store/open-store.ts';
import type { ApprovalRequest } from './request.ts';

/** A request and its place in the listing. */
export interface ListedRequest {
  readonly place: number;
  readonly request: ApprovalRequest;
}

/** Which requests to list, the last made first. */
export interface ListFilter {
  /** Approvals of one exchange, or of access for a time. */
  readonly kind: 'exchange' | 'access';
  readonly review?: 'open' | 'closed' | undefined;
  readonly status?: ApprovalStatus | undefined;
  readonly resource?: string | undefined;
  /** Only those that one of these may see, as {@link watchersOf} names them; absent: all. */
  readonly watchers?: readonly string[] | undefined;
  /** Only those made before the one at this place. */
  readonly before?: number | undefined;
  readonly limit: number;
}

/** Where requests are kept. */
export interface ApprovalRepository {
  find(id: string): Promise<ApprovalRequest | undefined>;
  /** The last request of this digest, whatever became of it. */
  latest(digest: string): Promise<ApprovalRequest | undefined>;
  /** @throws when another one of the digest is live */
  insert(request: ApprovalRequest): Promise<void>;
  /** Puts a request in the place of its version before. False when that is not what stands there: nothing happened then. */
  replace(request: ApprovalRequest): Promise<boolean>;
  /** Those that are open or approved, without statement and values. */
  live(): Promise<readonly ApprovalRequest[]>;
  /** Those with an open review, without statement and values. */
  unreviewed(): Promise<readonly ApprovalRequest[]>;
  /** Without statement and values. */
  list(filter: ListFilter): Promise<readonly ListedRequest[]>;
  /** Notes what is left of windows, for a start after the clock was set back. */
  saveRemaining(remaining: ReadonlyMap<string, number>): Promise<void>;
  /** Removes requests that ended before this time, and the oldest ended ones beyond `keep`; none whose review is open. */
  prune(endedBeforeMs: number, keep: number): Promise<void>;
}

/** Tables of approvals. */
export const approvalSchema: StoreSchema = {
  room: 'approvals',
  migrations: [
    `CREATE TABLE approvals_requests (
       place INTEGER PRIMARY KEY AUTOINCREMENT,
       id TEXT NOT NULL UNIQUE,
       digest TEXT NOT NULL,
       status TEXT NOT NULL,
       resource TEXT NOT NULL,
       remaining_ms INTEGER NOT NULL,
       closed_ms INTEGER,
       version INTEGER NOT NULL,
       body TEXT NOT NULL
     ) STRICT;
     CREATE INDEX approvals_by_digest ON approvals_requests (digest, place);
     CREATE INDEX approvals_by_status ON approvals_requests (status, place);
     CREATE UNIQUE INDEX approvals_live ON approvals_requests (digest) WHERE status IN ('open', 'approved');`,
    `CREATE TABLE approvals_watchers (
       watcher TEXT NOT NULL,
       place INTEGER NOT NULL REFERENCES approvals_requests (place) ON DELETE CASCADE,
       PRIMARY KEY (watcher, place)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX approvals_watchers_by_place ON approvals_watchers (place);
     CREATE TABLE approvals_remaining (
       id TEXT PRIMARY KEY REFERENCES approvals_requests (id) ON DELETE CASCADE,
       left_ms INTEGER NOT NULL
     ) STRICT, WITHOUT ROWID;`,
    `ALTER TABLE approvals_requests ADD COLUMN kind TEXT NOT NULL DEFAULT 'exchange';
     ALTER TABLE approvals_requests ADD COLUMN review TEXT;
     CREATE INDEX approvals_by_kind ON approvals_requests (kind, place);
     CREATE INDEX approvals_by_review ON approvals_requests (review, place) WHERE review IS NOT NULL;`,
    `CREATE TABLE approvals_notices (
       place INTEGER PRIMARY KEY AUTOINCREMENT,
       id TEXT NOT NULL UNIQUE,
       receiver TEXT NOT NULL,
       event TEXT NOT NULL,
       request TEXT NOT NULL,
       body TEXT NOT NULL,
       made_ms INTEGER NOT NULL
     ) STRICT;
     CREATE INDEX approvals_notices_by_receiver ON approvals_notices (receiver, place);`,
  ],
};

type Row = Record<string, unknown>;

/** What was left of the window when it was last noted: sweeps note it apart, so that they need not write requests again. */
const LEFT =
  'min(remaining_ms, coalesce((SELECT left_ms FROM approvals_remaining noted WHERE noted.id = approvals_requests.id), remaining_ms)) AS remaining_ms';

/** The body without what is large. */
const BARE =
  "json_remove(json_set(body, '$.view.text', '', '$.view.parameters', json('[]')), '$.view.effects', '$.view.before') AS body";

/** By the index of watchers: whoever may see little reads little. */
const VISIBLE =
  'place IN (SELECT place FROM approvals_watchers WHERE watcher IN (SELECT value FROM json_each(:watchers)))';

/** Who sees a request, beside admins: the groups of its quorums, and the one who asked. */
export function watchersOf({
  quorums,
  requester,
}: Pick<ApprovalRequest, 'quorums' | 'requester'>): readonly string[] {
  const groups = quorums.flatMap((quorum) => quorum.groups.map(groupWatcher));
  return [...new Set([...groups, ownWatcher(requester)])];
}

/** Everybody of a group. */
export function groupWatcher(group: string): string {
  return `group ${group}`;
}

/** The subject through the agent that asked. */
export function ownWatcher({
  issuer,
  subject,
  agent,
}: Pick<ApprovalRequest['requester'], 'issuer' | 'subject' | 'agent'>): string {
  return `own ${JSON.stringify([issuer, subject, agent ?? null])}`;
}

/** Requests in the gateway's own store. */
export function createApprovalRepository({ database, transaction }: Store): ApprovalRepository {
  const { byId, byDigest, insert, watch, replace, live, unreviewed, note, unnote, old, surplus } =
    statementsOf(database);
  return {
    find: async (id) => requestIn(byId.get(id)),
    latest: async (digest) => requestIn(byDigest.get(digest)),
    async insert(request) {
      const { id, digest, resource } = request;
      const { status, left, closedMs, version, body, review } = columnsOf(request);
      const kind = request.access === undefined ? 'exchange' : 'access';
      transaction(() => {
        const { lastInsertRowid: place } = insert.run(
          ...[id, digest, status, resource, left, closedMs, version, body, kind, review],
        );
        for (const watcher of watchersOf(request)) watch.run(watcher, place);
      });
    },
    async replace(request) {
      const { id } = request;
      const { status, left, closedMs, version, body, review } = columnsOf(request);
      return transaction(() => {
        const { changes } = replace.run(status, left, closedMs, version, body, review, id, version - 1);
        if (changes === 1) unnote.run(id);
        return changes === 1;
      });
    },
    unreviewed: async () => unreviewed.all().flatMap((row) => requestIn(row) ?? []),
    live: async () => live.all().flatMap((row) => requestIn(row) ?? []),
    list: async (filter) => listRows(database, filter),
    async saveRemaining(left) {
      transaction(() => {
        for (const [id, ms] of left) note.run({ id, left: Math.floor(ms) });
      });
    },
    async prune(endedBeforeMs, keep) {
      transaction(() => {
        old.run(endedBeforeMs);
        surplus.run(keep);
      });
    },
  };
}

function statementsOf(
  database: Store['database'],
): Record<
  | 'byId'
  | 'byDigest'
  | 'insert'
  | 'watch'
  | 'replace'
  | 'live'
  | 'unreviewed'
  | 'note'
  | 'unnote'
  | 'old'
  | 'surplus',
  ReturnType<Store['database']['prepare']>
> {
  return {
    byId: database.prepare(`SELECT ${LEFT}, body FROM approvals_requests WHERE id = ?`),
    byDigest: database.prepare(
      `SELECT ${LEFT}, body FROM approvals_requests WHERE digest = ? ORDER BY place DESC LIMIT 1`,
    ),
    insert: database.prepare(
      'INSERT INTO approvals_requests (id, digest, status, resource, remaining_ms, closed_ms, version, body, kind, review) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    watch: database.prepare('INSERT INTO approvals_watchers (watcher, place) VALUES (?, ?)'),
    replace: database.prepare(
      'UPDATE approvals_requests SET status = ?, remaining_ms = ?, closed_ms = ?, version = ?, body = ?, review = ? WHERE id = ? AND version = ?',
    ),
    note: database.prepare(
      'INSERT INTO approvals_remaining (id, left_ms) SELECT id, :left FROM approvals_requests WHERE id = :id ON CONFLICT (id) DO UPDATE SET left_ms = excluded.left_ms',
    ),
    unnote: database.prepare('DELETE FROM approvals_remaining WHERE id = ?'),
    old: database.prepare("DELETE FROM approvals_requests WHERE closed_ms < ? AND review IS NOT 'open'"),
    surplus: database.prepare(
      "DELETE FROM approvals_requests WHERE review IS NOT 'open' AND place IN (SELECT place FROM approvals_requests WHERE closed_ms IS NOT NULL ORDER BY place DESC LIMIT -1 OFFSET ?)",
    ),
    unreviewed: database.prepare(
      `SELECT ${LEFT}, ${BARE} FROM approvals_requests WHERE review = 'open' ORDER BY place LIMIT 1000`,
    ),
    live: database.prepare(
      `SELECT ${LEFT}, ${BARE} FROM approvals_requests WHERE status IN ('open', 'approved')`,
    ),
  };
}

function listRows(
  database: Store['database'],
  { kind, review, status, resource, watchers, before, limit }: ListFilter,
): readonly ListedRequest[] {
  const conditions = [
    'kind = :kind',
    ...(review === undefined ? [] : ['review = :review']),
    ...(status === undefined ? [] : ['status = :status']),
    ...(resource === undefined ? [] : ['resource = :resource']),
    ...(watchers === undefined ? [] : [VISIBLE]),
    ...(before === undefined ? [] : ['place < :before']),
  ];
  const where = `WHERE ${conditions.join(' AND ')}`;
  return database
    .prepare(
      `SELECT place, ${LEFT}, ${BARE} FROM approvals_requests ${where} ORDER BY place DESC LIMIT :limit`,
    )
    .all({
      kind,
      limit,
      ...(review === undefined ? {} : { review }),
      ...(status === undefined ? {} : { status }),
      ...(resource === undefined ? {} : { resource }),
      ...(watchers === undefined ? {} : { watchers: JSON.stringify(watchers) }),
      ...(before === undefined ? {} : { before }),
    })
    .flatMap((row) => {
      const request = requestIn(row);
      return request === undefined ? [] : [{ place: Number(row['place']), request }];
    });
}

function columnsOf(request: ApprovalRequest): {
  readonly status: string;
  readonly left: number;
  readonly closedMs: number | null;
  readonly version: number;
  readonly body: string;
  readonly review: string | null;
} {
  const { status, remainingMs, closedMs = null, version } = request;
  const left = Math.floor(remainingMs);
  return { status, left, closedMs, version, body: JSON.stringify(request), review: reviewOf(request) };
}

function reviewOf({ access }: ApprovalRequest): 'open' | 'closed' | null {
  if (access?.review === undefined) return null;
  return access.review.closed === undefined ? 'open' : 'closed';
}

function requestIn(row: Row | undefined): ApprovalRequest | undefined {
  if (row === undefined) return undefined;
  // The body was written by this file.
  const request = JSON.parse(String(row['body'])) as ApprovalRequest;
  return { ...request, remainingMs: Math.min(request.remainingMs, Number(row['remaining_ms'])) };
}
