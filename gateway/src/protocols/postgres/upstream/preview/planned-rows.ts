import type { JsonValue } from '../../../../model/json.ts';

/**
 * The rows that the planner expects a statement to change: those that reach its topmost ModifyTable, from EXPLAIN (FORMAT
 * JSON). Undefined where the plan has another form.
 */
export function plannedRows(plan: string | undefined): number | undefined {
  if (plan === undefined) return undefined;
  let parsed: JsonValue;
  try {
    parsed = JSON.parse(plan) as JsonValue;
  } catch {
    return undefined;
  }
  const [first] = listOf(parsed);
  const top = fieldOf(first, 'Plan');
  if (fieldOf(top, 'Node Type') !== 'ModifyTable') return undefined;
  // Other children of it are plans of WITH and of subqueries.
  const fed = listOf(fieldOf(top, 'Plans')).filter(
    (child) => fieldOf(child, 'Parent Relationship') === 'Outer',
  );
  const rows = (fed.length > 0 ? fed : listOf(fieldOf(top, 'Plans')).slice(0, 1)).map((child) =>
    fieldOf(child, 'Plan Rows'),
  );
  if (rows.length === 0 || !rows.every((one) => typeof one === 'number')) return undefined;
  return rows.reduce((sum, one) => sum + one, 0);
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function fieldOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return (value as Readonly<Record<string, JsonValue>>)[name];
}
