/** What the pages ask the gateway, by name. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { AccessPage, AccessRules } from '../../../gateway/src/api/contract/access.ts';
import type { ApiApprovalDetail, ApprovalPage } from '../../../gateway/src/api/contract/approval.ts';
import type { AuditHead, ExportList, Verification } from '../../../gateway/src/api/contract/audit.ts';
import type { SessionTranscript } from '../../../gateway/src/api/contract/exchange.ts';
import type { PolicySummary } from '../../../gateway/src/api/contract/policy.ts';
import type { SearchPage } from '../../../gateway/src/api/contract/recording.ts';
import type { ResourceList } from '../../../gateway/src/api/contract/resource.ts';
import type { ApiRunDetail, RunPage } from '../../../gateway/src/api/contract/run.ts';
import type { SessionPage } from '../../../gateway/src/api/contract/session.ts';
import type { ApiStatistics } from '../../../gateway/src/api/contract/statistics.ts';
import type { Whoami } from '../../../gateway/src/api/contract/whoami.ts';
import { ask, toQuery } from './ask.ts';

/** Conditions of a list, as its page's address has them. */
export type Filters = Readonly<Record<string, string | undefined>>;

const PAGE = 100;

export const whoami = queryOptions({
  queryKey: ['whoami'],
  queryFn: ({ signal }) => ask<Whoami>('/v1/whoami', { signal }),
  staleTime: 60_000,
  retry: false,
});

/** All that waits, or the history; kept fresh by events. */
export function approvals(status: string | undefined) {
  return infiniteQueryOptions({
    queryKey: ['approvals', 'list', status],
    queryFn: ({ signal, pageParam }) =>
      ask<ApprovalPage>(`/v1/approvals${toQuery({ status, limit: 50, cursor: pageParam })}`, { signal }),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor,
  });
}

export function approval(id: string) {
  return queryOptions({
    queryKey: ['approvals', 'one', id],
    queryFn: ({ signal }) => ask<ApiApprovalDetail>(`/v1/approvals/${id}`, { signal }),
  });
}

export function sessions(filters: Filters) {
  return infiniteQueryOptions({
    queryKey: ['sessions', 'list', filters],
    queryFn: ({ signal, pageParam }) =>
      ask<SessionPage>(`/v1/sessions${toQuery({ ...filters, limit: PAGE, cursor: pageParam })}`, { signal }),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor,
  });
}

export function session(id: string) {
  return queryOptions({
    queryKey: ['sessions', 'one', id],
    queryFn: ({ signal }) => ask<SessionTranscript>(`/v1/sessions/${id}?limit=1`, { signal }),
  });
}

export function exchanges(filters: Filters, limit = PAGE) {
  return infiniteQueryOptions({
    queryKey: ['exchanges', filters, limit],
    queryFn: ({ signal, pageParam }) =>
      ask<SearchPage>(`/v1/exchanges${toQuery({ ...filters, limit, cursor: pageParam })}`, { signal }),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor,
  });
}

export const policy = queryOptions({
  queryKey: ['policy'],
  queryFn: ({ signal }) => ask<PolicySummary>('/v1/policy', { signal }),
});

export const auditHead = queryOptions({
  queryKey: ['audit', 'head'],
  queryFn: ({ signal }) => ask<AuditHead>('/v1/audit/head', { signal }),
  staleTime: 30_000,
});

export const auditExports = queryOptions({
  queryKey: ['audit', 'exports'],
  queryFn: ({ signal }) => ask<ExportList>('/v1/audit/exports', { signal }),
});

/** Starts a verification of the audit, and waits for its end. */
export async function verifyAudit(anchor: string | undefined): Promise<Verification> {
  let state = await ask<Verification>('/v1/audit/verify', { body: anchor === undefined ? {} : { anchor } });
  while (state.state === 'running') {
    await new Promise((resolve) => setTimeout(resolve, 700));
    state = await ask<Verification>(`/v1/audit/verify/${state.id}`);
  }
  return state;
}

export function runs(filters: Filters, limit = 50) {
  return infiniteQueryOptions({
    queryKey: ['runs', 'list', filters, limit],
    queryFn: ({ signal, pageParam }) =>
      ask<RunPage>(`/v1/runs${toQuery({ ...filters, limit, cursor: pageParam })}`, { signal }),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor,
  });
}

export function run(id: string) {
  return queryOptions({
    queryKey: ['runs', 'one', id],
    queryFn: ({ signal }) => ask<ApiRunDetail>(`/v1/runs/${id}`, { signal }),
  });
}

export const resources = queryOptions({
  queryKey: ['resources'],
  queryFn: ({ signal }) => ask<ResourceList>('/v1/resources', { signal }),
});

/** @param since a time that is the same for a while, so that the answer is kept */
export function statistics(since: string, step: number) {
  return queryOptions({
    queryKey: ['statistics', since, step],
    queryFn: ({ signal }) => ask<ApiStatistics>(`/v1/statistics${toQuery({ since, step })}`, { signal }),
    staleTime: 15_000,
  });
}

/** What the viewer may ask for. */
export const accessRules = queryOptions({
  queryKey: ['access', 'rules'],
  queryFn: ({ signal }) => ask<AccessRules>('/v1/access-rules', { signal }),
});

/** @param conditions of the list: `status`, `review` */
export function accessRequests(conditions: Filters) {
  return infiniteQueryOptions({
    queryKey: ['access', 'list', conditions],
    queryFn: ({ signal, pageParam }) =>
      ask<AccessPage>(`/v1/access-requests${toQuery({ ...conditions, limit: 50, cursor: pageParam })}`, {
        signal,
      }),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor,
  });
}
