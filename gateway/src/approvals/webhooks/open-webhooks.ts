import { createCredentialSource } from '../../credentials/credential-source.ts';
import type { Clock } from '../../model/clock.ts';
import type { WebhookPlan } from '../config.ts';
import { ApprovalError } from '../errors.ts';
import type { EventFeed } from '../event-feed.ts';
import { deliver } from './deliver.ts';
import { Outbox, type OutboxServices, type OutboxTerms, type Receiver, type WebhookState } from './outbox.ts';
import { eventName, payload } from './payload.ts';

/** All receivers. */
export interface Webhooks {
  status(): readonly WebhookState[];
  close(): void;
}

const MIN_SECRET_CHARACTERS = 32;

/**
 * Reads the secrets and tells the receivers from now on.
 * @throws ApprovalError `ERR_APPROVALS_WEBHOOK` for a secret that is too short, CredentialError for one that cannot be read
 */
export async function openWebhooks(
  plans: readonly WebhookPlan[],
  services: OutboxServices & { readonly feed: EventFeed },
  terms?: OutboxTerms,
): Promise<Webhooks> {
  const { feed, clock, log, kept } = services;
  const outboxes: Outbox[] = [];
  for (const plan of plans) {
    const onWarning = (message: string): void => log.warn(message, { webhook: plan.name });
    const secret = await createCredentialSource(plan.secret, { clock, onWarning }).read(
      AbortSignal.timeout(60_000),
    );
    if (secret.reveal().length < MIN_SECRET_CHARACTERS) {
      throw new ApprovalError(
        'ERR_APPROVALS_WEBHOOK',
        `the secret of webhook ${plan.name} has fewer than ${MIN_SECRET_CHARACTERS} characters; make a random one`,
      );
    }
    outboxes.push(new Outbox(webhookReceiver(plan, secret, clock), { clock, log, kept }, terms));
  }
  for (const outbox of outboxes) outbox.resume();
  const unsubscribe = feed.subscribe((event) => {
    for (const outbox of outboxes) outbox.push(event);
  });
  return {
    status: () => outboxes.map((outbox) => outbox.status()),
    close() {
      unsubscribe();
      for (const outbox of outboxes) outbox.close();
    },
  };
}

/** A receiver that is posted signed JSON. */
function webhookReceiver(
  { name, url, events, includeText }: WebhookPlan,
  secret: { reveal(): string },
  clock: Clock,
): Receiver {
  return {
    kind: 'webhook',
    name,
    origin: new URL(url).origin,
    events,
    compose: (event) => ({
      event: eventName(event),
      body: payload(event, includeText),
      request: event.request.id,
    }),
    deliver({ id, event, body }, timeoutMs) {
      const timestamp = Math.floor(clock.nowMs() / 1000);
      return deliver({ url, id, event, body, secret: secret.reveal(), timestamp, timeoutMs });
    },
  };
}
