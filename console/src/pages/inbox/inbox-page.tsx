/** What waits for people, as it comes; and what became of what waited. */
import { Button, Group, SegmentedControl } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { type ReactNode, use } from 'react';
import type { ApiApproval } from '../../../../gateway/src/api/contract/approval.ts';
import { approvals } from '../../api/queries.ts';
import { FollowContext } from '../../app/follow.ts';
import { inboxRoute } from '../../app/router.tsx';
import { FollowMark } from '../../design/follow-mark.tsx';
import { Ago } from '../../design/moments.tsx';
import { Empty, Failure, Loading, Page, Panel } from '../../design/pieces.tsx';
import { VisibleText } from '../../design/visible-text.tsx';
import { ApprovalCard } from './approval-card.tsx';
import { Countdown } from './countdown.tsx';
import classes from './inbox.module.css';
import { StatusTag } from './status-tag.tsx';

/** A list, and beside it the one that is looked at; on small screens each is a page of its own. */
export function InboxPage(): ReactNode {
  const { show = 'open', look } = inboxRoute.useSearch();
  const follow = use(FollowContext);
  const navigate = useNavigate();
  const isHistory = show === 'all';
  const query = useInfiniteQuery(approvals(isHistory ? undefined : 'open'));
  const list = query.data?.pages.flatMap((page) => page.approvals) ?? [];
  const shown = list.find(({ id }) => id === look) ?? list[0];
  const goTo = (step: number): void => {
    const next = list[list.findIndex((one) => one.id === shown?.id) + step];
    if (next !== undefined) void navigate({ to: '/inbox', search: { show, look: next.id }, replace: true });
  };
  useHotkeys([
    ['j', () => goTo(1)],
    ['k', () => goTo(-1)],
  ]);
  return (
    <Page
      actions={
        <Group gap="lg">
          <FollowMark state={follow} />
          <SegmentedControl
            aria-label="What to show"
            data={[
              { value: 'open', label: 'Waiting' },
              { value: 'all', label: 'All' },
            ]}
            onChange={(value) => void navigate({ to: '/inbox', search: { show: value } })}
            size="xs"
            value={isHistory ? 'all' : 'open'}
          />
        </Group>
      }
      text="Requests of agents that a rule holds until people agree. Each agreement is for one execution of exactly what you read."
      title="Inbox"
    >
      {query.isPending ? (
        <Panel>
          <Loading />
        </Panel>
      ) : query.error !== null && list.length === 0 ? (
        <Failure again={() => void query.refetch()} error={query.error} />
      ) : list.length === 0 ? (
        <Panel>
          <Empty icon="inbox" title={isHistory ? 'Nothing was asked yet' : 'Nothing waits for you'}>
            {isHistory
              ? 'Requests appear here when a rule with approval holds an agent’s statement.'
              : 'When an agent asks for something that needs your approval, it appears here at once.'}
          </Empty>
        </Panel>
      ) : (
        <div className={classes.split}>
          <Panel isFlush>
            <ul aria-label="Requests" className={classes.list}>
              {list.map((one) => (
                <li key={one.id}>
                  <Item approval={one} isShown={one.id === shown?.id} show={show} />
                </li>
              ))}
            </ul>
            {query.hasNextPage ? (
              <Button
                fullWidth
                loading={query.isFetchingNextPage}
                onClick={() => void query.fetchNextPage()}
                variant="subtle"
              >
                Older requests
              </Button>
            ) : null}
          </Panel>
          <div className={classes.wide}>
            {shown === undefined ? null : <ApprovalCard id={shown.id} key={shown.id} />}
          </div>
        </div>
      )}
    </Page>
  );
}

function Item(props: {
  readonly approval: ApiApproval;
  readonly isShown: boolean;
  readonly show: string;
}): ReactNode {
  const { approval, isShown, show } = props;
  const isNarrow = window.matchMedia('(max-width: 61.99em)').matches;
  const content = (
    <>
      <span className={classes.itemTop}>
        <span>
          <VisibleText>{approval.requester.agent ?? approval.requester.subject}</VisibleText> on{' '}
          <VisibleText>{approval.resource}</VisibleText>
        </span>
        <Ago at={approval.createdAt} />
      </span>
      <span className={classes.itemText}>
        <VisibleText>{approval.summary}</VisibleText>
      </span>
      <Group gap="sm" justify="space-between">
        <StatusTag status={approval.status} />
        {approval.status === 'open' ? <Countdown until={approval.expiresAt} /> : null}
      </Group>
    </>
  );
  return isNarrow ? (
    <Link className={classes.item} params={{ approval: approval.id }} to="/inbox/$approval">
      {content}
    </Link>
  ) : (
    <Link
      aria-current={isShown ? 'true' : undefined}
      className={classes.item}
      replace
      search={{ show, look: approval.id }}
      to="/inbox"
    >
      {content}
    </Link>
  );
}
