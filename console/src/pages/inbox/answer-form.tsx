/** Agree or refuse. What is answered is exactly what was read: the answer names its digest. */
import { Alert, Button, Group, Kbd, Textarea } from '@mantine/core';
import { getHotkeyHandler, useHotkeys } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useRef, useState } from 'react';
import type { ApiAnswer, ApiQuorum, ApprovalReply } from '../../../../gateway/src/api/contract/approval.ts';
import { ask } from '../../api/ask.ts';
import { useViewer } from '../../app/viewer.tsx';
import { Icon } from '../../design/icons.tsx';
import classes from './inbox.module.css';

/** Why somebody may not answer, in words. */
const CANNOT: Readonly<Record<string, string>> = {
  ERR_APPROVALS_SELF: 'You asked for this yourself, so others have to agree.',
  ERR_APPROVALS_DELEGATED: 'You act for somebody here. A person answers with a sign-in of their own.',
  ERR_APPROVALS_NOT_APPROVER: 'Your groups are not among those that may agree.',
  ERR_APPROVALS_CLOSED: 'You have answered already, or it is no longer open.',
};

/** What is answered. */
export interface Answerable {
  readonly digest: string;
  readonly status: string;
  readonly canAnswer: boolean;
  readonly cannotAnswer?: string | undefined;
  readonly quorums: readonly ApiQuorum[];
  readonly answers: readonly ApiAnswer[];
}

/** The comment and two buttons; `a` and `d` by keyboard. */
export function AnswerForm(props: {
  /** The request's own path in the API. */
  readonly path: string;
  readonly approval: Answerable;
  /** What an approval gives. */
  readonly gives: string;
  readonly verb: string;
  /** It is the only one on its page: keys are its own. */
  readonly hasKeys?: boolean;
}): ReactNode {
  const { approval, path, gives, verb, hasKeys = false } = props;
  const [comment, setComment] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  const answer = useAnswer({ approval, path, gives, comment });
  const { canAgree, isSilent } = useStanding(approval, comment);
  const focus = (): void => field.current?.focus();
  useHotkeys(
    hasKeys && canAgree && approval.canAnswer
      ? [
          ['a', focus],
          ['d', focus],
        ]
      : [],
  );
  if (!approval.canAnswer) {
    const reason = CANNOT[approval.cannotAnswer ?? ''] ?? 'You cannot answer this request now.';
    return <div className={classes.answerBar}>{reason}</div>;
  }
  return (
    <div className={classes.answerBar}>
      {answer.error === null ? null : (
        <Alert color="red" mb="sm" variant="light">
          {answer.error.message}
        </Alert>
      )}
      <Textarea
        aria-label="Comment"
        autosize
        maxLength={300}
        maxRows={4}
        mb="sm"
        minRows={1}
        onChange={({ currentTarget }) => setComment(currentTarget.value)}
        onKeyDown={getHotkeyHandler([
          ['mod+Enter', () => (isSilent || !canAgree ? undefined : answer.mutate('approve'))],
          ['mod+Backspace', () => answer.mutate('deny')],
        ])}
        placeholder={
          wantsComment(approval)
            ? 'A comment, which this rule wants.'
            : 'A comment, for the record. Whoever asked is told why you deny.'
        }
        ref={field}
        value={comment}
      />
      <Group justify="space-between">
        <Group gap="sm">
          {canAgree ? (
            <Button
              disabled={isSilent}
              leftSection={<Icon name="check" size={16} />}
              loading={answer.isPending}
              onClick={() => answer.mutate('approve')}
            >
              {verb}
            </Button>
          ) : null}
          <Button
            color="red"
            leftSection={<Icon name="cross" size={16} />}
            loading={answer.isPending}
            onClick={() => answer.mutate('deny')}
            variant="light"
          >
            {canAgree ? 'Deny' : 'Deny after all'}
          </Button>
        </Group>
        {hasKeys && canAgree ? <Keys /> : null}
        {approval.status === 'open' && !canAgree ? <span>You agreed; others have to as well.</span> : null}
      </Group>
    </div>
  );
}

/** Whether the viewer may still agree, and whether a comment is missing for it. */
function useStanding(
  approval: Answerable,
  comment: string,
): { readonly canAgree: boolean; readonly isSilent: boolean } {
  const { principal } = useViewer();
  const hasAgreed = approval.answers.some(
    ({ by, verdict }) => verdict === 'approve' && by?.subject === principal.subject,
  );
  return {
    canAgree: approval.status === 'open' && !hasAgreed,
    isSilent: wantsComment(approval) && comment.trim() === '',
  };
}

function wantsComment({ quorums }: Answerable): boolean {
  return quorums.some((quorum) => quorum.comment === 'required');
}

/** Sends an answer, and says what it led to. */
function useAnswer(props: {
  readonly approval: Answerable;
  readonly path: string;
  readonly gives: string;
  readonly comment: string;
}): UseMutationResult<unknown, Error, 'approve' | 'deny'> {
  const { approval, path, gives, comment } = props;
  const client = useQueryClient();
  return useMutation({
    mutationFn: (verdict: 'approve' | 'deny') => {
      const text = comment.replaceAll(/\s+/g, ' ').trim();
      const body: ApprovalReply = { digest: approval.digest, ...(text === '' ? {} : { comment: text }) };
      return ask<unknown>(`${path}/${verdict}`, { body });
    },
    onSuccess: (_, verdict) => {
      const isApproval = verdict === 'approve';
      notifications.show({
        color: isApproval ? 'green' : 'red',
        message: isApproval ? gives : 'Denied. The agent is told.',
      });
    },
    onSettled: () =>
      Promise.all(['approvals', 'access'].map((key) => client.invalidateQueries({ queryKey: [key] }))),
  });
}

function Keys(): ReactNode {
  return (
    <span className={classes.keys}>
      <span>
        <Kbd size="xs">j</Kbd> <Kbd size="xs">k</Kbd> next, before
      </span>
      <span>
        <Kbd size="xs">a</Kbd> comment, <Kbd size="xs">Ctrl</Kbd> <Kbd size="xs">Enter</Kbd> approves
      </span>
    </span>
  );
}
