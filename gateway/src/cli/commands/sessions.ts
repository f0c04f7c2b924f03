import type { Command } from 'commander';
import { apiOptions } from '../api-client.ts';
import type { CliContext } from '../command.ts';
import { type DataFolderOptions, dataFolderOf, dataFolderOptions } from '../data-folder.ts';
import { exportCommand, type SessionsExportOptions } from './sessions-export.ts';
import { killCommand, type SessionsKillOptions } from './sessions-kill.ts';
import { listCommand, type SessionsListOptions } from './sessions-list.ts';
import { replayCommand, type SessionsReplayOptions } from './sessions-replay.ts';
import { type SessionsSearchOptions, searchCommand } from './sessions-search.ts';
import { showCommand } from './sessions-show.ts';
import { verifyRecordingsCommand } from './sessions-verify.ts';

/** Sets up `sallyport sessions list|show|kill|replay|export|search|verify`. */
export function setupSessionsCommand(command: Command, context: CliContext): void {
  setupRecordings(command, context);
  setupSearches(command, context);

  dataFolderOptions(command.command('list'))
    .description('list sessions, the last opened first')
    .option('--since <time>', 'opened since: `2h`, `7d`, or a date and time in ISO 8601')
    .option('--principal <name>', 'subject or agent id')
    .option('--resource <name>', 'name of the resource')
    .option('--limit <count>', 'at most this many', '50')
    .option('--json', 'print JSON')
    .action(async (options: SessionsListOptions & DataFolderOptions) => {
      await listCommand(await dataFolderOf(options), options, context);
    });
  dataFolderOptions(command.command('show <session>'))
    .description('show what happened in a session; exit code 1 when there is no such session')
    .option('--json', 'print all records in full as JSON')
    .action(async (session: string, options: DataFolderOptions & { readonly json?: boolean }) => {
      await showCommand(await dataFolderOf(options), { session, json: options.json === true }, context);
    });
  apiOptions(command.command('kill <session>'))
    .description('end a live session at once; exit code 1 when it does not run on that gateway')
    .option('--reason <text>', 'told to the client and recorded')
    .option('--json', 'print JSON')
    .action(async (session: string, options: SessionsKillOptions) => {
      await killCommand(session, options, context);
    });
}

/** The commands that read recordings: from the data folder, or from the API. */
function setupRecordings(command: Command, context: CliContext): void {
  apiOptions(dataFolderOptions(command.command('replay <session>')))
    .description('show a recorded session as it happened; exit code 1 when it was cut')
    .option('--speed <factor>', 'so many times as fast', '1')
    .option('--seek <place>', 'from exchange `12` on, or from a time such as `90s`')
    .option('--exchange <number>', 'this exchange only')
    .option('--rows <count>', 'show at most this many rows of a result', '20')
    .option('--no-wait', 'all at once')
    .option('--follow', 'go on while the session does')
    .option('--terminal', 'sessions of SSH: what the terminal showed, in colour')
    .action(async (session: string, options: SessionsReplayOptions) => {
      await replayCommand(session, options, context);
    });
  apiOptions(dataFolderOptions(command.command('export <session>')))
    .description('write a recording, or the results of one exchange; exit code 1 when something is missing')
    .option(
      '--format <form>',
      '`ndjson`: everything; `csv`: the rows of one exchange; `asciicast-v3`, `asciicast-v2`: what the terminal of an SSH session showed; `png`, `video`, `keys`: what the desktop of an RDP session showed, and what was typed there',
      'ndjson',
    )
    .option('--raw-escapes', 'asciicast: leave sequences that act on the terminal of whoever plays it')
    .option('--har', 'sessions of HTTP: an HTTP archive, which the network tools of browsers open')
    .option('--exchange <number>', 'this exchange only')
    .option(
      '--at <time>',
      '`png`: the picture at this time since the opening, such as `5m`; the last one unless said',
    )
    .option(
      '--output <file>',
      '`png` and `video`: where to; ffmpeg makes the video, by the ending of the name',
    )
    .option('--fps <count>', '`video`: pictures a second', '10')
    .option('--speed <factor>', '`video`: so many times as fast', '1')
    .option('--no-formula-guard', 'CSV: leave cells that a spreadsheet would compute as they are')
    .option('--bytes', 'NDJSON: with the bytes that were delivered')
    .action(async (session: string, options: SessionsExportOptions) => {
      await exportCommand(session, options, context);
    });
}

/** The commands that look through recordings. */
function setupSearches(command: Command, context: CliContext): void {
  apiOptions(dataFolderOptions(command.command('search [words...]')))
    .description('search what was asked in all recorded sessions; exit code 1 when nothing is found')
    .option('--principal <name>', 'subject or agent id')
    .option('--run <id>', 'the run of an agent')
    .option('--resource <name>', 'name of the resource')
    .option('--rule <id>', 'a rule that decided')
    .option('--decision <id>', 'the decision that an agent was told')
    .option('--session <id>', 'this session only')
    .option('--denied', 'what was denied only')
    .option('--since <time>', 'since: `2h`, `7d`, or a date and time in ISO 8601')
    .option('--limit <count>', 'at most this many', '50')
    .option('--json', 'print JSON')
    .action(async (words: readonly string[], options: SessionsSearchOptions) => {
      await searchCommand(words, options, context);
    });
  dataFolderOptions(command.command('verify [session]'))
    .description(
      'prove that recordings are as they were written and as the audit knows them; exit code 1 when not',
    )
    .option('--json', 'print JSON')
    .action(async (session: string | undefined, options: DataFolderOptions & { readonly json?: boolean }) => {
      await verifyRecordingsCommand(
        await dataFolderOf(options),
        { session, json: options.json === true },
        context,
      );
    });
}
