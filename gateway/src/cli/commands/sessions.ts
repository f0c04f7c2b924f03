import type { Command } from 'commander';
import { apiOptions } from '../api-client.ts';
import type { CliContext } from '../command.ts';
import { type DataFolderOptions, dataFolderOf, dataFolderOptions } from '../data-folder.ts';
import { killCommand, type SessionsKillOptions } from './sessions-kill.ts';
import { listCommand, type SessionsListOptions } from './sessions-list.ts';
import { showCommand } from './sessions-show.ts';

/** Sets up `sallyport sessions list|show|kill`. */
export function setupSessionsCommand(command: Command, context: CliContext): void {
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
