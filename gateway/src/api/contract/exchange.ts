import { z } from 'zod';
import { type ApiSessionDetail, type Damage, damageSchema, sessionDetailSchema } from './session.ts';

/** One request of a session and what came of it. */
export interface ApiExchange {
  readonly exchange: string;
  /** Time of the intent, ISO 8601, UTC. */
  readonly at: string;
  /** As the protocol records it: `{ text, … }` for SQL. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly summary: string;
  readonly effect: 'permit' | 'deny';
  readonly decision: string;
  readonly cause?: string | undefined;
  readonly rules: readonly string[];
  readonly observed?: readonly { readonly rule: string; readonly effect: string }[] | undefined;
  readonly policy: { readonly hash: string; readonly commit?: string | undefined };
  /** Values that were too large for the audit and were replaced by their digest. */
  readonly omitted?:
    | readonly { readonly path: string; readonly bytes: number; readonly sha256: string }[]
    | undefined;
  /** Absent while it runs, and for a denial. */
  readonly outcome?: ApiOutcome | undefined;
}

/** How an exchange ended. */
export interface ApiOutcome {
  readonly at: string;
  readonly status: 'ok' | 'error' | 'cancelled' | 'unknown';
  readonly result: Readonly<Record<string, unknown>>;
  readonly durationMs: number;
}

const outcomeSchema: z.ZodType<ApiOutcome> = z.object({
  at: z.string(),
  status: z.enum(['ok', 'error', 'cancelled', 'unknown']),
  result: z.record(z.string(), z.unknown()),
  durationMs: z.number(),
});

/** An exchange on the wire. */
export const exchangeSchema: z.ZodType<ApiExchange> = z
  .object({
    exchange: z.string(),
    at: z.string(),
    request: z.record(z.string(), z.unknown()),
    summary: z.string(),
    effect: z.enum(['permit', 'deny']),
    decision: z.string(),
    cause: z.string().optional(),
    rules: z.array(z.string()),
    observed: z.array(z.object({ rule: z.string(), effect: z.string() })).optional(),
    policy: z.object({ hash: z.string(), commit: z.string().optional() }),
    omitted: z
      .array(z.object({ path: z.string(), bytes: z.int(), sha256: z.string() }))
      .describe('values that were too large for the audit and were replaced by their digest')
      .optional(),
    outcome: outcomeSchema.optional(),
  })
  .meta({ id: 'Exchange', description: 'One request and what came of it.' });

/** Which exchanges of a session. */
export interface ExchangeQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** Query of one session. */
export const exchangeQuerySchema: z.ZodType<ExchangeQuery> = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(100),
  cursor: z.string().min(1).max(256).optional().describe('`nextCursor` of the page before'),
});

/** A session and a page of its exchanges, the first first. */
export interface SessionTranscript {
  readonly session: ApiSessionDetail;
  readonly exchanges: readonly ApiExchange[];
  /** Absent on the last page. */
  readonly nextCursor?: string | undefined;
  readonly damaged: readonly Damage[];
}

/** A transcript on the wire. */
export const sessionTranscriptSchema: z.ZodType<SessionTranscript> = z
  .object({
    session: sessionDetailSchema,
    exchanges: z.array(exchangeSchema),
    nextCursor: z.string().optional(),
    damaged: damageSchema,
  })
  .meta({ id: 'SessionTranscript' });
