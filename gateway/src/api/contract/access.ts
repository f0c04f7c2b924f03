import { z } from 'zod';
import {
  type ApiAnswer,
  type ApiPerson,
  type ApiQuorum,
  answerSchema,
  personSchema,
  quorumSchema,
} from './approval.ts';

const STATUSES = ['open', 'approved', 'denied', 'expired', 'voided'] as const;

/** Where a request for access stands; `approved` as long as the window is to come or open, `voided` once it is revoked. */
export type ApiAccessStatus = (typeof STATUSES)[number];

/** The look at an emergency that somebody else owes. */
export interface ApiReview {
  readonly state: 'open' | 'closed';
  readonly dueAt: string;
  readonly overdue: boolean;
  readonly by?: ApiPerson | undefined;
  readonly comment?: string | undefined;
  readonly at?: string | undefined;
}

/** A request for access for a time. */
export interface ApiAccessRequest {
  readonly id: string;
  readonly status: ApiAccessStatus;
  readonly requester: ApiPerson & {
    readonly agent?: string | undefined;
    readonly delegation: readonly { readonly subject: string; readonly issuer?: string | undefined }[];
    readonly run?: string | undefined;
  };
  readonly resource: string;
  readonly protocol: string;
  readonly account: string;
  /** The rules to open. */
  readonly rules: readonly { readonly id: string; readonly phrase: string }[];
  /** Narrows them: dimension → patterns. */
  readonly only: Readonly<Record<string, readonly string[]>>;
  readonly durationMs: number;
  /** When it is to begin; absent: at the approval. */
  readonly start?: string | undefined;
  readonly justification: string;
  readonly breakGlass: boolean;
  readonly quorums: readonly ApiQuorum[];
  readonly answers: readonly ApiAnswer[];
  /** What an answer has to name. */
  readonly digest: string;
  readonly createdAt: string;
  /** End of the time for answers; of the window, once it is granted. */
  readonly expiresAt: string;
  readonly remainingMs: number;
  /** Id of the window, and its times, once it is granted. */
  readonly window?: { readonly id: string; readonly from: string; readonly until: string } | undefined;
  readonly closedAt?: string | undefined;
  readonly reason?: string | undefined;
  readonly review?: ApiReview | undefined;
  readonly policy: { readonly commit?: string | undefined; readonly hash: string };
  /** The caller may answer it now. */
  readonly canAnswer: boolean;
  /** Why not: one of the codes in docs/errors.md. */
  readonly cannotAnswer?: string | undefined;
}

const only = z
  .record(z.string().min(1).max(64), z.array(z.string().min(1).max(512)).min(1).max(100))
  .refine((value) => Object.keys(value).length <= 20, 'at most 20 dimensions');

/** A request for access on the wire. */
export const accessRequestSchema: z.ZodType<ApiAccessRequest> = z
  .object({
    id: z.string(),
    status: z
      .enum(STATUSES)
      .describe('`approved` while the window is to come or open; `voided` once it is revoked'),
    requester: personSchema.extend({
      agent: z.string().optional(),
      delegation: z.array(z.object({ subject: z.string(), issuer: z.string().optional() })),
      run: z.string().optional(),
    }),
    resource: z.string(),
    protocol: z.string(),
    account: z.string(),
    rules: z.array(
      z.object({ id: z.string(), phrase: z.string().describe('what it permits, in a few words') }),
    ),
    only: z.record(z.string(), z.array(z.string())).describe('narrows the rules: dimension → patterns'),
    durationMs: z.number(),
    start: z.string().optional().describe('when it is to begin; absent: at the approval'),
    justification: z.string(),
    breakGlass: z.boolean(),
    quorums: z.array(quorumSchema),
    answers: z.array(answerSchema),
    digest: z.string().describe('what an answer has to name'),
    createdAt: z.string(),
    expiresAt: z.string().describe('end of the time for answers; of the window, once it is granted'),
    remainingMs: z.number(),
    window: z.object({ id: z.string(), from: z.string(), until: z.string() }).optional(),
    closedAt: z.string().optional(),
    reason: z.string().optional(),
    review: z
      .object({
        state: z.enum(['open', 'closed']),
        dueAt: z.string(),
        overdue: z.boolean(),
        by: personSchema.optional(),
        comment: z.string().optional(),
        at: z.string().optional(),
      })
      .optional()
      .describe('of what was opened in an emergency'),
    policy: z.object({ commit: z.string().optional(), hash: z.string() }),
    canAnswer: z.boolean(),
    cannotAnswer: z.string().optional().describe('a code of docs/errors.md'),
  })
  .meta({ id: 'AccessRequest' });

