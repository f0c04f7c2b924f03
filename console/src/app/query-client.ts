import { QueryClient } from '@tanstack/react-query';
import { ApiProblem } from '../api/ask.ts';

/** Refusals are answers: they are not asked for again. */
export const queryClient: QueryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      refetchOnWindowFocus: true,
      retry: (count, error) =>
        count < 3 && (!(error instanceof ApiProblem) || error.status === 429 || error.status >= 500),
      retryDelay: (attempt) => Math.min(8_000, 600 * 2 ** attempt),
    },
  },
});
