/** Access that people open for a time: asked for, answered, revoked, reviewed. */
import type { AccessOffer } from '../../model/access-window.ts';
import { accessOffers } from '../../policy/access-offers.ts';
import { toAccessRequest } from '../access-view.ts';
import type { ApiResource } from '../api-services.ts';
import {
  type AccessAskBody,
  type AccessPage,
  type AccessQuery,
  type AccessRules,
  type AccessRulesQuery,
  type ApiAccessRequest,
  accessAskSchema,
  accessIdSchema,
  accessPageSchema,
  accessQuerySchema,
  accessRequestSchema,
  accessRulesQuerySchema,
  accessRulesSchema,
  type ReviewBody,
  reviewSchema,
} from '../contract/access.ts';
import { type ApprovalReply, approvalReplySchema } from '../contract/approval.ts';
import { encodeCursor } from '../cursor.ts';
import type { Endpoint, EndpointScope } from '../endpoint.ts';
import { followFeed } from '../follow-feed.ts';
import { placeOf, viewerOf } from '../viewer.ts';

const ID = { schema: accessIdSchema, description: 'id of the request: `acc_…`' };
const CURSOR = 'r1';
const SEEN =
  'Approvers see what their groups may open, admins all, everybody else what they asked for themselves.';

const rules: Endpoint<AccessRulesQuery, unknown, AccessRules> = {
  method: 'get',
  path: '/v1/access-rules',
  operationId: 'listAccessRules',
  tag: 'access',
  summary: 'List what may be opened to the caller for a time',
  description: 'By the policy of this moment. Whatever it does not name cannot be asked for.',
  role: 'anyone',
  query: accessRulesQuerySchema,
  answer: { schema: accessRulesSchema, description: 'The rules, by resource and account.' },
  details: ({ query }) => (query.resource === undefined ? {} : { resource: query.resource }),
  handle: ({ query }, scope) => ({
    rules: scope.services.resources
      .filter(({ resource }) => query.resource === undefined || resource.name === query.resource)
      .flatMap((one) =>
        accountsOf(one).flatMap((account) =>
          offersFor(scope, one, account).map((offer) => toRule(offer, one, account, scope)),
        ),
      ),
  }),
};

const ask: Endpoint<unknown, AccessAskBody, ApiAccessRequest> = {
  method: 'post',
  path: '/v1/access-requests',
  operationId: 'requestAccess',
  tag: 'access',
  summary: 'Ask for access to a resource for a time',
  description:
    'For the caller, through the same agent, and in the same run where the token proves one. Masks, limits and denials stay. The same asked again is the same request. With `breakGlass` it is open at once, where a rule names a group of the caller for that.',
  role: 'anyone',
  body: accessAskSchema,
  answer: { schema: accessRequestSchema, description: 'The request, or the one that there is already.' },
  isSynced: true,
  details: ({ body }) => ({
    resource: body.resource,
    rules: [...(body.rules ?? [])],
    breakGlass: body.breakGlass === true,
  }),
  handle: async ({ body }, scope) => {
    await scope.recorded;
    const { services, principal } = scope;
    const found = services.resources.find(({ resource }) => resource.name === body.resource);
    const account = body.account ?? accountsOf(found)[0] ?? '';
    // What is not there offers nothing: who asks learns no names.
    const isThere = found !== undefined && accountsOf(found).includes(account);
    const request = await services.approvals.access.ask({
      principal,
      resource: body.resource,
      protocol: found?.resource.protocol ?? '',
      account,
      rules: body.rules,
      offers: isThere ? offersFor(scope, found, account) : [],
      policy: services.policy.current().version,
      only: body.only ?? {},
      durationMs: body.durationMs,
      startMs: body.start === undefined ? undefined : Date.parse(body.start),
      justification: body.justification,
      breakGlass: body.breakGlass === true,
    });
    return toAccessRequest(await services.approvals.inbox.show(request.id, viewerOf(scope)));
  },
};

const list: Endpoint<AccessQuery, unknown, AccessPage> = {
  method: 'get',
  path: '/v1/access-requests',
  operationId: 'listAccessRequests',
  tag: 'access',
  summary: 'List requests for access, the last one first',
  description: `${SEEN} \`review=open\` lists the emergencies that nobody has reviewed yet.`,
  role: 'anyone',
  query: accessQuerySchema,
  answer: { schema: accessPageSchema, description: 'A page of requests.' },
  details: ({ query }) =>
    Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)),
  handle: async ({ query }, scope) => {
    const { cursor, ...conditions } = query;
    const before = cursor === undefined ? undefined : placeOf(CURSOR, cursor);
    const filter = { kind: 'access', ...conditions, before } as const;
    const page = await scope.services.approvals.inbox.list(filter, viewerOf(scope));
    return {
      requests: page.requests.map(toAccessRequest),
      ...(page.before === undefined ? {} : { nextCursor: encodeCursor(CURSOR, String(page.before)) }),
    };
  },
};