/** Id of a request for access. */
export const accessIdSchema: z.ZodType<string> = z
  .string()
  .regex(/^acc_[A-Za-z0-9_-]{24}$/, 'not the id of a request for access');

const line = z
  .string()
  .min(1)
  .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]*$/u, 'one line of visible text')
  .regex(/\S/, 'at least one word');

/** What is asked for. */
export interface AccessAskBody {
  readonly resource: string;
  readonly account?: string | undefined;
  readonly rules?: readonly string[] | undefined;
  readonly only?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly durationMs: number;
  readonly start?: string | undefined;
  readonly justification: string;
  readonly breakGlass?: boolean | undefined;
}

/** Body of a request for access. */
export const accessAskSchema: z.ZodType<AccessAskBody> = z
  .strictObject({
    resource: z.string().min(1).max(63),
    account: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .describe('the default account of the resource unless said'),
    rules: z
      .array(z.string().min(1).max(200))
      .min(1)
      .max(50)
      .optional()
      .describe('rules to open, as a denial names them; all that may be opened there unless said'),
    only: only.optional().describe('narrows the rules by keys of `match`: `{ "tables": ["public.orders"] }`'),
    durationMs: z.int().min(1_000).max(2_592_000_000).describe('how long the window lasts'),
    start: z.iso
      .datetime({ offset: true })
      .optional()
      .describe('when it begins; at the approval unless said. What is approved late ends no later'),
    justification: line.max(500).describe('why: approvers read it, and it is recorded'),
    breakGlass: z
      .boolean()
      .optional()
      .describe('an emergency: open it at once, where the rule lets you; it is reviewed afterwards'),
  })
  .meta({ id: 'AccessAsk' });

/** Conditions on requests for access; they add up. */
export interface AccessQuery {
  readonly status?: ApiAccessStatus | undefined;
  readonly review?: 'open' | 'closed' | undefined;
  readonly resource?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** Query of the list. */
export const accessQuerySchema: z.ZodType<AccessQuery> = z.strictObject({
  status: z.enum(STATUSES).optional(),
  review: z.enum(['open', 'closed']).optional().describe('only emergencies whose review is so'),
  resource: z.string().min(1).max(63).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().min(1).max(256).optional().describe('`nextCursor` of the page before'),
});

/** A page of requests, the last asked for first. */
export interface AccessPage {
  readonly requests: readonly ApiAccessRequest[];
  /** Absent on the last page. */
  readonly nextCursor?: string | undefined;
}

/** A page on the wire. */
export const accessPageSchema: z.ZodType<AccessPage> = z
  .object({ requests: z.array(accessRequestSchema), nextCursor: z.string().optional() })
  .meta({ id: 'AccessPage' });

/** Why an emergency was in order. */
export interface ReviewBody {
  readonly comment: string;
}

/** Body of a review. */
export const reviewSchema: z.ZodType<ReviewBody> = z.strictObject({
  comment: line.max(300).describe('what was found; recorded'),
});

/** A rule that people may open to the caller. */
export interface ApiAccessRule {
  readonly rule: string;
  readonly resource: string;
  readonly account: string;
  readonly phrase: string;
  readonly description?: string | undefined;
  readonly by: readonly string[];
  readonly count: number;
  readonly upToMs: number;
  /** The caller may open it at once in an emergency. */
  readonly breakGlass: boolean;
}

/** What may be asked for. */
export interface AccessRules {
  readonly rules: readonly ApiAccessRule[];
}

/** What may be asked for, on the wire. */
export const accessRulesSchema: z.ZodType<AccessRules> = z
  .object({
    rules: z.array(
      z.object({
        rule: z.string(),
        resource: z.string(),
        account: z.string(),
        phrase: z.string().describe('what it permits, in a few words'),
        description: z.string().optional(),
        by: z.array(z.string()).describe('groups of those who open it'),
        count: z.int(),
        upToMs: z.number().describe('longest window'),
        breakGlass: z.boolean().describe('the caller may open it at once in an emergency'),
      }),
    ),
  })
  .meta({ id: 'AccessRules' });

/** Conditions on rules. */
export interface AccessRulesQuery {
  readonly resource?: string | undefined;
}

/** Query of the rules. */
export const accessRulesQuerySchema: z.ZodType<AccessRulesQuery> = z.strictObject({
  resource: z.string().min(1).max(63).optional(),
});
