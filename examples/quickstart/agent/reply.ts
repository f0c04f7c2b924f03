/** What came back over the wire, told apart: rows, the gateway's refusal, a request that waits for people, or another error. */
import pg from 'pg';

/** Rows of a statement that was let through. */
export interface Permitted {
  readonly kind: 'permitted';
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly rowCount: number;
}

/** The gateway said no: SQLSTATE 42501 and a message that begins with `POLICY_DENIED`. */
export interface Refused {
  readonly kind: 'refused';
  readonly message: string;
  /** The rule's own words and the alternatives: what a model can act on. */
  readonly advice: string;
}

/** People have to agree first: SQLSTATE SPA01 and a message that begins with `APPROVAL_PENDING`. */
export interface Pending {
  readonly kind: 'pending';
  readonly message: string;
  /** The request that they see, `apr_…`. */
  readonly approval: string;
}

/** Anything else, also a 42501 of PostgreSQL itself: then the statement reached it, which must not happen. */
export interface Failed {
  readonly kind: 'failed';
  readonly message: string;
}

/** One of the four. */
export type Reply = Permitted | Refused | Pending | Failed;

/** Sends one statement and tells what came of it; never throws. */
export async function ask(client: pg.Client, sql: string, values?: readonly unknown[]): Promise<Reply> {
  try {
    const result = await client.query<Record<string, unknown>>(
      sql,
      values === undefined ? undefined : [...values],
    );
    return { kind: 'permitted', rows: result.rows, rowCount: result.rowCount ?? 0 };
  } catch (error) {
    return toReply(error);
  }
}

/** Reads an error of node-postgres. */
export function toReply(error: unknown): Exclude<Reply, Permitted> {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof pg.DatabaseError ? error.code : undefined;
  const approval = /^APPROVAL_PENDING \[(?<id>apr_[\w-]+)\]/u.exec(message)?.groups?.['id'];
  if (code === 'SPA01' && approval !== undefined) return { kind: 'pending', message, approval };
  const match = /^POLICY_DENIED \[[^\]]+\] [^:]*: (?<reason>[^.]*)\. ?(?<rest>.*)$/u.exec(message);
  if (code !== '42501' || match?.groups === undefined) return { kind: 'failed', message };
  return {
    kind: 'refused',
    message,
    advice: adviceIn(match.groups['rest'] ?? '') ?? match.groups['reason'] ?? '',
  };
}

/** The rule's own words; where it has none, the alternatives. */
function adviceIn(text: string): string | undefined {
  const sentences = text
    .replace('Do not retry this statement.', '')
    .replace(/Request access: .*$/u, '')
    .replaceAll(/\s+/gu, ' ');
  const [words = '', alternatives = ''] = sentences.split('Allowed instead:');
  return [words.trim(), alternatives.trim() && `Allowed instead: ${alternatives.trim()}`].find(
    (part) => part !== '',
  );
}
