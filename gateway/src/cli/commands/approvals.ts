import type { Command } from 'commander';
import { type ApiOptions, apiOptions } from '../api-client.ts';
import type { CliContext } from '../command.ts';
import { type ApprovalsAnswerOptions, answerCommand } from './approvals-answer.ts';
import { type ApprovalsListOptions, listApprovalsCommand } from './approvals-list.ts';
import { showApprovalCommand } from './approvals-show.ts';

/** Sets up `sallyport approvals list|show|approve|deny`. */
export function setupApprovalsCommand(command: Command, context: CliContext): void {
  apiOptions(command.command('list'))
    .description('list requests for approval that are yours to see, the last one first')
    .option('--status <status>', 'open, approved, denied, expired, voided, consumed or all', 'open')
    .option('--resource <name>', 'name of the resource')
    .option('--limit <count>', 'at most this many', '50')
    .option('--watch', 'go on and tell what happens, until it is stopped')
    .option('--json', 'print JSON; with --watch one line an event')
    .action(async (options: ApprovalsListOptions) => {
      await listApprovalsCommand(options, context);
    });
  apiOptions(command.command('show <id>'))
    .description('show a request with its statement and values; exit code 1 when there is no such request')
    .option('--json', 'print JSON')
    .action(async (id: string, options: ApiOptions & { readonly json?: boolean }) => {
      await showApprovalCommand(id, options, context);
    });
  for (const [verdict, description] of [
    ['approve', 'agree to a request; exit code 1 when it does not count'],
    ['deny', 'refuse a request; exit code 1 when it does not count'],
  ] as const) {
    apiOptions(command.command(`${verdict} <id>`))
      .description(description)
      .option('--comment <text>', 'recorded; with a denial it is told to the agent')
      .option('--digest <digest>', 'only if the request has this digest, as it was shown before')
      .option('--json', 'print JSON')
      .action(async (id: string, options: ApprovalsAnswerOptions) => {
        await answerCommand(id, verdict, options, context);
      });
  }
}
