import { type ApiAccessRequest, accessRequestSchema } from '../../api/contract/access.ts';
import { type ApiOptions, getFromApi, refusedByApi } from '../api-client.ts';
import type { CliContext } from '../command.ts';
import { duration, localTime } from '../local-time.ts';
import { printable } from '../printable.ts';
import { answerFields, type Field, requesterFields } from './request-fields.ts';

/** Prints a request in full; exit code 1 when there is none that the caller may see. */
export async function showAccessCommand(
  id: string,
  options: ApiOptions & { readonly json?: boolean },
  { io, setExitCode }: CliContext,
): Promise<void> {
  const found = await readAccess(id, options);
  if (found === undefined) {
    io.stderr.write(`there is no request ${printable(id, 80)}, or it is not for you to see\n`);
    setExitCode(1);
    return;
  }
  io.stdout.write(options.json === true ? `${JSON.stringify(found, null, 2)}\n` : textOf(found));
}

/** A request; `undefined` when there is none that the caller may see. @throws CliError */
export async function readAccess(id: string, options: ApiOptions): Promise<ApiAccessRequest | undefined> {
  const answer = await getFromApi(options, `/v1/access-requests/${encodeURIComponent(id)}`);
  if (answer.ok) return accessRequestSchema.parse(answer.body);
  if (answer.code === 'ERR_APPROVALS_UNKNOWN') return undefined;
  throw refusedByApi(answer);
}

/** Where it stands, in words: `open until 2026-11-27 18:00:00`. */
export function statusOf({ status, window, expiresAt, reason }: ApiAccessRequest): string {
  if (status === 'approved' && window !== undefined) {
    return `open from ${localTime(window.from)} until ${localTime(window.until)}`;
  }
  if (status === 'open') return `waits for people until ${localTime(expiresAt)}`;
  return reason === undefined ? status : `${status}: ${printable(reason, 200)}`;
}

function textOf(one: ApiAccessRequest): string {
  const { review } = one;
  const fields: readonly Field[] = [
    ['access', one.id],
    ['status', statusOf(one)],
    ...requesterFields(one),
    ['resource', `${one.resource} as ${one.account}`],
    ['for', duration(one.durationMs)],
    ...(one.start === undefined ? [] : [['start', localTime(one.start)] as const]),
    ['why', one.justification],
    ...(one.breakGlass ? [['emergency', 'opened without anybody'] as const] : []),
    ...one.rules.map(({ id, phrase }) => ['opens', `${id}: ${phrase}`] as const),
    ...Object.entries(one.only).map(([key, patterns]) => ['only', `${key}: ${patterns.join(', ')}`] as const),
    ['asked', localTime(one.createdAt)],
    ['policy', one.policy.commit ?? one.policy.hash],
    ['digest', one.digest],
    ...answerFields(one),
    ...(review === undefined
      ? []
      : [
          [
            'review',
            review.state === 'closed'
              ? `by ${review.by?.subject ?? ''} ${localTime(review.at ?? '')}: ${review.comment ?? ''}`
              : `${review.overdue ? 'OVERDUE since' : 'due by'} ${localTime(review.dueAt)}`,
          ] as const,
        ]),
  ];
  return fields.map(([name, value]) => `${name.padEnd(11)}${printable(value, 600)}\n`).join('');
}
