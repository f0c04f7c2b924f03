import { z } from 'zod';

const STATUSES = ['open', 'approved', 'denied', 'expired', 'voided', 'consumed'] as const;

/** Where an approval stands. */
export type ApiApprovalStatus = (typeof STATUSES)[number];

/** A person, as a verified token proves them. */
export interface ApiPerson {
  readonly issuer: string;
  readonly subject: string;
}

/** People of whom some have to agree. */
export interface ApiQuorum {
  readonly rule: string;
  readonly groups: readonly string[];
  readonly count: number;
  /** How many more people it needs. */
  readonly missing: number;
  /** An answer without a comment does not count. */
  readonly comment?: 'required' | undefined;
}

/** What somebody said; `by` is not told to the one who asked. */
export interface ApiAnswer {
  readonly by?: ApiPerson | undefined;
  readonly verdict: 'approve' | 'deny';
  readonly comment?: string | undefined;
  readonly at: string;
}

/** A request for approval, without statement and values. */
export interface ApiApproval {
  readonly id: string;
  readonly status: ApiApprovalStatus;
  readonly summary: string;
  readonly resource: string;
  readonly protocol: string;
  readonly account: string;
  readonly target: string;
  readonly requester: ApiPerson & {
    readonly agent?: string | undefined;
    readonly delegation: readonly { readonly subject: string; readonly issuer?: string | undefined }[];
    readonly run?: string | undefined;
  };
  /** How many rows it would change; absent where nobody asked. */
  readonly rows?: ApiRowPreview | undefined;
  readonly quorums: readonly ApiQuorum[];
  readonly answers: readonly ApiAnswer[];
  /** What an answer has to name. */
  readonly digest: string;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly remainingMs: number;
  readonly closedAt?: string | undefined;
  readonly reason?: string | undefined;
  /** The caller may answer it now. */
  readonly canAnswer: boolean;
  /** Why not: one of the codes in docs/errors.md. */
  readonly cannotAnswer?: string | undefined;
}

/** How many rows a statement would change: one of the three. */
export interface ApiRowPreview {
  readonly estimate?: number | undefined;
  readonly exact?: number | undefined;
  readonly unavailable?: string | undefined;
}

/** What one statement would do: names, no values. */
export interface ApiStatementEffect {
  readonly kind: string;
  readonly writtenTables: readonly string[];
  readonly readTables: readonly string[];
  readonly writtenColumns: readonly string[];
  readonly functions: readonly string[];
  readonly hasWhere: boolean;
  readonly boundedByKey: boolean;
  readonly rowChanges: 'none' | 'counted' | 'unknown';
}

/** Something that the run did before. */
export interface ApiPriorExchange {
  readonly at: string;
  readonly session: string;
  readonly resource: string;
  readonly summary: string;
  readonly effect: 'permit' | 'deny';
  readonly decision: string;
}

/** A value beside the statement. */
export interface ApiApprovalParameter {
  readonly type: string;
  /** Absent where it is sensitive; null for NULL. */
  readonly value?: string | null | undefined;
  readonly sensitive: boolean;
  readonly truncated: boolean;
}

/** A request in full: what an approver has to read. */
export interface ApiApprovalDetail extends ApiApproval {
  readonly text: string;
  /** Characters of the whole text: more than `text` has where it was cut. */
  readonly textLength: number;
  readonly parameters: readonly ApiApprovalParameter[];
  readonly furtherParameters: number;
  /** What each statement would do, as it was read; empty where the protocol has none. */
  readonly effects: readonly ApiStatementEffect[];
  /** What the run did last before it asked, the last one last. */
  readonly before: readonly ApiPriorExchange[];
  readonly policy: { readonly commit?: string | undefined; readonly hash: string };
  readonly session: string;
  readonly decision: string;
}

/** A person on the wire. */
export const personSchema: z.ZodObject<{ issuer: z.ZodString; subject: z.ZodString }> = z.object({
  issuer: z.string(),
  subject: z.string(),
});

/** People of whom some have to agree, on the wire. */
export const quorumSchema: z.ZodType<ApiQuorum> = z.object({
  rule: z.string(),
  groups: z.array(z.string()),
  count: z.int(),
  missing: z.int(),
  comment: z.literal('required').optional().describe('an answer without a comment does not count'),
});

/** What somebody said, on the wire. */
export const answerSchema: z.ZodType<ApiAnswer> = z.object({
  by: personSchema.optional().describe('not told to the one who asked'),
  verdict: z.enum(['approve', 'deny']),
  comment: z.string().optional(),
  at: z.string(),
});

