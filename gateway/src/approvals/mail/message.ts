/** A request as a mail in plain text. Names and the one-line summary, no statement and no values (P5). Pure. */
import type { ApprovalEventType } from '../../model/approval.ts';
import type { ApprovalEvent } from '../event-feed.ts';
import { missingIn } from '../quorum.ts';
import type { ApprovalRequest } from '../request.ts';

/** What the mail says. */
export interface MailText {
  readonly subject: string;
  readonly text: string;
}

const WORDS: Readonly<Record<ApprovalEventType, string>> = {
  requested: 'Waiting for approval',
  answered: 'Answered',
  granted: 'Approved',
  denied: 'Denied',
  consumed: 'Used',
  expired: 'Over',
  voided: 'Void',
  opened: 'EMERGENCY, opened without anybody',
  reviewed: 'Reviewed',
  overdue: 'REVIEW OVERDUE',
};

const MAX_LINE = 500;
const MAX_SUBJECT = 120;
const MAX_LINES = 20;

/**
 * The mail of an event. Whatever the requester had a hand in stays on its line, and leads nowhere.
 * @param console base URL of the console; undefined where there is none
 */
export function mailText(
  { type, request }: Pick<ApprovalEvent, 'type' | 'request'>,
  console: string | undefined,
): MailText {
  const { id, requester, resource, account, view, access, expiresMs } = request;
  const facts: readonly (readonly [name: string, value: string | undefined])[] = [
    ['What', view.summary],
    ['Rows', rowsOf(request)],
    ['Where', `${resource} as ${account}`],
    ['Who', requester.subject],
    ['Agent', requester.agent],
    ['Acts by way of', requester.delegation.map(({ subject }) => subject).join(', ') || undefined],
    ['Run', requester.run],
    ['Reason', access?.justification.replace(/\.(?=\S)/g, '[.]')],
    ['Rules', [...new Set(request.quorums.map(({ rule }) => rule))].join(', ')],
    ['Needs', neededBy(request)],
    ...request.answers
      .slice(0, MAX_LINES)
      .map(({ verdict, by }) => [verdict === 'approve' ? 'Approved by' : 'Denied by', by.subject] as const),
    ['Until', new Date(expiresMs).toISOString()],
    ['Request', id],
  ];
  const lines = facts.flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${plain(value)}`]));
  return {
    subject: `[Sallyport] ${WORDS[type]}: ${plain(view.summary, MAX_SUBJECT)}`,
    text: [
      `${WORDS[type]}.`,
      '',
      ...lines,
      '',
      request.status === 'open' ? 'Look at it and answer, signed in as yourself:' : 'Look at it:',
      placeOf(request, console),
      '',
      'Nothing can be answered by this mail, or by a link alone.',
      '',
    ].join('\r\n'),
  };
}

/** Where people look at it: a page, which asks them to sign in. */
function placeOf({ id, access }: ApprovalRequest, console: string | undefined): string {
  if (console === undefined)
    return `npx sallyport ${access === undefined ? 'approvals' : 'access'} show ${id}`;
  return `${console.replace(/\/$/, '')}/${access === undefined ? `inbox/${id}` : 'access'}`;
}

function rowsOf({ view: { rows } }: ApprovalRequest): string | undefined {
  if (rows?.exact !== undefined) return String(rows.exact);
  return rows?.estimate === undefined ? undefined : `about ${rows.estimate}`;
}

function neededBy({ status, quorums, answers }: ApprovalRequest): string | undefined {
  if (status !== 'open') return undefined;
  const missing = missingIn(quorums, answers);
  const needed = quorums.flatMap(({ groups }, index) =>
    (missing[index] ?? 0) > 0 ? [`${missing[index]} of ${groups.join(', ')}`] : [],
  );
  return needed.length === 0 ? undefined : needed.join('; ');
}

/** One line without controls and marks of direction, in which no client of mail finds an address to link to. */
function plain(text: string, length: number = MAX_LINE): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ')
    .slice(0, length)
    .toWellFormed()
    .replaceAll('://', '[:]//')
    .replace(/\b(www|mailto|tel)([.:])/giu, '$1[$2]')
    .replace(/\.(?=[\p{L}\p{N}-]+[/?#])/gu, '[.]');
}
