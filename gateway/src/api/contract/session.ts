import { z } from 'zod';
import { type ApiPrincipal, principalSchema } from './principal.ts';

/** One client connection at a glance. */
export interface ApiSession {
  readonly session: string;
  readonly protocol: string;
  readonly principal: ApiPrincipal;
  readonly resource: string;
  readonly account: string;
  readonly sourceAddress: string;
  /** Id of the session credential that it was opened by, if it was. */
  readonly credential?: string | undefined;
  /** ISO 8601, UTC. */
  readonly openedAt: string;
  readonly closedAt?: string | undefined;
  readonly state: 'open' | 'closed';
  /** It runs on the gateway that answers, so that it can be killed there. */
  readonly live: boolean;
  /** Why it was closed. */
  readonly reason?: string | undefined;
  readonly exchanges: number;
  readonly refused: number;
}

const session = z.object({
  session: z.string(),
  protocol: z.string(),
  principal: principalSchema,
  resource: z.string(),
  account: z.string(),
  sourceAddress: z.string(),
  credential: z.string().optional().describe('id of the session credential that it was opened by'),
  openedAt: z.string().describe('ISO 8601, UTC'),
  closedAt: z.string().optional(),
  state: z.enum(['open', 'closed']),
  live: z.boolean().describe('it runs on this gateway, so that it can be killed here'),
  reason: z.string().optional(),
  exchanges: z.number(),
  refused: z.number(),
});

/** A session on the wire. */
export const sessionSchema: z.ZodType<ApiSession> = session.meta({ id: 'Session' });

/** A session with what its client said of itself. */
export interface ApiSessionDetail extends ApiSession {
  /** Unverified: application_name and the like. */
  readonly hints: Readonly<Record<string, string>>;
  /** Of the protocol: database, TLS version… */
  readonly details: Readonly<Record<string, unknown>>;
}

/** A session in full on the wire. */
export const sessionDetailSchema: z.ZodType<ApiSessionDetail> = session
  .extend({
    hints: z.record(z.string(), z.string()).describe('what the client said of itself, unverified'),
    details: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'SessionDetail' });

/** Id of a session, as the audit has it. */
export const sessionIdSchema: z.ZodType<string> = z
  .string()
  .regex(/^[A-Za-z0-9_]{1,80}$/, 'not a session id');

/** A time on the wire. */
export const instantSchema: z.ZodType<string> = z.iso
  .datetime({
    offset: true,
    error: 'expected a time in ISO 8601 with an offset, such as 2026-11-26T20:00:00Z',
  })
  .max(64);

/** Conditions on sessions; they add up. */
export interface SessionQuery {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly principal?: string | undefined;
  readonly resource?: string | undefined;
  readonly state?: 'open' | 'closed' | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** Query of the list of sessions. */
export const sessionQuerySchema: z.ZodType<SessionQuery> = z.strictObject({
  since: instantSchema.optional().describe('opened at or after this time'),
  until: instantSchema.optional().describe('opened before this time'),
  principal: z.string().min(1).max(512).optional().describe('subject or agent id, the whole value'),
  resource: z.string().min(1).max(63).optional(),
  state: z.enum(['open', 'closed']).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().min(1).max(256).optional().describe('`nextCursor` of the page before'),
});

/** A page of sessions, the last opened first. */
export interface SessionPage {
  readonly sessions: readonly ApiSession[];
  /** Absent on the last page. */
  readonly nextCursor?: string | undefined;
  /** Lines of the audit that could not be read. */
  readonly damaged: readonly Damage[];
}

/** A line of the audit that is no record; `POST /v1/audit/verify` says more. */
export interface Damage {
  readonly file: string;
  readonly offset: number;
}

/** Damage on the wire. */
export const damageSchema: z.ZodType<readonly Damage[]> = z
  .array(z.object({ file: z.string(), offset: z.number() }))
  .describe('lines of the audit that could not be read: verify it; at most ten are named');

/** A page of sessions on the wire. */
export const sessionPageSchema: z.ZodType<SessionPage> = z
  .object({
    sessions: z.array(sessionSchema),
    nextCursor: z.string().optional(),
    damaged: damageSchema,
  })
  .meta({ id: 'SessionPage' });

/** What is told to a client whose session is killed. */
export interface KillRequest {
  readonly reason?: string | undefined;
}

/** Body of a kill. */
export const killRequestSchema: z.ZodType<KillRequest> = z.strictObject({
  reason: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]*$/u, 'one line of visible text')
    .optional()
    .describe('told to the client and recorded'),
});

/** A kill that was done. */
export interface KillAnswer {
  readonly session: string;
  readonly killed: true;
}

/** Answer to a kill. */
export const killAnswerSchema: z.ZodType<KillAnswer> = z
  .object({ session: z.string(), killed: z.literal(true) })
  .meta({ id: 'SessionKilled' });

/** What is told where sessions are followed: nothing but that something changed. */
export const sessionEventSchema: z.ZodType<Readonly<Record<string, never>>> = z
  .strictObject({})
  .meta({ id: 'SessionEvent' });
