import type { Command } from 'commander';
import { type ApiOptions, apiOptions } from '../api-client.ts';
import type { CliContext } from '../command.ts';
import { type AccessActOptions, actOnAccessCommand } from './access-act.ts';
import { type AccessListOptions, listAccessCommand, listAccessRulesCommand } from './access-list.ts';
import { type AccessRequestOptions, requestAccessCommand } from './access-request.ts';
import { showAccessCommand } from './access-show.ts';

/** Sets up `sallyport access rules|request|list|show|approve|deny|revoke|review`. */
export function setupAccessCommand(command: Command, context: CliContext): void {
  apiOptions(command.command('rules'))
    .description('list what may be opened to you for a time')
    .option('--resource <name>', 'name of the resource')
    .option('--json', 'print JSON')
    .action(async (options: ApiOptions & { readonly resource?: string; readonly json?: boolean }) => {
      await listAccessRulesCommand(options, context);
    });
  apiOptions(command.command('request <resource>'))
    .description('ask for access to a resource for a time; exit code 1 when the policy does not let you')
    .requiredOption('--for <time>', 'how long: `30m`, `4h`')
    .requiredOption('--why <text>', 'justification: approvers read it, and it is recorded')
    .option('--rule <id...>', 'rules to open; default: all that may be opened to you there')
    .option('--only <key=pattern...>', 'narrower than the rules: `tables=public.orders`')
    .option('--account <name>', 'default: that of the resource')
    .option('--start <time>', 'when it begins, ISO 8601; default: when it is approved')
    .option('--break-glass', 'an emergency: open it at once; it is told, and reviewed afterwards')
    .option('--json', 'print JSON')
    .action(async (resource: string, options: AccessRequestOptions) => {
      await requestAccessCommand(resource, options, context);
    });
  apiOptions(command.command('list'))
    .description('list requests for access that are yours to see, the last one first')
    .option('--status <status>', 'open, approved, denied, expired, voided or all', 'all')
    .option('--review <state>', 'only emergencies whose review is open, or closed')
    .option('--resource <name>', 'name of the resource')
    .option('--limit <count>', 'at most this many', '50')
    .option('--json', 'print JSON')
    .action(async (options: AccessListOptions) => {
      await listAccessCommand(options, context);
    });
  apiOptions(command.command('show <id>'))
    .description('show a request for access; exit code 1 when there is no such request')
    .option('--json', 'print JSON')
    .action(async (id: string, options: ApiOptions & { readonly json?: boolean }) => {
      await showAccessCommand(id, options, context);
    });
  for (const [act, description] of [
    ['approve', 'agree to a request; exit code 1 when it does not count'],
    ['deny', 'refuse a request; exit code 1 when it does not count'],
    ['revoke', 'end a window at once, or withdraw a request'],
    ['review', 'close the review of what was opened in an emergency; wants a comment'],
  ] as const) {
    apiOptions(command.command(`${act} <id>`))
      .description(description)
      .option('--comment <text>', 'recorded')
      .option('--digest <digest>', 'only if the request has this digest, as it was shown before')
      .option('--json', 'print JSON')
      .action(async (id: string, options: AccessActOptions) => {
        await actOnAccessCommand(id, act, options, context);
      });
  }
}
