/** What views, functions and the server's own relations hand out of the columns of tables. */
import type { FunctionName, RelationName } from './names.ts';
import { TELLING_FUNCTIONS, TELLTALES } from './telltales.ts';
import type { Walk } from './walk.ts';

const ANYTHING: readonly string[] = ['*'];
const NOTHING: readonly string[] = [];

/** Records what a relation that is read or changed may hand out of others. */
export function noteRelation(walk: Walk, relation: RelationName): void {
  const known = relation.tables.flatMap((table) => walk.relations?.relation(table) ?? []);
  const carries =
    known.length > 0
      ? known.flatMap((one) => one.carries)
      : relation.candidates.flatMap(carriedUnknown(walk));
  walk.found.fields.carry({ dimension: 'tables', names: relation.tables }, carries);
}

type Candidate = RelationName['candidates'][number];

/** Without knowledge a relation may be a view of anything, but for those that each server brings along. */
function carriedUnknown(walk: Walk): (candidate: Candidate) => readonly string[] {
  return ([schema, name]) => {
    if (schema === 'information_schema') return NOTHING;
    const isOwn = schema === 'pg_catalog' && typeof name === 'string' && walk.names.isCatalogRelation(name);
    return isOwn && !TELLTALES.has(name) ? NOTHING : ANYTHING;
  };
}

/** Whether a function or operator may hand out anything: all that are not the server's own, and some that are. */
export function isTelling(name: FunctionName): boolean {
  const isOwn = name.builtin !== undefined && name.functions.length === 1;
  if (!isOwn) return true;
  const isOperator = !/^[a-z_]/.test(name.builtin);
  return isOperator ? !name.safe : TELLING_FUNCTIONS.has(name.builtin);
}
