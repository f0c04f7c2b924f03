/**
 * What Slack sends: the one request of the API without a token. It is signed, of this moment and heard once, and whoever it is
 * of acts as the person of the identity provider to whom they linked themselves, or not at all.
 */
import type { Context } from 'hono';
import { ApprovalError } from '../approvals/errors.ts';
import type { OpenSlack } from '../approvals/slack/open-slack.ts';
import { readAction, type SlackAction, type SlackUser } from '../approvals/slack/read-action.ts';
import type { Principal } from '../model/principal.ts';
import type { ApiEnv, ApiServices } from './api-services.ts';
import { ApiError } from './errors.ts';
import { ANSWER_HEADERS } from './problem-response.ts';
import { readBytes } from './read-input.ts';
import { mayUse } from './roles.ts';

/** Where Slack is told to send interactions and commands. */
export const SLACK_PATH = '/v1/slack/events';

/** Answers one request of Slack. @throws ApiError where there is no Slack, or it is not of Slack */
export async function serveSlack(context: Context<ApiEnv>, services: ApiServices): Promise<Response> {
  const { slack } = services.approvals;
  if (slack === undefined)
    throw new ApiError('ERR_API_NOT_FOUND', 'there is nothing here; see /openapi.json');
  const { remoteAddress } = context.env;
  services.failedAuthentications.admits(remoteAddress);
  const body = Buffer.from(await readBytes(context.req.raw)).toString('utf8');
  const why = slack.signatures.whyNot({
    timestamp: context.req.header('x-slack-request-timestamp') ?? '',
    signature: context.req.header('x-slack-signature') ?? '',
    body,
  });
  if (why !== undefined) throw refused(why, remoteAddress, services);
  const action = readAction(body);
  const text = action === undefined ? HELP : await act(action, { slack, services, remoteAddress });
  if (action?.kind === 'answer') {
    slack.tell(action.channel, action.by.user, text);
    return new Response(null, { status: 200, headers: ANSWER_HEADERS });
  }
  return Response.json({ response_type: 'ephemeral', text }, { headers: ANSWER_HEADERS });
}

const HELP =
  'Get a code by `POST /v1/slack/codes` of the gateway, logged in as yourself, and type `link CODE`; or `unlink`.';
const UNLINKED = `You are not linked to your account of the identity provider, so nothing was answered. ${HELP}`;

function refused(why: string, sourceAddress: string, services: ApiServices): ApiError {
  if (services.failedAuthentications.failed(sourceAddress, true)) {
    services.audit.log.enqueue({
      type: 'authentication.failed',
      protocol: 'slack',
      sourceAddress,
      code: 'ERR_API_UNAUTHENTICATED',
      message: why,
      claimed: { method: 'POST', route: SLACK_PATH },
    });
  }
  return new ApiError('ERR_API_UNAUTHENTICATED', `the request does not count: ${why}`);
}

interface Acting {
  readonly slack: OpenSlack;
  readonly services: ApiServices;
  readonly remoteAddress: string;
}

async function act(action: SlackAction, acting: Acting): Promise<string> {
  const { slack, services } = acting;
  if (action.kind === 'link') return link(action.by, action.code, acting);
  const principal = services.approvals.currentPrincipal(slack.links.principalOf(action.by));
  if (principal === undefined) return UNLINKED;
  if (action.kind === 'unlink') {
    const { issuer, subject } = principal;
    slack.links.unlink(action.by);
    await services.audit.log.append([{ type: 'slack.unlinked', principal: { issuer, subject } }], 'synced');
    return 'You are linked no more.';
  }
  return answer(action, principal, acting);
}

async function link(by: SlackUser, code: string, { slack, services }: Acting): Promise<string> {
  const linked = slack.links.link(by, code);
  if (linked === undefined) return `That code is none, was used, or is over. ${HELP}`;
  const { issuer, subject, tokenDigest } = linked.principal;
  const { untilMs } = linked;
  try {
    const event = {
      type: 'slack.linked',
      ...by,
      principal: { issuer, subject },
      tokenDigest,
      untilMs,
    } as const;
    await services.audit.log.append([event], 'synced');
  } catch {
    slack.links.unlink(by);
    return 'The gateway cannot record this now, so you are not linked. Get another code later.';
  }
  return `You answer as ${subject} until ${new Date(untilMs).toISOString()}.`;
}

async function answer(
  { request, digest, verdict, by }: Extract<SlackAction, { readonly kind: 'answer' }>,
  principal: Principal,
  { services, remoteAddress }: Acting,
): Promise<string> {
  const isAllowed = mayUse('approver', principal, services.groups);
  try {
    await services.audit.log.append(
      [
        {
          type: 'api.access',
          principal,
          sourceAddress: remoteAddress,
          method: 'POST',
          route: SLACK_PATH,
          outcome: isAllowed ? 'permit' : 'deny',
          details: isAllowed ? { request, digest, verdict, team: by.team, user: by.user } : {},
        },
      ],
      'synced',
    );
    if (!isAllowed) return 'Nothing was answered: your groups do not make you an approver.';
    const viewer = { principal, isAdmin: false };
    const { request: after } = await services.approvals.inbox.answer(request, { verdict, digest }, viewer);
    return `Your answer counts: it is ${after.status}.`;
  } catch (error) {
    const said = error instanceof ApprovalError ? `${error.message} (${error.code})` : 'try again later';
    return `Nothing was answered: ${said}.`;
  }
}
