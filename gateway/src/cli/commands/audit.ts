import type { Command } from 'commander';
import type { CliContext } from '../command.ts';
import { type DataFolderOptions, dataFolderOf, dataFolderOptions } from '../data-folder.ts';
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
}
