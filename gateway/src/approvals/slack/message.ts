/** A request as a message of Slack's Block Kit. Names and the one-line summary, no statement and no values (P5). Pure. */
import type { ApprovalEventType } from '../../model/approval.ts';
import { missingIn, needsComment } from '../quorum.ts';
import type { ApprovalRequest } from '../request.ts';

const WORDS: Readonly<Record<ApprovalEventType, string>> = {
  requested: 'waits for people',
  answered: 'was answered',
  granted: 'was approved',
  denied: 'was denied',
  consumed: 'was used',
  expired: 'is over',
  voided: 'counts no more',
  opened: 'EMERGENCY: was opened without anybody',
  reviewed: 'was reviewed',
  overdue: 'REVIEW OVERDUE',
};

/** Longest text of a block that Slack takes is 3000 characters. */
const MAX_TEXT = 2_000;

/** The message; with buttons as long as an answer counts that needs no comment. */
export function slackMessage(
  type: ApprovalEventType,
  request: ApprovalRequest,
): { readonly text: string; readonly blocks: readonly object[] } {
  const { id, requester, resource, account, view, access, quorums, answers, expiresMs } = request;
  const who =
    requester.agent === undefined ? requester.subject : `${requester.agent} for ${requester.subject}`;
  const text = `${plain(view.summary)} ${WORDS[type]}`;
  const missing = missingIn(quorums, answers);
  const needed = quorums.flatMap(({ groups }, index) =>
    (missing[index] ?? 0) > 0 ? [`${missing[index]} of ${groups.join(', ')}`] : [],
  );
  const lines = [
    `*${plain(view.summary)}* ${WORDS[type]}`,
    `by ${plain(who)} on ${plain(resource)} as ${plain(account)}`,
    ...(access === undefined ? [] : [`why: ${plain(access.justification)}`]),
    ...(request.status === 'open' && needed.length > 0 ? [`needs ${plain(needed.join('; '))}`] : []),
    ...answers.map(
      ({ verdict, by }) => `${verdict === 'approve' ? 'approved' : 'denied'} by ${plain(by.subject)}`,
    ),
  ];
  return {
    text,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: lines.join('\n').slice(0, MAX_TEXT) } },
      {
        type: 'context',
        elements: [{ type: 'mrkdwn', text: `${id}, until ${new Date(expiresMs).toISOString()}` }],
      },
      ...buttons(request),
    ],
  };
}

function buttons({ status, id, digest, quorums }: ApprovalRequest): readonly object[] {
  if (status !== 'open') return [];
  const groups = quorums.flatMap((quorum) => quorum.groups);
  if (needsComment(groups, quorums)) {
    const text = 'The rule asks for a comment: answer in the console, or by the command line.';
    return [{ type: 'context', elements: [{ type: 'mrkdwn', text }] }];
  }
  const button = (verdict: 'approve' | 'deny', label: string, style: string): object => ({
    type: 'button',
    action_id: `sallyport_${verdict}`,
    style,
    text: { type: 'plain_text', text: label },
    // What was looked at: an answer that names another digest does not count.
    value: `${id} ${digest}`,
  });
  return [
    {
      type: 'actions',
      elements: [button('approve', 'Approve', 'primary'), button('deny', 'Deny', 'danger')],
    },
  ];
}

/** Slack's three control characters, and its markup: nothing of a request links, mentions or formats. */
function plain(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[*_~`]/g, (mark) => `\u200b${mark}`)
    .slice(0, 500);
}
