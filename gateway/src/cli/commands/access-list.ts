import { type ApiAccessRequest, accessPageSchema, accessRulesSchema } from '../../api/contract/access.ts';
import { type ApiOptions, getFromApi, refusedByApi } from '../api-client.ts';
import type { CliContext } from '../command.ts';
import { duration, localTime, localZone } from '../local-time.ts';
import { type Column, fitted, tableHead, tableRow } from '../table.ts';
import { readList } from './pages.ts';
import { missingOf, requesterOf } from './request-fields.ts';

/** Options of `access list`. */
export interface AccessListOptions extends ApiOptions {
  readonly status: string;
  readonly review?: string;
  readonly resource?: string;
  readonly limit: string;
  readonly json?: boolean;
}

/** Prints the requests for access that the caller may see. */
export async function listAccessCommand(options: AccessListOptions, { io }: CliContext): Promise<void> {
  const requests = await readRequests(options);
  if (options.json === true) {
    io.stdout.write(`${JSON.stringify(requests, null, 2)}\n`);
    return;
  }
  const columns: readonly Column[] = [
    { title: 'ACCESS', width: 40 },
    { title: `ASKED (${localZone()})`, width: 40 },
    { title: 'LEFT', width: 12, align: 'right' },
    { title: 'STATUS', width: 12 },
    { title: 'REQUESTER', width: 40 },
    { title: 'RESOURCE', width: 40 },
    { title: 'RULES', width: 60 },
    { title: 'MISSING', width: 40 },
    { title: 'REVIEW', width: 12 },
  ];
  const rows = requests.map((one) => [
    one.id,
    localTime(one.createdAt),
    one.remainingMs > 0 ? duration(one.remainingMs) : '',
    one.status,
    requesterOf(one),
    `${one.account}@${one.resource}`,
    one.rules.map(({ id }) => id).join(', '),
    missingOf(one),
    reviewOf(one),
  ]);
  print(io, columns, rows);
}

/** Prints what may be opened to the caller. */
export async function listAccessRulesCommand(
  options: ApiOptions & { readonly resource?: string; readonly json?: boolean },
  { io }: CliContext,
): Promise<void> {
  const query =
    options.resource === undefined
      ? ''
      : `?${new URLSearchParams({ resource: options.resource }).toString()}`;
  const answer = await getFromApi(options, `/v1/access-rules${query}`);
  if (!answer.ok) throw refusedByApi(answer);
  const { rules } = accessRulesSchema.parse(answer.body);
  if (options.json === true) {
    io.stdout.write(`${JSON.stringify(rules, null, 2)}\n`);
    return;
  }
  const columns: readonly Column[] = [
    { title: 'RULE', width: 40 },
    { title: 'RESOURCE', width: 40 },
    { title: 'UP TO', width: 12 },
    { title: 'OPENED BY', width: 40 },
    { title: 'EMERGENCY', width: 9 },
    { title: 'WHAT', width: 80 },
  ];
  const rows = rules.map((one) => [
    one.rule,
    `${one.account}@${one.resource}`,
    duration(one.upToMs),
    `${one.count} of ${one.by.join(', ')}`,
    one.breakGlass ? 'you' : '',
    one.description ?? one.phrase,
  ]);
  print(io, columns, rows);
}

function print(io: CliContext['io'], columns: readonly Column[], rows: readonly (readonly string[])[]): void {
  if (rows.length === 0) {
    io.stdout.write('nothing\n');
    return;
  }
  const fit = fitted(columns, rows);
  io.stdout.write(tableHead(fit, io) + rows.map((cells) => tableRow(fit, cells)).join(''));
}

function readRequests(options: AccessListOptions): Promise<readonly ApiAccessRequest[]> {
  const { status, review, resource, limit } = options;
  return readList(options, {
    path: '/v1/access-requests',
    where: { status: status === 'all' ? undefined : status, review, resource },
    limit,
    read: (body) => {
      const { requests, nextCursor } = accessPageSchema.parse(body);
      return { items: requests, nextCursor };
    },
  });
}

function reviewOf({ review }: ApiAccessRequest): string {
  if (review === undefined || review.state === 'closed') return review?.state ?? '';
  return review.overdue ? 'overdue' : 'open';
}