const events: Endpoint<unknown, unknown, ReadableStream<Uint8Array>> = {
  method: 'get',
  path: '/v1/access-requests/events',
  operationId: 'followAccessRequests',
  tag: 'access',
  summary: 'Follow what happens to requests for access, as server-sent events',
  description: `${SEEN} As \`/v1/approvals/events\`.`,
  role: 'anyone',
  answer: {
    schema: accessRequestSchema,
    description:
      'Events `ready`, `reset`, `requested`, `answered`, `granted`, `denied`, `expired`, `voided`, `opened`, `reviewed`, `overdue`.',
    mediaType: 'text/event-stream',
  },
  details: () => ({}),
  handle: ({ lastEventId }, scope) =>
    followFeed(scope, lastEventId, (seen) =>
      seen.request.access === undefined ? undefined : toAccessRequest(seen),
    ),
};

const show: Endpoint<unknown, unknown, ApiAccessRequest> = {
  method: 'get',
  path: '/v1/access-requests/{id}',
  operationId: 'showAccessRequest',
  tag: 'access',
  summary: 'Show a request for access',
  description: SEEN,
  role: 'anyone',
  id: ID,
  answer: { schema: accessRequestSchema, description: 'The request.' },
  details: ({ id }) => ({ access: id }),
  handle: async ({ id }, scope) =>
    toAccessRequest(await scope.services.approvals.inbox.show(id, viewerOf(scope))),
};

const approve = answerWith('approve', 'approveAccess', {
  summary: 'Agree to a request for access',
  description: 'When all quorums are met the window is there. Nobody agrees to a request of their own.',
});

const deny = answerWith('deny', 'denyAccess', {
  summary: 'Refuse a request for access',
  description: 'One denial is enough. It also ends a window that is open.',
});

const revoke: Endpoint<unknown, unknown, ApiAccessRequest> = {
  method: 'post',
  path: '/v1/access-requests/{id}/revoke',
  operationId: 'revokeAccess',
  tag: 'access',
  summary: 'End a window at once, or withdraw a request',
  description:
    'For those who may open it, the one who asked, and admins. Sessions that were permitted something by it end, and what runs in them is cancelled.',
  role: 'anyone',
  id: ID,
  answer: { schema: accessRequestSchema, description: 'It is void.' },
  isSynced: true,
  details: ({ id }) => ({ access: id }),
  handle: async ({ id }, scope) => {
    await scope.recorded;
    return toAccessRequest(await scope.services.approvals.inbox.cancel(id, viewerOf(scope)));
  },
};

const review: Endpoint<unknown, ReviewBody, ApiAccessRequest> = {
  method: 'post',
  path: '/v1/access-requests/{id}/review',
  operationId: 'reviewAccess',
  tag: 'access',
  summary: 'Close the review of what was opened in an emergency',
  description: 'For those who may open it; not for who did. The comment is recorded.',
  role: 'approver',
  id: ID,
  body: reviewSchema,
  answer: { schema: accessRequestSchema, description: 'It is reviewed, and that is on record.' },
  isSynced: true,
  details: ({ id }) => ({ access: id }),
  handle: async ({ id, body }, scope) => {
    await scope.recorded;
    return toAccessRequest(await scope.services.approvals.inbox.review(id, body.comment, viewerOf(scope)));
  },
};

/** The endpoints of access for a time. */
export const accessEndpoints: readonly Endpoint[] = [
  rules,
  ask,
  list,
  events,
  show,
  approve,
  deny,
  revoke,
  review,
] as readonly Endpoint[];

function answerWith(
  verdict: 'approve' | 'deny',
  operationId: string,
  words: Pick<Endpoint, 'summary'> & { readonly description: string },
): Endpoint<unknown, ApprovalReply, ApiAccessRequest> {
  return {
    method: 'post',
    path: `/v1/access-requests/{id}/${verdict}`,
    operationId,
    tag: 'access',
    ...words,
    role: 'approver',
    id: ID,
    body: approvalReplySchema,
    answer: { schema: accessRequestSchema, description: 'The answer counts, and is on record.' },
    isSynced: true,
    details: ({ id, body }) => ({ access: id, digest: body.digest }),
    handle: async ({ id, body }, scope) => {
      await scope.recorded;
      const reply = { verdict, digest: body.digest, comment: body.comment };
      return toAccessRequest(await scope.services.approvals.inbox.answer(id, reply, viewerOf(scope)));
    },
  };
}

function accountsOf(found: ApiResource | undefined): readonly string[] {
  return [...new Set((found?.targets ?? []).map(({ account }) => account))];
}

function offersFor(
  { services, principal }: EndpointScope,
  { resource }: ApiResource,
  account: string,
): readonly AccessOffer[] {
  const nowMs = services.clock.nowMs();
  return accessOffers(services.policy.current(), { principal, resource, account, nowMs });
}

function toRule(
  { rule, phrase, description, by, count, upToMs, breakGlass }: AccessOffer,
  { resource }: ApiResource,
  account: string,
  { principal }: EndpointScope,
): AccessRules['rules'][number] {
  const isOpener = breakGlass?.by.some((group) => principal.groups.includes(group)) === true;
  const what = { rule, resource: resource.name, account, phrase, by, count, upToMs };
  return { ...what, ...(description === undefined ? {} : { description }), breakGlass: isOpener };
}
