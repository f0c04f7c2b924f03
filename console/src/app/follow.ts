/** What happens at the gateway makes what was read of it old: one way for all lists that are followed. */
import { useQueryClient } from '@tanstack/react-query';
import { createContext, useEffect, useState } from 'react';
import { type FollowState, followEvents } from '../api/follow-events.ts';

/** How the stream of approvals is, for the pages that live by it. */
export const FollowContext = createContext<FollowState>('connecting');

/** Reads anew what has this key, at each event. @param path of the stream; @param key first part of the keys of queries */
export function useEvents(path: string, key: string): FollowState {
  const [state, setState] = useState<FollowState>('connecting');
  const client = useQueryClient();
  useEffect(() => {
    const stop = new AbortController();
    const queries = { queryKey: [key] };
    // What is being read for the first time is read once more: the answer under way may be from before the event.
    const readAnew = async (): Promise<void> => {
      const isFirst = client.isFetching({ ...queries, predicate: (query) => query.state.data === undefined });
      await client.invalidateQueries(queries);
      if (isFirst > 0) await client.invalidateQueries(queries);
    };
    void followEvents({ path, signal: stop.signal, onState: setState, onEvent: () => void readAnew() });
    return () => stop.abort();
  }, [client, path, key]);
  return state;
}
