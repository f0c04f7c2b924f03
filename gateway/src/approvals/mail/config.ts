/** The key `approvals.mail`. */
import { z } from 'zod';
import type { CredentialConfig } from '../../credentials/config.ts';
import type { ApprovalEventType } from '../../model/approval.ts';
import { eventsSchema, secretSchema } from '../notice-config.ts';

/** A mail server by which approvers are told. */
export interface MailPlan {
  /** Name or address, for which its certificate has to be good. */
  readonly host: string;
  /** Absent: 587, with `implicit` 465. */
  readonly port?: number | undefined;
  /** `none` to this machine alone. */
  readonly tls: 'starttls' | 'implicit' | 'none';
  /** PEM file of the authorities that its certificate may be of; absent: those of Node. */
  readonly ca?: string | undefined;
  /** Absent: the server asks nobody who they are. */
  readonly login?: { readonly user: string; readonly password: CredentialConfig } | undefined;
  readonly from: string;
  /** Group of approvers → addresses. `*` stands for groups that are not named. */
  readonly to: Readonly<Record<string, readonly string[]>>;
  readonly events: readonly ApprovalEventType[];
  /** Where people have the console; absent: at the first of `api.names`. */
  readonly console?: string | undefined;
}

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1']);

/** A mailbox of RFC 5321 without quoting, and without anything that means something in a header. */
const address = z
  .string()
  .max(254)
  .regex(
    /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$/,
    'expected an address such as dba@example.com, without a name',
  );

/** Schema of {@link MailPlan}. */
export const mailSchema: z.ZodType<MailPlan> = z
  .strictObject({
    host: z
      .string()
      .max(253)
      .regex(/^([A-Za-z0-9._-]+|[0-9A-Fa-f:.]+)$/, 'expected a host name or an address, without port'),
    port: z.int().min(1).max(65_535).optional().describe('Default: 587, with `tls: implicit` 465'),
    tls: z
      .enum(['starttls', 'implicit', 'none'])
      .default('starttls')
      .describe('`starttls` is demanded, never only tried; `none` goes to this machine alone'),
    ca: z.string().min(1).max(4096).optional().describe('PEM file of the authorities of its certificate'),
    login: z
      .strictObject({
        user: z
          .string()
          .min(1)
          .max(256)
          .regex(/^[^\p{Cc}]+$/u, 'no control characters'),
        password: secretSchema,
      })
      .optional(),
    from: address,
    to: z
      .record(z.string().min(1).max(256), z.array(address).min(1).max(50))
      .refine((groups) => Object.keys(groups).length > 0, 'name at least one group')
      .refine((groups) => Object.keys(groups).length <= 100, 'a hundred groups at most')
      .describe('Group of approvers → addresses; `*` stands for groups that are not named'),
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
    console: z
      .string()
      .max(2048)
      .refine(isConsole, 'expected https://…/console, without user, password, query and fragment')
      .optional()
      .describe('Where people have the console. Default: at the first of `api.names`'),
  })
  .refine(({ tls, host }) => tls !== 'none' || LOOPBACK.has(host), {
    path: ['tls'],
    error: 'mail to another machine can be read on the way: use `starttls` or `implicit`',
  });

function isConsole(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol === 'https:' && url.username + url.password + url.search + url.hash === '';
}
