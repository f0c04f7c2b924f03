/** One request for access: who, to what, for how long, why; and what can be done about it. */
import { Alert, Button, Group, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { ApiAccessRequest, ApiAccessStatus } from '../../../../gateway/src/api/contract/access.ts';
import { ask } from '../../api/ask.ts';
import { useViewer } from '../../app/viewer.tsx';
import type { IconName } from '../../design/icons.tsx';
import { Ago, durationText, fullTime } from '../../design/moments.tsx';
import pieces from '../../design/pieces.module.css';
import { Facts, Mono, Panel, Tag, type Tone } from '../../design/pieces.tsx';
import { VisibleText } from '../../design/visible-text.tsx';
import { AnswerForm } from '../inbox/answer-form.tsx';
import { Countdown } from '../inbox/countdown.tsx';

const STATES: Readonly<Record<ApiAccessStatus, readonly [Tone, IconName, string]>> = {
  open: ['wait', 'clock', 'waits'],
  approved: ['good', 'check', 'granted'],
  denied: ['bad', 'cross', 'denied'],
  expired: ['plain', 'clock', 'over'],
  voided: ['plain', 'cross', 'ended'],
};

/** A card. */
export function AccessCard({ request }: { readonly request: ApiAccessRequest }): ReactNode {
  const [tone, icon, word] = STATES[request.status];
  return (
    <Panel
      aside={
        request.status === 'open' || request.status === 'approved' ? (
          <Countdown until={request.expiresAt} />
        ) : (
          <Ago at={request.closedAt ?? request.createdAt} />
        )
      }
      isFlush
      title={
        <Group gap="sm">
          <Tag icon={icon} tone={tone}>
            {word}
          </Tag>
          {request.breakGlass ? (
            <Tag icon="alert" tone="bad">
              emergency
            </Tag>
          ) : null}
          <VisibleText>{`${request.requester.subject} to ${request.resource}`}</VisibleText>
        </Group>
      }
    >
      <Stack className={pieces.panelBody} gap="md">
        <p className={pieces.pageText}>
          “<VisibleText>{request.justification}</VisibleText>”
        </p>
        <AccessFacts request={request} />
        <Said request={request} />
        <Owed request={request} />
      </Stack>
      {request.status === 'open' ? (
        <AnswerForm
          approval={request}
          gives="Agreed. When all have agreed, it is open for the time that was asked."
          path={`/v1/access-requests/${request.id}`}
          verb="Grant"
        />
      ) : null}
    </Panel>
  );
}

function AccessFacts({ request }: { readonly request: ApiAccessRequest }): ReactNode {
  const only = Object.entries(request.only).map(([name, patterns]) => `${name}: ${patterns.join(', ')}`);
  const facts: (readonly [string, ReactNode])[] = [
    [
      'May then',
      <VisibleText key="may">{request.rules.map(({ phrase, id }) => phrase || id).join('; ')}</VisibleText>,
    ],
    ['For', durationText(request.durationMs)],
    ['With the account', <Mono key="account">{request.account}</Mono>],
    ['Asked', fullTime(request.createdAt)],
  ];
  if (only.length > 0) facts.push(['Only', <Mono key="only">{only.join('; ')}</Mono>]);
  if (request.window !== undefined) {
    facts.push(['Open', `${fullTime(request.window.from)} to ${fullTime(request.window.until)}`]);
  }
  for (const { rule, groups, count, missing } of request.quorums) {
    const who = groups.join(' or ');
    // An emergency waited for nobody: they look at it afterwards.
    if (request.breakGlass) facts.push([`Reviewed, for ${rule}, by`, who]);
    else facts.push([`Has to agree, by ${rule}`, `${who}: ${count - missing} of ${count}`]);
  }
  return <Facts facts={facts} />;
}

/** Who answered, and who looked at an emergency. */
function Said({
  request: { answers, review, reason, status },
}: {
  readonly request: ApiAccessRequest;
}): ReactNode {
  return (
    <>
      {answers.map(({ verdict, by, comment, at }) => (
        <Group gap="sm" key={at}>
          <Tag icon={verdict === 'approve' ? 'check' : 'cross'} tone={verdict === 'approve' ? 'good' : 'bad'}>
            {verdict === 'approve' ? 'agreed' : 'denied'}
          </Tag>
          <Comment by={by?.subject ?? 'an approver'} text={comment} />
          <Ago at={at} />
        </Group>
      ))}
      {review === undefined ? null : (
        <Group gap="sm">
          <Tag icon="person" tone={review.state === 'closed' ? 'good' : review.overdue ? 'bad' : 'wait'}>
            {review.state === 'closed' ? 'reviewed' : review.overdue ? 'review overdue' : 'review owed'}
          </Tag>
          {review.state === 'closed' ? (
            <Comment by={review.by?.subject ?? 'an approver'} text={review.comment} />
          ) : (
            <span>until {fullTime(review.dueAt)}</span>
          )}
        </Group>
      )}
      {status === 'voided' && reason !== undefined ? (
        <p className={pieces.note}>
          <VisibleText>{reason}</VisibleText>
        </p>
      ) : null}
    </>
  );
}

function Comment({ by, text }: { readonly by: string; readonly text: string | undefined }): ReactNode {
  return (
    <span>
      <VisibleText>{text === undefined ? by : `${by}: “${text}”`}</VisibleText>
    </span>
  );
}

/** Ends it, or looks at an emergency. */
function Owed({ request }: { readonly request: ApiAccessRequest }): ReactNode {
  const { isAdmin, principal } = useViewer();
  const [comment, setComment] = useState('');
  const client = useQueryClient();
  const act = useMutation({
    mutationFn: (what: 'revoke' | 'review') =>
      ask<unknown>(`/v1/access-requests/${request.id}/${what}`, {
        body: what === 'review' ? { comment: comment.trim() } : {},
      }),
    onSettled: () => client.invalidateQueries({ queryKey: ['access'] }),
  });
  const isOwn =
    principal.subject === request.requester.subject && principal.issuer === request.requester.issuer;
  const mayOpen = request.quorums.some(({ groups }) =>
    groups.some((group) => principal.groups.includes(group)),
  );
  const isRunning = request.status === 'approved' || (request.status === 'open' && (isAdmin || isOwn));
  const canEnd = isRunning && (isAdmin || isOwn || mayOpen);
  const isReviewOpen = request.review?.state === 'open' && !isOwn;
  if (!canEnd && !isReviewOpen) return null;
  return (
    <Stack gap="sm">
      {act.error === null ? null : (
        <Alert color="red" variant="light">
          {act.error.message}
        </Alert>
      )}
      {isReviewOpen ? (
        <Group align="flex-end">
          <TextInput
            flex={1}
            label="Somebody has to look at this emergency: was it in order, and why?"
            maxLength={300}
            onChange={({ currentTarget }) => setComment(currentTarget.value)}
            value={comment}
          />
          <Button
            disabled={comment.trim() === ''}
            loading={act.isPending}
            onClick={() => act.mutate('review')}
          >
            Close the review
          </Button>
        </Group>
      ) : null}
      {canEnd ? (
        <Group>
          <Button
            color="red"
            loading={act.isPending}
            onClick={() => act.mutate('revoke')}
            size="xs"
            variant="light"
          >
            {request.status === 'open' ? 'Withdraw' : 'End access now'}
          </Button>
        </Group>
      ) : null}
    </Stack>
  );
}
