import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { CheckResult } from '../../model/check-result.ts';
import { type DoctorContext, doubtful, well } from '../check.ts';

const CHECK = 'reviews';
const MAX_NAMED = 5;

/** What was opened in an emergency and has not been reviewed: listed as long as it is so. */
export async function checkReviews({ plan, clock }: DoctorContext): Promise<readonly CheckResult[]> {
  const file = join(plan.dataDir, 'state', 'state.sqlite');
  if (!existsSync(file)) return [well(CHECK, 'no state yet')];
  using database = new DatabaseSync(file, { readOnly: true, timeout: 2_000 });
  if (!hasReviews(database)) return [well(CHECK, 'no emergency has a review open')];
  const rows = database
    .prepare(
      "SELECT id, json_extract(body, '$.access.review.dueMs') AS due FROM approvals_requests WHERE review = 'open' ORDER BY place",
    )
    .all();
  if (rows.length === 0) return [well(CHECK, 'no emergency has a review open')];
  const overdue = rows.filter(({ due }) => Number(due) <= clock.nowMs());
  const remedy = 'somebody of the groups that open the rule runs `sallyport access review`';
  const isLate = overdue.length > 0;
  const named = (isLate ? overdue : rows).slice(0, MAX_NAMED).map(({ id }) => String(id));
  const more = (isLate ? overdue : rows).length - named.length;
  const names = `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  const message = isLate
    ? `${overdue.length} of ${rows.length} open reviews of emergencies are overdue: ${names}`
    : `${rows.length} emergencies have their review open: ${names}`;
  return [doubtful(CHECK, message, remedy)];
}

/** The store of an older gateway has none, nor has one that was never started. */
function hasReviews(database: DatabaseSync): boolean {
  return database
    .prepare('SELECT name FROM pragma_table_info(?)')
    .all('approvals_requests')
    .some(({ name }) => name === 'review');
}
