/** How many rows a statement would change: asked of the server on a connection of the gateway's own that keeps nothing. */
import type { PreviewMode, RowPreview } from '../../../../model/approval.ts';
import { BackendType } from '../../wire/backend/backend-type.ts';
import { decodeCommandComplete } from '../../wire/backend/command-complete.ts';
import { locateCells } from '../../wire/backend/data-row.ts';
import { decodeErrorResponse } from '../../wire/backend/error-response.ts';
import type { Format } from '../../wire/format-codes.ts';
import { encodeSync, encodeTerminate } from '../../wire/frontend/bare-frontend-messages.ts';
import { encodeBind } from '../../wire/frontend/bind.ts';
import { encodeExecute } from '../../wire/frontend/execute.ts';
import { encodeParse } from '../../wire/frontend/parse.ts';
import { encodeQuery } from '../../wire/frontend/query.ts';
import type { ChannelLimits, ServerMessage, ServerPeer } from '../message-channel.ts';
import { plannedRows } from './planned-rows.ts';

/** A statement as it was asked, and the settings that it was asked under. */
export interface PreviewedStatement {
  /** One statement. */
  readonly text: string;
  readonly parameterTypes: readonly number[];
  readonly values: readonly (Buffer | undefined)[];
  readonly formats: readonly Format[];
  readonly settings: Readonly<Record<string, string>>;
}

/** What the server may answer in all: RETURNING of an exact count is read and forgotten. */
export const PREVIEW_LIMITS: ChannelLimits = { messageBytes: 1 << 20, messages: 100_000, bytes: 16 << 20 };

/** Time that the server gets for one statement, and for a lock that somebody else holds. */
const STATEMENT_TIMEOUT = '2s';
const LOCK_TIMEOUT = '500ms';

/** Asks for the rows. The transaction is never committed. Rejects with an UpstreamError or WireError. */
export async function previewRows(
  peer: ServerPeer,
  statement: PreviewedStatement,
  mode: PreviewMode,
): Promise<RowPreview> {
  const begin = mode === 'exact' ? 'BEGIN' : 'BEGIN READ ONLY';
  for (const text of [begin, ...settingsOf(statement.settings)]) {
    const { sqlstate } = await answer(peer, encodeQuery(text));
    if (sqlstate !== undefined) return refused(sqlstate);
  }
  const text = mode === 'exact' ? statement.text : `EXPLAIN (FORMAT JSON) ${statement.text}`;
  const { parameterTypes, values, formats } = statement;
  const told = await answer(
    peer,
    Buffer.concat([
      encodeParse({ statement: '', text, parameterTypes }),
      encodeBind({
        portal: '',
        statement: '',
        parameterFormats: formats,
        parameters: values,
        resultFormats: [],
      }),
      encodeExecute({ portal: '', maxRows: 0 }),
      encodeSync(),
    ]),
  );
  peer.send(Buffer.concat([encodeQuery('ROLLBACK'), encodeTerminate()]));
  if (told.sqlstate !== undefined) return refused(told.sqlstate);
  const rows = mode === 'exact' ? rowsOfTag(told.tag) : plannedRows(told.firstCell);
  if (rows === undefined) return { unavailable: 'the server did not tell' };
  return mode === 'exact' ? { exact: rows } : { estimate: rows };
}

/** As the session has them now, and bounds that nothing before them can lift. Names and values are quoted. */
function settingsOf(settings: Readonly<Record<string, string>>): readonly string[] {
  return [
    ...Object.entries(settings).map(
      ([name, value]) => `SELECT pg_catalog.set_config(${literal(name)}, ${literal(value)}, true)`,
    ),
    `SET LOCAL statement_timeout = '${STATEMENT_TIMEOUT}'; SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`,
  ];
}

/** `standard_conforming_strings` is pinned: a backslash is itself. */
function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

interface Told {
  readonly tag: string;
  readonly firstCell: string | undefined;
  readonly sqlstate: string | undefined;
}

const PLACES = new Int32Array(2);

/** Sends, and reads to ReadyForQuery. Texts of errors are not looked at: they may hold row data (P5). */
async function answer(peer: ServerPeer, bytes: Buffer): Promise<Told> {
  peer.send(bytes);
  let tag = '';
  let firstCell: string | undefined;
  let sqlstate: string | undefined;
  for (;;) {
    const message = await peer.receive();
    if (message.type === BackendType.ReadyForQuery) return { tag, firstCell, sqlstate };
    if (message.type === BackendType.CommandComplete)
      ({ tag } = decodeCommandComplete(message.bytes, message.start, message.end));
    else if (message.type === BackendType.DataRow) firstCell ??= cellOf(message);
    else if (message.type === BackendType.ErrorResponse)
      sqlstate ??= codeOf(decodeErrorResponse(message.bytes, message.start, message.end).code);
  }
}

function cellOf({ bytes, start, end }: ServerMessage): string | undefined {
  const count = locateCells(bytes, { start, end }, PLACES);
  const [at = 0, length = -1] = PLACES;
  return count === 1 && length >= 0 ? bytes.toString('utf8', at, at + length) : undefined;
}

function codeOf(code: string | undefined): string {
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) ? code : 'unknown';
}

function rowsOfTag(tag: string): number | undefined {
  const rows = /^(?:INSERT \d+|UPDATE|DELETE) (\d+)$/.exec(tag)?.[1];
  return rows === undefined ? undefined : Number(rows);
}

function refused(sqlstate: string): RowPreview {
  if (sqlstate === '57014') return { unavailable: `it takes longer than ${STATEMENT_TIMEOUT}` };
  if (sqlstate === '55P03') return { unavailable: 'others hold locks on it' };
  return { unavailable: `the server refuses it with SQLSTATE ${sqlstate}` };
}
