import { z } from 'zod';
import { instantSchema } from './session.ts';

/** Of which time to count. */
export interface StatisticsQuery {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** Minutes of a step of the series. */
  readonly step: number;
}

/** Query of the statistics. */
export const statisticsQuerySchema: z.ZodType<StatisticsQuery> = z.strictObject({
  since: instantSchema.optional().describe('a day ago unless said'),
  until: instantSchema.optional().describe('now unless said'),
  step: z.coerce
    .number()
    .int()
    .min(5)
    .max(10_080)
    .multipleOf(5)
    .default(60)
    .describe('minutes of a step of the series, a multiple of 5'),
});

/** Requests that were permitted and denied. */
export interface DecisionCount {
  readonly permitted: number;
  readonly denied: number;
}

/** What was asked and decided, counted. */
export interface ApiStatistics {
  readonly since: string;
  readonly until: string;
  readonly step: number;
  /** Steps in which something was asked, the first first. */
  readonly series: readonly (DecisionCount & { readonly from: string })[];
  /** The busiest first. */
  readonly agents: readonly (DecisionCount & {
    readonly subject: string;
    readonly agent?: string | undefined;
  })[];
  readonly resources: readonly (DecisionCount & { readonly resource: string })[];
  /** Rules that decided something, or would have. */
  readonly rules: readonly (DecisionCount & {
    readonly rule: string;
    readonly lastAt: string;
    /** What it would have decided while it was only observed. */
    readonly observed: DecisionCount;
  })[];
}

const counts = { permitted: z.int(), denied: z.int() };

/** The statistics on the wire. */
export const statisticsSchema: z.ZodType<ApiStatistics> = z
  .object({
    since: z.string(),
    until: z.string(),
    step: z.int(),
    series: z.array(z.object({ from: z.string(), ...counts })).describe('steps in which something was asked'),
    agents: z.array(z.object({ subject: z.string(), agent: z.string().optional(), ...counts })),
    resources: z.array(z.object({ resource: z.string(), ...counts })),
    rules: z
      .array(
        z.object({
          rule: z.string(),
          lastAt: z.string(),
          ...counts,
          observed: z.object(counts).describe('what it would have decided while it was only observed'),
        }),
      )
      .describe('rules that decided something, or would have; a request may have several'),
  })
  .meta({ id: 'Statistics' });
