/** Runs of agents. */
import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { runs } from '../../api/queries.ts';
import { runsRoute } from '../../app/router.tsx';
import { Empty, Failure, Loading, Page, Panel } from '../../design/pieces.tsx';
import { FilterBar, type FilterField } from '../sessions/filter-bar.tsx';
import { RunCard } from './run-card.tsx';

const FIELDS: readonly FilterField[] = [
  { name: 'principal', label: 'Principal or agent', placeholder: 'agent-1' },
  { name: 'resource', label: 'Resource', placeholder: 'shop' },
  { name: 'run', label: 'Run', placeholder: 'run-…' },
];

/** A list, the last begun first. */
export function RunsPage(): ReactNode {
  const filters = runsRoute.useSearch();
  const navigate = useNavigate();
  const query = useInfiniteQuery({ ...runs(filters), refetchInterval: 20_000 });
  const list = query.data?.pages.flatMap((page) => page.runs) ?? [];
  return (
    <Page
      text="All that an agent did in one run, whichever way: databases, services and machines side by side. A run is what the agent’s token names."
      title="Runs"
    >
      <Panel isFlush>
        <FilterBar
          fields={FIELDS}
          key={JSON.stringify(filters)}
          onApply={(values) => void navigate({ to: '/runs', search: values })}
          values={filters}
        />
        {query.isPending ? (
          <Loading rows={6} />
        ) : query.error !== null && list.length === 0 ? (
          <Failure again={() => void query.refetch()} error={query.error} />
        ) : list.length === 0 ? (
          <Empty icon="runs" title="No run fits">
            Runs appear here when tokens of agents carry the claim `run_id`, or the one that the config names.
          </Empty>
        ) : (
          list.map((run) => <RunCard key={run.id} run={run} />)
        )}
        {query.hasNextPage ? (
          <Button
            fullWidth
            loading={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
            variant="subtle"
          >
            Earlier runs
          </Button>
        ) : null}
      </Panel>
    </Page>
  );
}
