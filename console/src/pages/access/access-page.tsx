/** Access for a time: what is asked for, what is open, what was an emergency. */
import { Button, Group, SegmentedControl, Stack } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { accessRequests, type Filters } from '../../api/queries.ts';
import { accessRoute } from '../../app/router.tsx';
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

/** A list, looked at again every few seconds, and a form. */
export function AccessPage(): ReactNode {
  const { show = 'open' } = accessRoute.useSearch();
  const navigate = useNavigate();
  const [isAsking, setIsAsking] = useState(false);
  const query = useInfiniteQuery({ ...accessRequests(CONDITIONS[show] ?? {}), refetchInterval: 10_000 });
  const list = query.data?.pages.flatMap((page) => page.requests) ?? [];
  return (
    <Page
      actions={
        <Group>
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
