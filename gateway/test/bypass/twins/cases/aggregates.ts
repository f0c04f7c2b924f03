/** Aggregates over masked columns, in their arguments, order and filters. */
import { answered, denied, type TwinAttempt } from '../attempt.ts';

const aggregate = (one: string): string[] => [`SELECT ${one} FROM people`];

const DENIED: readonly string[] = [
  'array_agg(id ORDER BY ssn)',
  "string_agg(name, ',' ORDER BY salary)",
  'percentile_cont(0.5) WITHIN GROUP (ORDER BY salary)',
  'array_agg(tags)',
  'bit_xor(salary)',
  'stddev(salary)',
  'corr(salary, id)',
  'regr_slope(id, salary)',
  'jsonb_agg(ssn)',
  'jsonb_object_agg(id, ssn)',
  'JSON_OBJECTAGG(id: ssn)',
  'JSON_ARRAYAGG(ssn ORDER BY salary)',
  'xmlagg(xmlelement(name a, ssn))',
  'range_agg(int4range(0, abs(salary % 5)))',
  'min(people.*::text)',
  'max(tags)',
  'min(ROW(salary, id))',
  'sum(length(ssn))',
];

const ANSWERED: readonly string[] = [
  "count(*) FILTER (WHERE ssn < 'd')",
  'percentile_disc(0.5) WITHIN GROUP (ORDER BY salary)',
  "rank('d'::text) WITHIN GROUP (ORDER BY ssn)",
  'dense_rank(5) WITHIN GROUP (ORDER BY salary)',
  'cume_dist(5) WITHIN GROUP (ORDER BY salary)',
  'bool_or(ssn IS NULL)',
  'every(ssn IS NOT NULL)',
  'any_value(id ORDER BY salary)',
  'max(name) FILTER (WHERE salary > 5)',
  'mode() WITHIN GROUP (ORDER BY length(ssn))',
  'avg(salary)',
];

/** All of them. */
export const AGGREGATES: readonly TwinAttempt[] = [
  ...denied(DENIED.map(aggregate)),
  ...answered(ANSWERED.map(aggregate)),
];
