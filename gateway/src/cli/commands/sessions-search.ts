import { type FoundExchange as ApiFound, searchPageSchema } from '../../api/contract/recording.ts';
import { getFromApi, refusedByApi } from '../api-client.ts';
import type { CliContext, CliIo } from '../command.ts';
import { dataFolderOf } from '../data-folder.ts';
import { secondsOf } from '../desktop/clock.ts';
import { localTime } from '../local-time.ts';
import { isLocal, type RecordingOptions } from '../recording-source.ts';
import { type Column, fitted, tableHead, tableRow } from '../table.ts';
import { sinceOf } from './sessions-list.ts';
import { numberOf } from './sessions-replay.ts';

/** Options of `sessions search`. */
export interface SessionsSearchOptions extends RecordingOptions {
  readonly principal?: string;
  readonly run?: string;
  readonly resource?: string;
  readonly rule?: string;
  readonly decision?: string;
  readonly session?: string;
  readonly denied?: boolean;
  readonly since?: string;
  readonly limit: string;
  readonly json?: boolean;
}

const MAX_LIMIT = 1000;
const COLUMNS: readonly Column[] = [
  { title: 'TIME', width: 19 },
  { title: 'SESSION', width: 34 },
  { title: '#', width: 6, align: 'right' },
  { title: 'WHO', width: 24 },
  { title: 'RESOURCE', width: 20 },
  { title: 'VERDICT', width: 30 },
  { title: 'OUTCOME', width: 18 },
  { title: 'STATEMENT', width: 100 },
];

/** Prints the exchanges that were found, the newest first; exit code 1 when there are none. */
export async function searchCommand(
  words: readonly string[],
  options: SessionsSearchOptions,
  { io, setExitCode }: CliContext,
): Promise<void> {
  const limit = numberOf('--limit', options.limit, 1, MAX_LIMIT);
  const sinceMs = options.since === undefined ? undefined : sinceOf(options.since, Date.now());
  const { principal, run, resource, rule, decision, session } = options;
  const asked = Object.fromEntries(
    Object.entries({ principal, run, resource, rule, decision, session }).filter(
      ([, value]) => value !== undefined,
    ),
  );
  const text = words.join(' ');
  const found = isLocal(options)
    ? await searchFolder(await dataFolderOf(options), {
        ...asked,
        limit,
        ...(text === '' ? {} : { words: text }),
        ...(options.denied === true ? { effect: 'deny' as const } : {}),
        ...(sinceMs === undefined ? {} : { sinceMs }),
      })
    : await searchApi(options, {
        ...asked,
        limit: String(Math.min(limit, 200)),
        ...(text === '' ? {} : { query: text }),
        ...(options.denied === true ? { effect: 'deny' } : {}),
        ...(sinceMs === undefined ? {} : { since: new Date(sinceMs).toISOString() }),
      });
  if (found.length === 0) setExitCode(1);
  io.stdout.write(options.json === true ? `${JSON.stringify(found, null, 2)}\n` : tableOf(found, io));
}

/** The index of a folder is brought up to date first: no gateway need run. */
async function searchFolder(
  folder: string,
  search: import('../../recording/index/search-query.ts').ExchangeSearch,
): Promise<readonly ApiFound[]> {
  const { recordingLayout } = await import('../../recording/layout.ts');
  const { RecordingIndex } = await import('../../recording/index/recording-index.ts');
  const index = RecordingIndex.open(recordingLayout(folder));
  try {
    await index.catchUp();
    return index.search(search).exchanges;
  } finally {
    index.close();
  }
}

async function searchApi(
  options: SessionsSearchOptions,
  query: Readonly<Record<string, string>>,
): Promise<readonly ApiFound[]> {
  const answer = await getFromApi(options, `/v1/exchanges?${new URLSearchParams(query).toString()}`);
  if (!answer.ok) throw refusedByApi(answer);
  return searchPageSchema.parse(answer.body).exchanges;
}

function tableOf(found: readonly ApiFound[], io: CliIo): string {
  const rows = found.map((one) => [
    localTime(one.at),
    one.session,
    String(one.number),
    one.agent ?? one.subject,
    one.resource,
    `${one.effect}: ${one.rules.join(', ')}`,
    one.status === undefined ? '' : `${one.status}${one.rows === undefined ? '' : `, ${one.rows} rows`}`,
    one.screen === undefined
      ? one.text
      : `on screen at ${secondsOf(one.screen.ms)}, read by a program: ${one.screen.text}`,
  ]);
  const columns = fitted(COLUMNS, rows);
  return tableHead(columns, io) + rows.map((row) => tableRow(columns, row)).join('');
}
