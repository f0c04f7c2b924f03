import { readAudit } from '../../audit/read-audit.ts';
import { ExportLines } from '../../audit-export/export-lines.ts';
import type { CliContext } from '../command.ts';
import { CliError } from '../errors.ts';
import { printable } from '../printable.ts';

/** Options of `audit export`. */
export interface AuditExportOptions {
  readonly format: 'ocsf' | 'jsonl';
  readonly after?: string;
}

/** Prints the records of a data folder, once; a gateway that runs may go on writing. @throws CliError */
export async function exportAuditCommand(
  folder: string,
  { format, after = '0' }: AuditExportOptions,
  { io }: CliContext,
): Promise<void> {
  if (!/^\d{1,15}$/.test(after))
    throw new CliError(
      'ERR_CLI_USAGE',
      `\`--after\` wants the number of a record, got \`${printable(after, 80)}\``,
    );
  const lines = new ExportLines(format, folder);
  for await (const record of readAudit(folder)) {
    if (record.seq <= Number(after)) {
      // What comes before tells what comes behind it.
      lines.pass(record);
      continue;
    }
    const line = await lines.lineOf(record);
    if (line !== undefined) io.stdout.write(`${line.text}\n`);
  }
}
