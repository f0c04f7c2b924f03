import { z } from 'zod';

/** One run of an agent at a glance: all that it did, whichever way. */
export interface ApiRun {
  /** Opaque; what is asked for it by. */
  readonly id: string;
  /** As the agent's token names it. */
  readonly run: string;
  readonly subject: string;
  readonly agent?: string | undefined;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** Absent while one of its sessions is open. */
  readonly endedAt?: string | undefined;
  readonly sessions: number;
  readonly exchanges: number;
  readonly refused: number;
  readonly protocols: readonly string[];
  readonly resources: readonly string[];
}

const run = z.object({
  id: z.string().describe('opaque'),
  run: z.string().describe('as the token of the agent names it'),
  subject: z.string(),
  agent: z.string().optional(),
  startedAt: z.string().describe('ISO 8601, UTC'),
  endedAt: z.string().optional().describe('absent while one of its sessions is open'),
  sessions: z.int(),
  exchanges: z.int(),
  refused: z.int(),
  protocols: z.array(z.string()),
  resources: z.array(z.string()),
});

/** A run on the wire. */
export const runSchema: z.ZodType<ApiRun> = run.meta({ id: 'Run' });

/** A session of a run. */
export interface ApiRunSession {
  readonly session: string;
  readonly protocol: string;
  readonly resource: string;
  readonly account: string;
  readonly openedAt: string;
  readonly closedAt?: string | undefined;
  readonly exchanges: number;
  readonly refused: number;
  /** It runs on the gateway that answers: its recording can be followed. */
  readonly live: boolean;
}

/** A run with its sessions, the first opened first. */
export interface ApiRunDetail {
  readonly run: ApiRun;
  /** At most 500; `run.sessions` says how many there are. */
  readonly sessions: readonly ApiRunSession[];
}

/** A run in full on the wire. */
export const runDetailSchema: z.ZodType<ApiRunDetail> = z
  .object({
    run: runSchema,
    sessions: z
      .array(
        z.object({
          session: z.string(),
          protocol: z.string(),
          resource: z.string(),
          account: z.string(),
          openedAt: z.string(),
          closedAt: z.string().optional(),
          exchanges: z.int(),
          refused: z.int(),
          live: z.boolean().describe('it runs on this gateway, so that its recording can be followed'),
        }),
      )
      .describe('the first opened first; at most 500'),
  })
  .meta({ id: 'RunDetail' });

/** Id of a run. */
export const runIdSchema: z.ZodType<string> = z
  .string()
  .regex(/^run_[A-Za-z0-9_-]{8,2000}$/, 'not the id of a run');

/** Conditions on runs; they add up. */
export interface RunQuery {
  readonly principal?: string | undefined;
  readonly run?: string | undefined;
  readonly resource?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

const value = z.string().min(1).max(512).optional();

/** Query of the list of runs. */
export const runQuerySchema: z.ZodType<RunQuery> = z.strictObject({
  principal: value.describe('subject or agent id, the whole value'),
  run: value.describe('as the token of the agent names it'),
  resource: value,
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().min(1).max(256).optional().describe('`nextCursor` of the page before'),
});

/** A page of runs, the last begun first. */
export interface RunPage {
  readonly runs: readonly ApiRun[];
  /** Absent on the last page. */
  readonly nextCursor?: string | undefined;
}

/** A page of runs on the wire. */
export const runPageSchema: z.ZodType<RunPage> = z
  .object({ runs: z.array(runSchema), nextCursor: z.string().optional() })
  .meta({ id: 'RunPage' });
