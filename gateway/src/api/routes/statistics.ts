/** How much was asked, by whom, and what was decided by which rule. */
import {
  type ApiStatistics,
  type StatisticsQuery,
  statisticsQuerySchema,
  statisticsSchema,
} from '../contract/statistics.ts';
import type { Endpoint } from '../endpoint.ts';
import { ApiError } from '../errors.ts';
import { recordingsOf, refusalOf } from '../recording-lines.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
/** Most steps of a series. */
const MAX_STEPS = 1_000;

const statistics: Endpoint<StatisticsQuery, unknown, ApiStatistics> = {
  method: 'get',
  path: '/v1/statistics',
  operationId: 'statistics',
  tag: 'sessions',
  summary: 'Count decisions over time, by agent, resource and rule',
  description: 'Of sessions that are recorded, for as long as their recordings are kept.',
  role: 'reader',
  query: statisticsQuerySchema,
  answer: { schema: statisticsSchema, description: 'The counts.' },
  details: ({ query }) =>
    Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)),
  handle: async ({ query }, { services }) => {
    const untilMs = query.until === undefined ? services.clock.nowMs() : Date.parse(query.until);
    const sinceMs = query.since === undefined ? untilMs - DAY_MS : Date.parse(query.since);
    const stepMs = query.step * MINUTE_MS;
    if (untilMs < sinceMs || (untilMs - sinceMs) / stepMs > MAX_STEPS) {
      throw new ApiError(
        'ERR_API_INVALID',
        `\`until\` comes before \`since\`, or there are more than ${MAX_STEPS} steps between them; take a longer step`,
      );
    }
    const { series, rules, ...rest } = await recordingsOf(services)
      .ask('statistics', { sinceMs, untilMs, stepMs })
      .catch((error: unknown) => {
        throw refusalOf(error);
      });
    return {
      since: time(sinceMs),
      until: time(untilMs),
      step: query.step,
      series: series.map(({ fromMs, ...counts }) => ({ from: time(fromMs), ...counts })),
      rules: rules.map(({ lastMs, ...rule }) => ({ ...rule, lastAt: time(lastMs) })),
      ...rest,
    };
  },
};

/** The endpoint of the statistics. */
export const statisticsEndpoints: readonly Endpoint[] = [statistics] as readonly Endpoint[];

function time(ms: number): string {
  return new Date(ms).toISOString();
}
