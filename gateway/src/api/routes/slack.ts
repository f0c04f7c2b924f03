/** Who somebody in Slack is. */
import type { OpenSlack } from '../../approvals/slack/open-slack.ts';
import {
  type SlackCode,
  type SlackUnlinking,
  slackCodeSchema,
  slackUnlinkingSchema,
} from '../contract/slack.ts';
import type { Endpoint, EndpointScope } from '../endpoint.ts';
import { ApiError } from '../errors.ts';

const code: Endpoint<unknown, unknown, SlackCode> = {
  method: 'post',
  path: '/v1/slack/codes',
  operationId: 'createSlackCode',
  tag: 'slack',
  summary: 'Get a code that links you in Slack to who you are here',
  description: 'Good once, for ten minutes; a further one replaces it. Type it in Slack yourself.',
  role: 'approver',
  answer: { schema: slackCodeSchema, description: 'The code.' },
  isSynced: true,
  details: () => ({}),
  handle: async (_, scope) => {
    await scope.recorded;
    const { code: made, untilMs } = slackOf(scope).links.code(scope.principal);
    return { code: made, text: `link ${made}`, expiresAt: new Date(untilMs).toISOString() };
  },
};

const unlink: Endpoint<unknown, unknown, SlackUnlinking> = {
  method: 'delete',
  path: '/v1/slack/links',
  operationId: 'removeSlackLinks',
  tag: 'slack',
  summary: 'End all your links in Slack',
  role: 'anyone',
  answer: { schema: slackUnlinkingSchema, description: 'How many there were.' },
  isSynced: true,
  details: () => ({}),
  handle: async (_, scope) => {
    const removed = slackOf(scope).links.unlinkAll(scope.principal);
    const { issuer, subject } = scope.principal;
    if (removed > 0)
      await scope.services.audit.log.append(
        [{ type: 'slack.unlinked', principal: { issuer, subject } }],
        'synced',
      );
    return { removed };
  },
};

/** The endpoints of Slack. */
export const slackEndpoints: readonly Endpoint[] = [code, unlink] as readonly Endpoint[];

function slackOf({ services }: EndpointScope): OpenSlack {
  const { slack } = services.approvals;
  if (slack === undefined)
    throw new ApiError('ERR_API_NOT_FOUND', 'this gateway is not configured for Slack');
  return slack;
}
