import { z } from 'zod';

/** A run that is stopped for a while. */
export interface ApiQuarantine {
  readonly id: string;
  readonly issuer: string;
  readonly subject: string;
  readonly agent?: string | undefined;
  /** Absent: all that this principal does through this agent without a verified run. */
  readonly run?: string | undefined;
  readonly resource: string;
  readonly session: string;
  /** How often the same had been denied. */
  readonly count: number;
  readonly since: string;
  readonly until: string;
  readonly remainingMs: number;
}

/** A quarantine on the wire. */
export const apiQuarantineSchema: z.ZodType<ApiQuarantine> = z
  .object({
    id: z.string().describe('id of the finding that it began with'),
    issuer: z.string(),
    subject: z.string(),
    agent: z.string().optional(),
    run: z.string().optional().describe('absent: whatever is done through the agent without a verified run'),
    resource: z.string().describe('where it began; it holds everywhere'),
    session: z.string(),
    count: z.int().describe('how often the same had been denied'),
    since: z.string(),
    until: z.string(),
    remainingMs: z.number(),
  })
  .meta({ id: 'Quarantine' });

/** All quarantines in force, the one that ends last first. */
export interface QuarantineList {
  readonly quarantines: readonly ApiQuarantine[];
}

/** The quarantines on the wire. */
export const quarantineListSchema: z.ZodType<QuarantineList> = z
  .object({ quarantines: z.array(apiQuarantineSchema) })
  .meta({ id: 'Quarantines' });

/** Id of a quarantine. */
export const quarantineIdSchema: z.ZodType<string> = z
  .string()
  .regex(/^fnd_[0-9a-f]{24}$/, 'not the id of a quarantine');
