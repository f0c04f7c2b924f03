import { z } from 'zod';

/** Bounds that hold whatever the policy says (P10). */
export interface LimitsPlan {
  /** Sessions that a principal may have open at once, on all resources together. */
  readonly sessionsPerPrincipal: number;
  /** Failed authentications of one address in a minute; then it is refused unheard for the rest of it. */
  readonly failedAuthenticationsPerMinute: number;
  readonly rows?: number | undefined;
  readonly bytes?: number | undefined;
  readonly timeoutMs?: number | undefined;
  readonly statementsPerMinute?: number | undefined;
}

/** Schema of the key `limits`. */
export const limitsSchema: z.ZodType<LimitsPlan> = z
  .strictObject({
    sessionsPerPrincipal: z.int().min(1).max(100_000).default(200),
    failedAuthenticationsPerMinute: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(120)
      .describe('Of one address (IPv6: one /64); then it is refused unheard for the rest of the minute'),
    rows: z.int().min(1).optional().describe('Rows of one exchange, for everybody; default: no bound'),
    bytes: z.int().min(1).optional().describe('Bytes of these rows; default: no bound'),
    timeoutMs: z.int().min(1).max(86_400_000).optional().describe('Time of one exchange; default: no bound'),
    statementsPerMinute: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .describe('Statements of one principal in any 60 seconds; default: no bound'),
  })
  .prefault({});
