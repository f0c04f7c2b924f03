import { useInfiniteQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo } from 'react';
import { exchanges, type Filters } from '../../api/queries.ts';
import { Empty, Failure, Loading } from '../../design/pieces.tsx';
import { EndlessList } from './endless-list.tsx';
import { ExchangeRow } from './exchange-rows.tsx';
import { sinceOf } from './filter-bar.tsx';

/** Found exchanges, the newest first. */
export function ExchangeList({ filters }: { readonly filters: Filters }): ReactNode {
  const { period, ...rest } = filters;
  const since = useMemo(() => sinceOf(period), [period]);
  const query = useInfiniteQuery(exchanges({ ...rest, since }));
  const items = query.data?.pages.flatMap((page) => page.exchanges) ?? [];
  if (query.isPending) return <Loading rows={9} />;
  if (query.error !== null && items.length === 0) {
    return <Failure again={() => void query.refetch()} error={query.error} />;
  }
  if (items.length === 0) {
    return (
      <Empty icon="search" title="Nothing was found">
        Each word also finds longer words that begin so. Leave a condition out to find more.
      </Empty>
    );
  }
  return (
    <EndlessList
      items={items}
      keyOf={({ exchange, screen }) => `${exchange} ${screen?.ms ?? ''}`}
      label="Found exchanges"
      more={query.hasNextPage && !query.isFetching ? () => void query.fetchNextPage() : undefined}
      row={(exchange) => <ExchangeRow exchange={exchange} />}
    />
  );
}
