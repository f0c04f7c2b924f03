import { QueryClient } from '@tanstack/react-query';
import { ApiProblem } from '../api/ask.ts';

/** Refusals are answers: they are not asked for again. */
export const queryClient: QueryClient = new QueryClient({
  defaultOptions: {
    // The browser’s idea of a network says nothing of the gateway: ask it, and tell what comes of that.
    mutations: { networkMode: 'always' },
    queries: {
      networkMode: 'always',
      staleTime: 5_000,
      refetchOnWindowFocus: true,
      retry: (count, error) =>
        count < 3 && (!(error instanceof ApiProblem) || error.status === 429 || error.status >= 500),
      retryDelay: (attempt) => Math.min(8_000, 600 * 2 ** attempt),
    },
  },
});
