import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useMemo } from 'react';
import type { ApiSession } from '../../../../gateway/src/api/contract/session.ts';
import { type Filters, sessions } from '../../api/queries.ts';
import { useEvents } from '../../app/follow.ts';
import { Ago } from '../../design/moments.tsx';
import { Empty, Failure, Loading, Tag } from '../../design/pieces.tsx';
import { VisibleText } from '../../design/visible-text.tsx';
import { EndlessList } from './endless-list.tsx';
import { sinceOf } from './filter-bar.tsx';
import classes from './rows.module.css';

/** What was refused at its door is told to nobody; and while nothing is told at all, the list is looked at more often. */
const LOOK_MS = { live: 60_000, else: 10_000 } as const;

/** Sessions, the last opened first; told of those that open and end. */
export function SessionList({ filters }: { readonly filters: Filters }): ReactNode {
  const { period, ...rest } = filters;
  const since = useMemo(() => sinceOf(period), [period]);
  const follow = useEvents('/v1/sessions/events', 'sessions');
  const query = useInfiniteQuery({
    ...sessions({ ...rest, since }),
    refetchInterval: follow === 'live' ? LOOK_MS.live : LOOK_MS.else,
  });
  const items = query.data?.pages.flatMap((page) => page.sessions) ?? [];
  if (query.isPending) return <Loading rows={9} />;
  if (query.error !== null && items.length === 0) {
    return <Failure again={() => void query.refetch()} error={query.error} />;
  }
  if (items.length === 0) {
    return (
      <Empty icon="sessions" title="No session fits">
        A session appears here as soon as an agent has connected to a resource through the gateway.
      </Empty>
    );
  }
  return (
    <EndlessList
      items={items}
      keyOf={({ session }) => session}
      label="Sessions"
      more={query.hasNextPage && !query.isFetching ? () => void query.fetchNextPage() : undefined}
      row={(session) => <SessionRow session={session} />}
    />
  );
}

/** One session. */
export function SessionRow({ session }: { readonly session: ApiSession }): ReactNode {
  const { principal } = session;
  const actor = principal.delegation[0]?.subject ?? principal.agent;
  return (
    <Link className={classes.session} params={{ session: session.session }} to="/sessions/$session">
      <StateTag session={session} />
      <span className={classes.strong}>
        <VisibleText>{actor ?? principal.subject}</VisibleText>
        {actor === undefined || actor === principal.subject ? null : (
          <span className={classes.rowAside}>
            {' '}
            for <VisibleText>{principal.subject}</VisibleText>
          </span>
        )}
      </span>
      <span className={classes.rowAside}>
        <VisibleText>{`${session.resource} · ${session.protocol} · ${session.account}`}</VisibleText>
      </span>
      <span className={classes.rowTime}>
        {session.exchanges} {session.exchanges === 1 ? 'request' : 'requests'}
      </span>
      <span className={classes.rowTime}>{session.refused === 0 ? '' : `${session.refused} denied`}</span>
      <span className={classes.rowTime}>
        <Ago at={session.openedAt} />
      </span>
    </Link>
  );
}

/** Live, open elsewhere, or over. */
export function StateTag({ session }: { readonly session: ApiSession }): ReactNode {
  if (session.live) {
    return (
      <span>
        <Tag icon="play" tone="mark">
          live
        </Tag>
      </span>
    );
  }
  return (
    <span>
      <Tag tone="plain">{session.state === 'open' ? 'open' : 'closed'}</Tag>
    </span>
  );
}
