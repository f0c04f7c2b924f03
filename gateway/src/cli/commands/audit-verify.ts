import type { AuditReport } from '../../audit/audit-report.ts';
import type { ChainHead } from '../../audit/record.ts';
import { verifyAudit } from '../../audit/verify-audit.ts';
import type { CliContext } from '../command.ts';
import { CliError } from '../errors.ts';
import { localTime, localZone } from '../local-time.ts';
import { printable } from '../printable.ts';

/** Options of `audit verify`. */
export interface AuditVerifyOptions {
  readonly anchor?: string;
  readonly publicKey?: string;
  readonly json?: boolean;
}

/** Verifies the log of a data folder and prints what was found; exit code 1 when it is broken. */
export async function verifyCommand(
  folder: string,
  { anchor, publicKey, json }: AuditVerifyOptions,
  { io, setExitCode }: CliContext,
): Promise<void> {
  const report = await verifyAudit(folder, {
    ...(anchor === undefined ? {} : { anchor: parseAnchor(anchor) }),
    ...(publicKey === undefined ? {} : { publicKey }),
  });
  setExitCode(report.ok ? 0 : 1);
  io.stdout.write(json === true ? `${JSON.stringify(report, null, 2)}\n` : reportText(report));
}

function parseAnchor(text: string): ChainHead {
  const [, seq = '', hash = ''] = /^([1-9][0-9]{0,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (hash === '') {
    throw new CliError(
      'ERR_CLI_USAGE',
      `\`--anchor\` wants \`seq:hash\` as \`audit verify\` prints it, got \`${printable(text, 80)}\``,
    );
  }
  return { seq: Number(seq), hash };
}

function reportText(report: AuditReport): string {
  const { head, findings, furtherFindings } = report;
  const lines = findings.map(
    ({ file, line, kind, message }) => `${file}:${line}: ${kind}: ${printable(message, 1000)}`,
  );
  if (furtherFindings > 0) lines.push(`and ${furtherFindings} more`);
  const count = findings.length + furtherFindings;
  const span =
    report.firstAt === ''
      ? ''
      : `, ${localTime(report.firstAt)} to ${localTime(report.lastAt)} ${localZone()}`;
  lines.push(
    `${report.ok ? 'ok' : `FAIL: ${count} finding${count === 1 ? '' : 's'}`}: ${report.records} records in ${report.segments} segments${span}`,
    `signed by key ${report.keyId} up to record ${report.signedTo}, ${report.checkpoints} checkpoints`,
    `head ${head.seq}:${head.hash}`,
    '     keep it where the gateway cannot write; --anchor with it finds any later cut or rewrite of what is proved now',
    ...report.notes.map((note) => `note: ${note}`),
  );
  return `${lines.join('\n')}\n`;
}
