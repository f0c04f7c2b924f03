/** How requests that people answer are told of, whatever they ask for. */
import type { ApiApproval } from '../../api/contract/approval.ts';
import { localTime } from '../local-time.ts';

/** A line of a request that is shown in full. */
export type Field = readonly [name: string, value: string];

/** Who asks, through which agent. */
export function requesterOf({ requester }: Pick<ApiApproval, 'requester'>): string {
  const { agent, subject } = requester;
  return agent === undefined || agent === subject ? subject : `${agent} for ${subject}`;
}

/** Who has to agree yet: `1 of dba; 2 of sec, ops`. */
export function missingOf({ status, quorums }: Pick<ApiApproval, 'status' | 'quorums'>): string {
  if (status !== 'open') return '';
  return quorums
    .filter(({ missing }) => missing > 0)
    .map(({ missing, groups }) => `${missing} of ${groups.join(', ')}`)
    .join('; ');
}

/** Who asks, on whose behalf and in which run. */
export function requesterFields(one: Pick<ApiApproval, 'requester'>): readonly Field[] {
  const { delegation, run } = one.requester;
  return [
    ['requester', requesterOf(one)],
    ...(delegation.length === 0
      ? []
      : [['through', delegation.map(({ subject }) => subject).join(' ← ')] as const]),
    ...(run === undefined ? [] : [['run', run] as const]),
  ];
}

/** Who has to answer yet, who did, and whether the caller may. */
export function answerFields(
  one: Pick<ApiApproval, 'status' | 'quorums' | 'answers' | 'canAnswer' | 'cannotAnswer'>,
): readonly Field[] {
  return [
    ...(missingOf(one) === '' ? [] : [['missing', missingOf(one)] as const]),
    ...one.answers.map(
      ({ verdict, by, at, comment }) =>
        [
          verdict === 'approve' ? 'approved' : 'denied',
          `${by?.subject ?? ''} ${localTime(at)}${comment === undefined ? '' : `: ${comment}`}`,
        ] as const,
    ),
    ...(one.canAnswer ? [] : [['you', `cannot answer it (${one.cannotAnswer ?? ''})`] as const]),
  ];
}