const approval = z.object({
  id: z.string(),
  status: z.enum(STATUSES),
  summary: z.string(),
  resource: z.string(),
  protocol: z.string(),
  account: z.string(),
  target: z.string(),
  requester: personSchema.extend({
    agent: z.string().optional(),
    delegation: z.array(z.object({ subject: z.string(), issuer: z.string().optional() })),
    run: z.string().optional(),
  }),
  rows: z
    .object({
      estimate: z.number().optional().describe('by the planner'),
      exact: z.number().optional().describe('it was run and rolled back'),
      unavailable: z.string().optional().describe('why nobody knows'),
    })
    .optional()
    .describe('rows that it would change'),
  quorums: z.array(quorumSchema),
  answers: z.array(answerSchema),
  digest: z.string().describe('what an answer has to name'),
  createdAt: z.string(),
  expiresAt: z.string().describe('end of the window; of the grant, once it is approved'),
  remainingMs: z.number(),
  closedAt: z.string().optional(),
  reason: z.string().optional(),
  canAnswer: z.boolean(),
  cannotAnswer: z.string().optional().describe('a code of docs/errors.md'),
});

/** An approval on the wire. */
export const approvalSchema: z.ZodType<ApiApproval> = approval.meta({ id: 'Approval' });

/** An approval in full on the wire. */
export const approvalDetailSchema: z.ZodType<ApiApprovalDetail> = approval
  .extend({
    text: z.string(),
    textLength: z.int().describe('characters of the whole; more than `text` has where it was cut'),
    parameters: z.array(
      z.object({
        type: z.string(),
        value: z.string().nullable().optional().describe('absent where it is sensitive'),
        sensitive: z.boolean(),
        truncated: z.boolean(),
      }),
    ),
    furtherParameters: z.int(),
    effects: z
      .array(
        z.object({
          kind: z.string(),
          writtenTables: z.array(z.string()),
          readTables: z.array(z.string()),
          writtenColumns: z.array(z.string()),
          functions: z.array(z.string()),
          hasWhere: z.boolean(),
          boundedByKey: z.boolean(),
          rowChanges: z.enum(['none', 'counted', 'unknown']),
        }),
      )
      .describe('what each statement would do, as it was read'),
    before: z
      .array(
        z.object({
          at: z.string(),
          session: z.string(),
          resource: z.string(),
          summary: z.string(),
          effect: z.enum(['permit', 'deny']),
          decision: z.string(),
        }),
      )
      .describe('what the run did last before it asked, the last one last'),
    policy: z.object({ commit: z.string().optional(), hash: z.string() }),
    session: z.string(),
    decision: z.string(),
  })
  .meta({ id: 'ApprovalDetail' });

/** Id of an approval. */
export const approvalIdSchema: z.ZodType<string> = z
  .string()
  .regex(/^apr_[A-Za-z0-9_-]{24}$/, 'not the id of an approval');

/** Conditions on approvals; they add up. */
export interface ApprovalQuery {
  readonly status?: ApiApprovalStatus | undefined;
  readonly resource?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** Query of the list of approvals. */
export const approvalQuerySchema: z.ZodType<ApprovalQuery> = z.strictObject({
  status: z.enum(STATUSES).optional(),
  resource: z.string().min(1).max(63).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().min(1).max(256).optional().describe('`nextCursor` of the page before'),
});

/** A page of approvals, the last asked for first. */
export interface ApprovalPage {
  readonly approvals: readonly ApiApproval[];
  /** Absent on the last page. */
  readonly nextCursor?: string | undefined;
}

/** A page of approvals on the wire. */
export const approvalPageSchema: z.ZodType<ApprovalPage> = z
  .object({ approvals: z.array(approvalSchema), nextCursor: z.string().optional() })
  .meta({ id: 'ApprovalPage' });

/** An answer to a request. */
export interface ApprovalReply {
  readonly digest: string;
  readonly comment?: string | undefined;
}

/** Body of an answer. */
export const approvalReplySchema: z.ZodType<ApprovalReply> = z.strictObject({
  digest: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'expected the `digest` of the request that you looked at')
    .describe('`digest` of the request that was looked at'),
  comment: z
    .string()
    .min(1)
    .max(300)
    .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]*$/u, 'one line of visible text')
    .optional()
    .describe('recorded; that of a denial is told to the agent'),
});

/** What is told of a webhook. */
export interface ApiWebhook {
  readonly name: string;
  readonly origin: string;
  readonly state: 'unused' | 'ok' | 'failing';
  readonly queued: number;
  readonly delivered: number;
  readonly failed: number;
  readonly dropped: number;
  readonly lastFailure?: { readonly at: string; readonly reason: string } | undefined;
}

/** All webhooks of the gateway. */
export interface WebhookList {
  readonly webhooks: readonly ApiWebhook[];
}

/** The webhooks on the wire. */
export const webhookListSchema: z.ZodType<WebhookList> = z
  .object({
    webhooks: z.array(
      z.object({
        name: z.string(),
        origin: z.string().describe('scheme, host and port: the rest of a URL may be secret'),
        state: z.enum(['unused', 'ok', 'failing']),
        queued: z.int(),
        delivered: z.int(),
        failed: z.int().describe('given up after the last attempt'),
        dropped: z.int().describe('not even tried, because too many waited'),
        lastFailure: z.object({ at: z.string(), reason: z.string() }).optional(),
      }),
    ),
  })
  .meta({ id: 'Webhooks' });
