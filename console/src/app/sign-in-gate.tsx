/** Nothing of the console is shown to anybody of whom the gateway does not know who they are. */
import { useQuery } from '@tanstack/react-query';
import { Outlet, useLocation } from '@tanstack/react-router';
import { type ReactNode, useEffect } from 'react';
import { ApiProblem } from '../api/ask.ts';
import { whoami } from '../api/queries.ts';
import { Failure } from '../design/pieces.tsx';
import { queryClient } from './query-client.ts';
import { Shell } from './shell.tsx';
import { SignInPage } from './sign-in-page.tsx';
import { ViewerContext } from './viewer.tsx';

/** Asks who is here; a session that ends while the page is open leads back to the card. */
export function SignInGate(): ReactNode {
  const { data, error, refetch } = useQuery(whoami);
  const location = useLocation();
  const because = new URLSearchParams(location.searchStr).get('because') ?? undefined;
  useEffect(
    () =>
      queryClient.getQueryCache().subscribe(({ query }) => {
        const failure = query.state.error;
        const isOver = failure instanceof ApiProblem && failure.status === 401;
        if (isOver && query.queryKey[0] !== 'whoami') void queryClient.resetQueries({ queryKey: ['whoami'] });
      }),
    [],
  );
  if (error instanceof ApiProblem && error.status === 401) {
    const isStray = location.pathname === '/signed-out';
    const to = isStray ? '/console/' : `/console${location.pathname}${location.searchStr}`;
    return <SignInPage because={because} to={to} />;
  }
  if (error !== null && data === undefined) return <Failure again={() => void refetch()} error={error} />;
  if (data === undefined) return null;
  return (
    <ViewerContext value={data}>
      <Shell>
        <Outlet />
      </Shell>
    </ViewerContext>
  );
}
