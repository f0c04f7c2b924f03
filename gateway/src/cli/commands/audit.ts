import { type Command, Option } from 'commander';
import type { CliContext } from '../command.ts';
import { type DataFolderOptions, dataFolderOf, dataFolderOptions } from '../data-folder.ts';
import { type AuditExportOptions, exportAuditCommand } from './audit-export.ts';
import { type AuditVerifyOptions, verifyCommand } from './audit-verify.ts';

/** Sets up `sallyport audit verify`. */
export function setupAuditCommand(command: Command, context: CliContext): void {
  dataFolderOptions(command.command('verify'))
    .description(
      'prove that the audit log is as it was written; exit code 1 when it is not, 2 when it cannot be read',
    )
    .option(
      '--anchor <seq:hash>',
      'a head printed earlier and kept elsewhere: the log must still hold that record',
    )
    .option('--public-key <file>', 'a copy of audit-signing.pub kept elsewhere')
    .option('--json', 'print JSON')
    .action(async (options: AuditVerifyOptions & DataFolderOptions) => {
      await verifyCommand(await dataFolderOf(options), options, context);
    });
  dataFolderOptions(command.command('export'))
    .description('print the audit, one line of JSON a record; it may run while the gateway does')
    .addOption(
      new Option('--format <format>', 'OCSF events, or the records as they are')
        .choices(['ocsf', 'jsonl'])
        .default('ocsf'),
    )
    .option('--after <seq>', 'only records behind this one')
    .action(async (options: AuditExportOptions & DataFolderOptions) => {
      await exportAuditCommand(await dataFolderOf(options), options, context);
    });
}
