/** Access for a time: what is asked for, what is open, what was an emergency. */
import { Button, Group, SegmentedControl, Stack } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { accessRequests, type Filters } from '../../api/queries.ts';
import { useEvents } from '../../app/follow.ts';
import { accessRoute } from '../../app/router.tsx';
import { FollowMark } from '../../design/follow-mark.tsx';
import { Icon } from '../../design/icons.tsx';
import { Empty, Failure, Loading, Page, Panel } from '../../design/pieces.tsx';
import { AccessCard } from './access-card.tsx';
import { AccessForm } from './access-form.tsx';

const CONDITIONS: Readonly<Record<string, Filters>> = {
  open: { status: 'open' },
  granted: { status: 'approved' },
  review: { review: 'open' },
  all: {},
};
const NOTHING: Readonly<Record<string, string>> = {
  open: 'Nobody waits for access',
  granted: 'Nothing is open for a time',
  review: 'No emergency waits for a review',
};

/** While nothing tells what happens, the list is looked at so often. */
const LOOK_MS = 10_000;

/** A list that is told what happens, and a form. */
export function AccessPage(): ReactNode {
  const { show = 'open' } = accessRoute.useSearch();
  const navigate = useNavigate();
  const [isAsking, setIsAsking] = useState(false);
  const follow = useEvents('/v1/access-requests/events', 'access');
  const query = useInfiniteQuery({
    ...accessRequests(CONDITIONS[show] ?? {}),
    refetchInterval: follow === 'live' ? false : LOOK_MS,
  });
  const list = query.data?.pages.flatMap((page) => page.requests) ?? [];
  return (
    <Page
      actions={
        <Group>
          <FollowMark state={follow} />
          <SegmentedControl
            aria-label="What to show"
            data={[
              { value: 'open', label: 'Waiting' },
              { value: 'granted', label: 'Granted' },
              { value: 'review', label: 'To review' },
              { value: 'all', label: 'All' },
            ]}
            onChange={(value) => void navigate({ to: '/access', search: { show: value } })}
            size="xs"
            value={show}
          />
          <Button leftSection={<Icon name="key" size={16} />} onClick={() => setIsAsking(true)} size="xs">
            Ask for access
          </Button>
        </Group>
      }
      text="What is closed, opened for somebody and for a time, by people who agree. It ends by itself, and can be ended at any moment."
      title="Access"
    >
      <AccessForm isOpen={isAsking} onClose={() => setIsAsking(false)} />
      {query.isPending ? (
        <Panel>
          <Loading />
        </Panel>
      ) : query.error !== null && list.length === 0 ? (
        <Failure again={() => void query.refetch()} error={query.error} />
      ) : list.length === 0 ? (
        <Panel>
          <Empty icon="key" title={NOTHING[show] ?? 'There is nothing'}>
            Rules with access for a time say what can be asked for, and who has to agree.
          </Empty>
        </Panel>
      ) : (
        <Stack gap="md">
          {list.map((request) => (
            <AccessCard key={request.id} request={request} />
          ))}
          {query.hasNextPage ? (
            <Button
              loading={query.isFetchingNextPage}
              onClick={() => void query.fetchNextPage()}
              variant="default"
            >
              Older requests
            </Button>
          ) : null}
        </Stack>
      )}
    </Page>
  );
}
