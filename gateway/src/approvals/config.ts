/** The key `approvals` of `sallyport.yaml`. */
import { z } from 'zod';
import { type CredentialConfig, credentialSchema } from '../credentials/config.ts';
import type { ApprovalEventType } from '../model/approval.ts';
import { type MailPlan, mailSchema } from './mail/config.ts';
import { eventsSchema, secretSchema } from './notice-config.ts';

/** A receiver of signed notices. */
export interface WebhookPlan {
  /** What the log and the API call it: a URL may hold a secret. */
  readonly name: string;
  readonly url: string;
  readonly secret: CredentialConfig;
  readonly events: readonly ApprovalEventType[];
  /** Statement and parameters go along, as approvers see them. */
  readonly includeText: boolean;
}

/** A channel of Slack in which approvers are told, and answer. */
export interface SlackPlan {
  /** Id of the channel: `C…`. */
  readonly channel: string;
  /** Token of the app's bot. */
  readonly token: CredentialConfig;
  readonly signingSecret: CredentialConfig;
  /** Base URL of the methods. */
  readonly api: string;
  readonly events: readonly ApprovalEventType[];
  /** How long somebody in Slack answers as who they linked themselves to, in milliseconds. */
  readonly linkMs: number;
}

/** Approvals as configured. */
export interface ApprovalsPlan {
  readonly waitMs: number;
  readonly grantMs: number;
  readonly clientsOfPeople: readonly string[];
  readonly maxOpen: number;
  readonly maxOpenPerPrincipal: number;
  readonly webhooks: readonly WebhookPlan[];
  readonly slack?: SlackPlan | undefined;
  readonly mail?: MailPlan | undefined;
}

const webhookSchema: z.ZodType<WebhookPlan> = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9_.-]{1,63}$/, 'letters, digits, _ . - only'),
  url: z
    .string()
    .max(2048)
    .refine(isDeliverable, 'expected https://…, or http:// to a loopback address, without user and password'),
  secret: credentialSchema
    .refine((secret) => !('none' in secret), 'a webhook is signed: give it a secret')
    .describe('Key of the signature, 32 characters or more'),
  events: eventsSchema
    .default(['requested', 'granted', 'denied', 'expired', 'voided', 'opened', 'overdue'])
    .describe('What it is told'),
  includeText: z
    .boolean()
    .default(false)
    .describe('Send statement and parameters along, as approvers see them'),
});

const slackSchema: z.ZodType<SlackPlan> = z.strictObject({
  channel: z.string().regex(/^[A-Z][A-Z0-9]{2,30}$/, 'expected the id of a channel, such as C0123ABCD'),
  token: secretSchema.describe('Token of the app’s bot, with chat:write'),
  signingSecret: secretSchema.describe('Signing secret of the app'),
  api: z
    .string()
    .max(2048)
    .refine(isDeliverable, 'expected https://…, or http:// to a loopback address')
    .default('https://slack.com/api'),
  events: eventsSchema.default([
    'requested',
    'granted',
    'denied',
    'expired',
    'voided',
    'opened',
    'reviewed',
    'overdue',
  ]),
  linkMs: z
    .int()
    .min(60_000)
    .max(7 * 86_400_000)
    .default(8 * 3_600_000)
    .describe('How long somebody answers as who they linked themselves to; groups are those of that token'),
});

/** Schema of the key; everything has a default. */
export const approvalsSchema: z.ZodType<ApprovalsPlan> = z
  .strictObject({
    waitMs: z
      .int()
      .min(0)
      .max(600_000)
      .default(20_000)
      .describe('How long a client waits before it is told that its approval is pending'),
    grantMs: z
      .int()
      .min(1_000)
      .max(86_400_000)
      .default(600_000)
      .describe("Longest time from approval to its use; the rule's `within` may shorten it"),
    clientsOfPeople: z
      .array(z.string().min(1).max(512))
      .max(100)
      .default([])
      .describe(
        'Client ids that people use themselves and agents never: approvers may use the one that was asked through',
      ),
    maxOpen: z.int().min(1).max(100_000).default(5_000).describe('Open requests in all'),
    maxOpenPerPrincipal: z
      .int()
      .min(1)
      .max(10_000)
      .default(50)
      .describe('Open requests of one principal and agent'),
    webhooks: z
      .array(webhookSchema)
      .max(20)
      .default([])
      .refine(
        (hooks) => new Set(hooks.map(({ name }) => name)).size === hooks.length,
        'two webhooks have the same name',
      ),
    slack: slackSchema.optional(),
    mail: mailSchema.optional().describe('A mail server by which approvers are told'),
  })
  .prefault({});

/** Plain HTTP only where nobody can listen in: a sidecar on this machine. */
function isDeliverable(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '' || url.hash !== '') return false;
  if (url.protocol === 'https:') return true;
  return url.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
}
