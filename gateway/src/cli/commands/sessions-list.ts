import { listSessions, type SessionFilter, type SessionSummary } from '../../audit/sessions.ts';
import { parseDurationMs } from '../../policy/duration.ts';
import type { CliContext } from '../command.ts';
import { CliError } from '../errors.ts';
import { duration, localTime, localZone } from '../local-time.ts';
import { printable } from '../printable.ts';
import { type Column, fitted, tableHead, tableRow } from '../table.ts';
import { limitOf } from './pages.ts';

/** Options of `sessions list`. */
export interface SessionsListOptions {
  readonly since?: string;
  readonly principal?: string;
  readonly resource?: string;
  readonly limit: string;
  readonly json?: boolean;
}

/** Prints the sessions of a data folder. */
export async function listCommand(
  folder: string,
  options: SessionsListOptions,
  { io }: CliContext,
): Promise<void> {
  const sessions: SessionSummary[] = [];
  const filter: SessionFilter = {
    ...filterOf(options, Date.now()),
    onDamaged: (file, offset) =>
      io.stderr.write(`warning: ${file} is damaged at byte ${offset}; run sallyport audit verify\n`),
  };
  for await (const session of listSessions(folder, filter)) sessions.push(session);
  io.stdout.write(options.json === true ? `${JSON.stringify(sessions, null, 2)}\n` : tableOf(sessions, io));
}

/** The filter that the options ask for. @param nowMs what `--since 2h` counts back from */
export function filterOf(options: SessionsListOptions, nowMs: number): SessionFilter {
  const { since, principal, resource } = options;
  return {
    limit: limitOf(options.limit),
    ...(since === undefined ? {} : { sinceMs: sinceOf(since, nowMs) }),
    ...(principal === undefined ? {} : { principal }),
    ...(resource === undefined ? {} : { resource }),
  };
}

/** The time that `--since` names, in milliseconds since the epoch. @throws CliError */
export function sinceOf(text: string, nowMs: number): number {
  const backMs = parseDurationMs(text);
  const sinceMs =
    backMs === undefined ? Date.parse(/^\d{4}-\d{2}-\d{2}/.test(text) ? text : '') : nowMs - backMs;
  if (Number.isNaN(sinceMs)) {
    throw new CliError(
      'ERR_CLI_USAGE',
      `\`--since\` wants \`2h\`, \`7d\` or a time in ISO 8601, got \`${printable(text, 40)}\``,
    );
  }
  return sinceMs;
}

function tableOf(sessions: readonly SessionSummary[], io: CliContext['io']): string {
  if (sessions.length === 0) return 'no sessions\n';
  const columns: readonly Column[] = [
    { title: 'SESSION', width: 40 },
    { title: `OPENED (${localZone()})`, width: 40 },
    { title: 'LASTED', width: 12, align: 'right' },
    { title: 'PRINCIPAL', width: 40 },
    { title: 'RESOURCE', width: 40 },
    { title: 'EXCHANGES', width: 9, align: 'right' },
    { title: 'REFUSED', width: 9, align: 'right' },
    { title: 'STATE', width: 40 },
  ];
  const rows = sessions.map(cellsOf);
  const fit = fitted(columns, rows);
  return tableHead(fit, io) + rows.map((cells) => tableRow(fit, cells)).join('');
}

function cellsOf(session: SessionSummary): readonly string[] {
  const { principal, openedAt, closedAt } = session;
  return [
    session.session,
    localTime(openedAt),
    closedAt === undefined ? '' : duration(Math.max(0, Date.parse(closedAt) - Date.parse(openedAt))),
    // An agent on its own account is both (client credentials): once is enough.
    principal.agent === undefined || principal.agent === principal.subject
      ? principal.subject
      : `${principal.agent} for ${principal.subject}`,
    `${session.account}@${session.resource}`,
    String(session.exchanges),
    String(session.refused),
    session.state === 'open' ? 'open' : `closed: ${session.reason ?? ''}`,
  ];
}
