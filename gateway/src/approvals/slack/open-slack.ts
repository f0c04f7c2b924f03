/** Slack as a channel: messages on their way, and what it takes to hear answers. */
import { createCredentialSource } from '../../credentials/credential-source.ts';
import type { SlackPlan } from '../config.ts';
import type { ApprovalEvent, EventFeed } from '../event-feed.ts';
import {
  Outbox,
  type OutboxServices,
  type OutboxTerms,
  type Receiver,
  type WebhookState,
} from '../webhooks/outbox.ts';
import { SlackLinks } from './links.ts';
import { slackMessage } from './message.ts';
import { SlackSignatures } from './signed-request.ts';
import { callSlack, type SlackCall } from './slack-api.ts';

/** Slack while the gateway serves. */
export interface OpenSlack {
  readonly signatures: SlackSignatures;
  readonly links: SlackLinks;
  status(): WebhookState;
  /** Shows a text to one person, without waiting. */
  tell(channel: string, user: string, text: string): void;
  close(): void;
}

/** Messages whose place is known, so that they change with their request. */
const MAX_PLACES = 2_000;
const TELL_TIMEOUT_MS = 10_000;

/** Reads the secrets and tells the channel from now on, first of what waits already. @throws CredentialError */
export async function openSlack(
  plan: SlackPlan,
  services: OutboxServices & {
    readonly feed: EventFeed;
    readonly waiting: readonly ApprovalEvent[];
  },
  terms?: OutboxTerms,
): Promise<OpenSlack> {
  const { feed, clock, log, kept, waiting } = services;
  const read = (secret: SlackPlan['token']): Promise<{ reveal(): string }> => {
    const onWarning = (message: string): void => log.warn(message, { slack: plan.channel });
    return createCredentialSource(secret, { clock, onWarning }).read(AbortSignal.timeout(60_000));
  };
  const [token, signingSecret] = await Promise.all([read(plan.token), read(plan.signingSecret)]);
  const outbox = new Outbox(slackReceiver(plan, token), { clock, log, kept }, terms);
  // Whatever was under way when the gateway stopped is told again: at least once.
  const told = outbox.resume();
  for (const event of waiting) if (!told.has(event.request.id)) outbox.push(event);
  const unsubscribe = feed.subscribe((event) => outbox.push(event));
  return {
    signatures: new SlackSignatures(signingSecret, clock),
    links: new SlackLinks(clock, plan.linkMs),
    status: () => outbox.status(),
    tell(channel, user, text) {
      const body = JSON.stringify({ channel, user, text });
      void callSlack({
        api: plan.api,
        token,
        method: 'chat.postEphemeral',
        body,
        timeoutMs: TELL_TIMEOUT_MS,
      });
    },
    close() {
      unsubscribe();
      outbox.close();
    },
  };
}

/** One message a request, which is changed with it. */
function slackReceiver({ channel, api, events }: SlackPlan, token: SlackCall['token']): Receiver {
  const places = new Map<string, string>();
  return {
    kind: 'slack',
    name: channel,
    origin: new URL(api).origin,
    events,
    compose: ({ type, request }) => ({
      event: type,
      body: JSON.stringify({ channel, ...slackMessage(type, request) }),
      request: request.id,
    }),
    async deliver({ request, body }, timeoutMs) {
      const ts = places.get(request);
      const method = ts === undefined ? 'chat.postMessage' : 'chat.update';
      const placed = ts === undefined ? body : JSON.stringify({ ...(JSON.parse(body) as object), ts });
      const answer = await callSlack({ api, token, method, body: placed, timeoutMs });
      if (!answer.ok) return answer;
      if (ts === undefined && answer.ts !== undefined) remember(places, request, answer.ts);
      return { ok: true };
    },
  };
}

function remember(places: Map<string, string>, request: string, ts: string): void {
  const [oldest] = places.keys();
  if (places.size >= MAX_PLACES && oldest !== undefined) places.delete(oldest);
  places.set(request, ts);
}
