/** Mail as a channel: whoever is in a group that may answer is told, and answers elsewhere. */
import { createCredentialSource } from '../../credentials/credential-source.ts';
import type { Clock } from '../../model/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import { ApprovalError } from '../errors.ts';
import type { ApprovalEvent, EventFeed } from '../event-feed.ts';
import {
  type Notice,
  Outbox,
  type OutboxServices,
  type OutboxTerms,
  type Receiver,
  type WebhookState,
} from '../webhooks/outbox.ts';
import { eventName } from '../webhooks/payload.ts';
import type { MailPlan } from './config.ts';
import { mailText } from './message.ts';
import { RecipientsLeft } from './recipients-left.ts';
import { type Mail, type MailServer, readAuthorities, sendMail } from './smtp-send.ts';

/** Mail while the gateway serves. */
export interface OpenMail {
  status(): WebhookState;
  close(): void;
}

/** Groups that the log names for having no address. */
const MAX_NAMED = 100;

/**
 * Reads password and certificates and tells people from now on, first of what waits already.
 * @param console where people have the console, unless the plan says so
 * @throws ApprovalError `ERR_APPROVALS_MAIL` for certificates that cannot be read, CredentialError
 */
export async function openMail(
  plan: MailPlan,
  services: OutboxServices & {
    readonly feed: EventFeed;
    readonly waiting: readonly ApprovalEvent[];
    readonly console: string | undefined;
  },
  terms?: OutboxTerms,
): Promise<OpenMail> {
  const { feed, clock, log, kept, waiting } = services;
  const server = await serverOf(plan, clock, log);
  const receiver = mailReceiver(plan, server, { log, console: plan.console ?? services.console });
  const outbox = new Outbox(receiver, { clock, log, kept }, terms);
  // What waited when the gateway stopped is told again, under the same Message-ID.
  const told = outbox.resume();
  for (const event of waiting) if (!told.has(event.request.id)) outbox.push(event);
  const unsubscribe = feed.subscribe((event) => outbox.push(event));
  return {
    status: () => outbox.status(),
    close() {
      unsubscribe();
      outbox.close();
    },
  };
}

async function serverOf(
  { host, port, tls, ca, login }: MailPlan,
  clock: Clock,
  log: Log,
): Promise<MailServer> {
  const onWarning = (message: string): void => log.warn(message, { mail: host });
  const password =
    login === undefined
      ? undefined
      : await createCredentialSource(login.password, { clock, onWarning }).read(AbortSignal.timeout(60_000));
  const authorities = ca === undefined ? undefined : await authoritiesIn(ca);
  return {
    host,
    port: port ?? (tls === 'implicit' ? 465 : 587),
    tls,
    ...(authorities === undefined ? {} : { ca: authorities }),
    ...(login === undefined || password === undefined ? {} : { login: { user: login.user, password } }),
  };
}

async function authoritiesIn(path: string): Promise<string> {
  const text = await readAuthorities(path).catch(
    (error: NodeJS.ErrnoException) => error.code ?? 'unreadable',
  );
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new ApprovalError(
    'ERR_APPROVALS_MAIL',
    `no certificates can be read from ${path}, which \`approvals.mail.ca\` names; give a PEM file that the gateway can read`,
  );
}

function mailReceiver(
  { from, to, events }: MailPlan,
  server: MailServer,
  { log, console }: { readonly log: Log; readonly console: string | undefined },
): Receiver {
  const addresses = new Map(Object.entries(to));
  const domain = from.slice(from.lastIndexOf('@') + 1);
  const named = new Set<string>();
  const left = new RecipientsLeft();
  const nobodyIn = (group: string): void => {
    if (named.has(group) || named.size >= MAX_NAMED) return;
    named.add(group);
    log.warn('nobody in this group is told by mail: `approvals.mail.to` does not name it', { group });
  };
  return {
    kind: 'mail',
    name: from,
    origin: `${server.tls === 'implicit' ? 'smtps' : 'smtp'}://${server.host}:${server.port}`,
    events,
    compose(event) {
      const { type, atMs, request, id } = event;
      const all = new Set<string>();
      for (const group of new Set(request.quorums.flatMap(({ groups }) => groups))) {
        const own = addresses.get(group) ?? addresses.get('*');
        if (own === undefined) nobodyIn(group);
        for (const address of own ?? []) all.add(address);
      }
      if (all.size === 0) return undefined;
      const first = `<${request.id}@${domain}>`;
      const mail: Mail = {
        from,
        to: [...all],
        ...mailText(event, console),
        ...(type === 'requested'
          ? { messageId: first }
          : { messageId: `<${request.id}.${type}.${id}@${domain}>`, inReplyTo: first }),
        dateMs: atMs,
      };
      return { event: eventName({ type, request }), request: request.id, body: JSON.stringify(mail) };
    },
    async deliver({ id, body }: Notice, timeoutMs) {
      const mail = JSON.parse(body) as Mail;
      const recipients = left.of(id, mail.to);
      return left.after(id, recipients, await sendMail(mail, recipients, server, timeoutMs));
    },
  };
}
