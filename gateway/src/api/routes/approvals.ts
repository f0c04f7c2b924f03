/** Requests for approval: who may see them, answers them; the others do not learn that they exist. */
import { toApproval, toApprovalDetail } from '../approval-view.ts';
import {
  type ApiApprovalDetail,
  type ApprovalPage,
  type ApprovalQuery,
  type ApprovalReply,
  approvalDetailSchema,
  approvalIdSchema,
  approvalPageSchema,
  approvalQuerySchema,
  approvalReplySchema,
  approvalSchema,
  type WebhookList,
  webhookListSchema,
} from '../contract/approval.ts';
import { encodeCursor } from '../cursor.ts';
import type { Endpoint } from '../endpoint.ts';
import { followFeed } from '../follow-feed.ts';
import { placeOf, viewerOf } from '../viewer.ts';

const ID = { schema: approvalIdSchema, description: 'id of the request: `apr_…`' };
const CURSOR = 'a1';
const SEEN =
  'Approvers see what their groups may answer, admins all, everybody else what they asked for themselves.';

const list: Endpoint<ApprovalQuery, unknown, ApprovalPage> = {
  method: 'get',
  path: '/v1/approvals',
  operationId: 'listApprovals',
  tag: 'approvals',
  summary: 'List requests for approval, the last one first',
  description: SEEN,
  role: 'anyone',
  query: approvalQuerySchema,
  answer: { schema: approvalPageSchema, description: 'A page of requests.' },
  details: ({ query }) =>
    Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)),
  handle: async ({ query }, scope) => {
    const { status, resource, limit, cursor } = query;
    const before = cursor === undefined ? undefined : placeOf(CURSOR, cursor);
    const page = await scope.services.approvals.inbox.list(
      { kind: 'exchange', status, resource, limit, before },
      viewerOf(scope),
    );
    return {
      approvals: page.requests.map(toApproval),
      ...(page.before === undefined ? {} : { nextCursor: encodeCursor(CURSOR, String(page.before)) }),
    };
  },
};

const events: Endpoint<unknown, unknown, ReadableStream<Uint8Array>> = {
  method: 'get',
  path: '/v1/approvals/events',
  operationId: 'followApprovals',
  tag: 'approvals',
  summary: 'Follow what happens to requests, as server-sent events',
  description: `${SEEN} Each event is named after what happened and holds the request without its text. \`Last-Event-ID\` resumes; an event \`reset\` says that something was missed: list again. The stream ends with the token, and after a quarter of an hour: resume it.`,
  role: 'anyone',
  answer: {
    schema: approvalSchema,
    description:
      'Events `ready`, `reset`, `requested`, `answered`, `granted`, `denied`, `consumed`, `expired`, `voided`.',
    mediaType: 'text/event-stream',
  },
  details: () => ({}),
  handle: ({ lastEventId }, scope) =>
    followFeed(scope, lastEventId, (seen) =>
      seen.request.access === undefined ? toApproval(seen) : undefined,
    ),
};

const webhooks: Endpoint<unknown, unknown, WebhookList> = {
  method: 'get',
  path: '/v1/approvals/webhooks',
  operationId: 'listWebhooks',
  tag: 'approvals',
  summary: 'How the receivers of signed notices do',
  role: 'admin',
  answer: { schema: webhookListSchema, description: 'All configured webhooks.' },
  details: () => ({}),
  handle: (_, { services }) => ({
    webhooks: services.approvals.webhooks().map(({ lastFailure, ...state }) => ({
      ...state,
      ...(lastFailure === undefined
        ? {}
        : { lastFailure: { at: new Date(lastFailure.atMs).toISOString(), reason: lastFailure.reason } }),
    })),
  }),
};

const show: Endpoint<unknown, unknown, ApiApprovalDetail> = {
  method: 'get',
  path: '/v1/approvals/{id}',
  operationId: 'showApproval',
  tag: 'approvals',
  summary: 'Show a request with its statement and values',
  description: `${SEEN} Sensitive values are neither kept nor shown; long ones are cut.`,
  role: 'anyone',
  id: ID,
  answer: { schema: approvalDetailSchema, description: 'The request.' },
  details: ({ id }) => ({ approval: id }),
  handle: async ({ id }, scope) =>
    toApprovalDetail(await scope.services.approvals.inbox.show(id, viewerOf(scope))),
};

const approve = answerWith('approve', 'approveRequest', {
  summary: 'Agree to a request',
  description:
    'When all quorums are met there is a grant, for one execution of exactly this. Nobody agrees to a request of their own.',
});

const deny = answerWith('deny', 'denyRequest', {
  summary: 'Refuse a request',
  description:
    'One denial is enough. It stands for the rest of the window, and also stops a request that was approved and not yet used. The agent is told the comment.',
});

const cancel: Endpoint<unknown, unknown, ApiApprovalDetail> = {
  method: 'post',
  path: '/v1/approvals/{id}/cancel',
  operationId: 'cancelRequest',
  tag: 'approvals',
  summary: 'Withdraw a request, or a grant that was not used',
  description: 'For the one who asked, and for admins.',
  role: 'anyone',
  id: ID,
  answer: { schema: approvalDetailSchema, description: 'It is void.' },
  isSynced: true,
  details: ({ id }) => ({ approval: id }),
  handle: async ({ id }, scope) => {
    await scope.recorded;
    return toApprovalDetail(await scope.services.approvals.inbox.cancel(id, viewerOf(scope)));
  },
};

/** The endpoints of approvals. */
export const approvalEndpoints: readonly Endpoint[] = [
  list,
  events,
  webhooks,
  show,
  approve,
  deny,
  cancel,
] as readonly Endpoint[];

function answerWith(
  verdict: 'approve' | 'deny',
  operationId: string,
  words: Pick<Endpoint, 'summary'> & { readonly description: string },
): Endpoint<unknown, ApprovalReply, ApiApprovalDetail> {
  return {
    method: 'post',
    path: `/v1/approvals/{id}/${verdict}`,
    operationId,
    tag: 'approvals',
    ...words,
    role: 'approver',
    id: ID,
    body: approvalReplySchema,
    answer: { schema: approvalDetailSchema, description: 'The answer counts, and is on record.' },
    isSynced: true,
    details: ({ id, body }) => ({ approval: id, digest: body.digest }),
    handle: async ({ id, body }, scope) => {
      await scope.recorded;
      const reply = { verdict, digest: body.digest, comment: body.comment };
      return toApprovalDetail(await scope.services.approvals.inbox.answer(id, reply, viewerOf(scope)));
    },
  };
}
