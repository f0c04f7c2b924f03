import {
  type ApiApprovalDetail,
  type ApiRowPreview,
  approvalDetailSchema,
} from '../../api/contract/approval.ts';
import { type ApiOptions, getFromApi, refusedByApi } from '../api-client.ts';
import type { CliContext } from '../command.ts';
import { duration, localTime } from '../local-time.ts';
import { printable } from '../printable.ts';
import { answerFields, type Field, requesterFields } from './request-fields.ts';

/** Prints a request in full; exit code 1 when there is none that the caller may see. */
export async function showApprovalCommand(
  id: string,
  options: ApiOptions & { readonly json?: boolean },
  { io, setExitCode }: CliContext,
): Promise<void> {
  const found = await readApproval(id, options);
  if (found === undefined) {
    io.stderr.write(`there is no request ${printable(id, 80)}, or it is not for you to see\n`);
    setExitCode(1);
    return;
  }
  io.stdout.write(options.json === true ? `${JSON.stringify(found, null, 2)}\n` : textOf(found));
}

/** A request; `undefined` when there is none that the caller may see. @throws CliError */
export async function readApproval(id: string, options: ApiOptions): Promise<ApiApprovalDetail | undefined> {
  const answer = await getFromApi(options, `/v1/approvals/${encodeURIComponent(id)}`);
  if (answer.ok) return approvalDetailSchema.parse(answer.body);
  if (answer.code === 'ERR_APPROVALS_UNKNOWN') return undefined;
  throw refusedByApi(answer);
}

function textOf(one: ApiApprovalDetail): string {
  const left = one.remainingMs > 0 ? `, ${duration(one.remainingMs)} left` : '';
  const fields: readonly Field[] = [
    ['approval', one.id],
    ['status', `${one.status}${left}${one.reason === undefined ? '' : `: ${one.reason}`}`],
    ...requesterFields(one),
    ['resource', `${one.resource}, ${one.target} as ${one.account}`],
    ['asked', localTime(one.createdAt)],
    ['expires', localTime(one.expiresAt)],
    ['session', `${one.session}, decision ${one.decision}`],
    ['policy', one.policy.commit ?? one.policy.hash],
    ['digest', one.digest],
    ...one.quorums.map(
      ({ rule, groups, count }) => ['needs', `${count} of ${groups.join(', ')} (rule ${rule})`] as const,
    ),
    ...answerFields(one),
  ];
  const head = fields.map(([name, value]) => `${name.padEnd(11)}${printable(value, 400)}\n`).join('');
  const parts = [statementOf(one), parametersOf(one), effectsOf(one), beforeOf(one)];
  return `${head}\n${printable(one.summary, 500)}\n${parts.join('')}`;
}

/** What it would do. */
function effectsOf({ effects, rows }: ApiApprovalDetail): string {
  const lines = effects.map((one) => {
    const bound = one.boundedByKey ? 'one key' : one.hasWhere ? 'with WHERE' : 'every row';
    const written = [...one.writtenTables, ...one.writtenColumns].join(', ');
    const what = written === '' ? one.readTables.join(', ') : written;
    return `  ${printable(`${one.kind} ${what}`, 400)}${one.rowChanges === 'none' ? '' : ` (${bound})`}\n`;
  });
  if (rows !== undefined) lines.push(`  rows: ${printable(rowsText(rows), 200)}\n`);
  return lines.length === 0 ? '' : `\nwould do\n${lines.join('')}`;
}

function rowsText({ exact, estimate, unavailable }: ApiRowPreview): string {
  if (exact !== undefined) return `${exact}, counted by running it and rolling back`;
  return estimate === undefined ? `not known: ${unavailable ?? ''}` : `about ${estimate}, by the planner`;
}

function beforeOf({ before }: ApiApprovalDetail): string {
  const lines = before.map(
    ({ at, effect, resource, summary }) =>
      `  ${localTime(at)}  ${effect === 'permit' ? 'permitted' : 'denied   '}  ${printable(resource, 63)}  ${printable(summary, 200)}\n`,
  );
  return lines.length === 0 ? '' : `\nthe run did before\n${lines.join('')}`;
}

/** Line by line, so that nothing in it moves the cursor and it can still be read. */
function statementOf({ text, textLength }: ApiApprovalDetail): string {
  const lines = text.split('\n').map((line) => `  ${printable(line)}\n`);
  const cut =
    textLength > text.length ? [`  … cut: ${text.length} of ${textLength} characters are shown\n`] : [];
  return [...lines, ...cut].join('');
}

function parametersOf({ parameters, furtherParameters }: ApiApprovalDetail): string {
  const lines = parameters.map(({ type, value, sensitive, truncated }, index) => {
    const shown = sensitive
      ? '(sensitive)'
      : value === null || value === undefined
        ? 'NULL'
        : printable(value, 300);
    return `  $${index + 1} ${printable(type, 60)} = ${shown}${truncated ? ' … cut' : ''}\n`;
  });
  if (furtherParameters > 0) lines.push(`  … and ${furtherParameters} more\n`);
  return lines.join('');
}
