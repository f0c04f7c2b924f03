import { type ApiApproval, approvalPageSchema, approvalSchema } from '../../api/contract/approval.ts';
import type { ApiOptions } from '../api-client.ts';
import { type ApiEvent, followApi } from '../api-events.ts';
import type { CliContext } from '../command.ts';
import { duration, localClock, localTime, localZone } from '../local-time.ts';
import { printable } from '../printable.ts';
import { type Column, fitted, tableHead, tableRow } from '../table.ts';
import { readList } from './pages.ts';
import { missingOf, requesterOf } from './request-fields.ts';

/** Options of `approvals list`. */
export interface ApprovalsListOptions extends ApiOptions {
  readonly status: string;
  readonly resource?: string;
  readonly limit: string;
  readonly watch?: boolean;
  readonly json?: boolean;
}

/** Prints the requests that the caller may see, and with `--watch` what happens to them. */
export async function listApprovalsCommand(
  options: ApprovalsListOptions,
  { io }: CliContext,
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  const approvals = await readApprovals(options);
  if (options.watch !== true) {
    io.stdout.write(
      options.json === true ? `${JSON.stringify(approvals, null, 2)}\n` : tableOf(approvals, io),
    );
    return;
  }
  if (options.json !== true) io.stdout.write(tableOf(approvals, io));
  const onReconnect = (reason: string): unknown =>
    io.stderr.write(`the stream broke off, it is taken up again: ${printable(reason, 200)}\n`);
  for await (const event of followApi(options, '/v1/approvals/events', { signal, onReconnect })) {
    io.stdout.write(options.json === true ? `${JSON.stringify(event)}\n` : lineOf(event));
  }
}

function readApprovals(options: ApprovalsListOptions): Promise<readonly ApiApproval[]> {
  const { status, resource, limit } = options;
  return readList(options, {
    path: '/v1/approvals',
    where: { status: status === 'all' ? undefined : status, resource },
    limit,
    read: (body) => {
      const { approvals, nextCursor } = approvalPageSchema.parse(body);
      return { items: approvals, nextCursor };
    },
  });
}

function tableOf(approvals: readonly ApiApproval[], io: CliContext['io']): string {
  if (approvals.length === 0) return 'no requests\n';
  const columns: readonly Column[] = [
    { title: 'APPROVAL', width: 40 },
    { title: `ASKED (${localZone()})`, width: 40 },
    { title: 'LEFT', width: 12, align: 'right' },
    { title: 'STATUS', width: 12 },
    { title: 'REQUESTER', width: 40 },
    { title: 'RESOURCE', width: 40 },
    { title: 'MISSING', width: 40 },
    { title: 'WHAT', width: 80 },
  ];
  const rows = approvals.map((one) => [
    one.id,
    localTime(one.createdAt),
    one.remainingMs > 0 ? duration(one.remainingMs) : '',
    one.status,
    requesterOf(one),
    `${one.account}@${one.resource}`,
    missingOf(one),
    one.summary,
  ]);
  const fit = fitted(columns, rows);
  return tableHead(fit, io) + rows.map((cells) => tableRow(fit, cells)).join('');
}

function lineOf({ event, data }: ApiEvent): string {
  if (event === 'ready') return '';
  if (event === 'reset') return 'some events were missed: list again\n';
  const one = approvalSchema.safeParse(data);
  if (!one.success) return '';
  const { id, summary, answers } = one.data;
  const by =
    event === 'answered' || event === 'denied' ? (answers.at(-1)?.by?.subject ?? '') : requesterOf(one.data);
  const what = [id, event, printable(by, 60), printable(summary, 100)].join('  ');
  return `${localClock(new Date().toISOString())}  ${what}\n`;
}
