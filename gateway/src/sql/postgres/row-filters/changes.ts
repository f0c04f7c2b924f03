/** INSERT, UPDATE, DELETE and MERGE of filtered relations. */
import { nodeAt, nodesAt, structAt, textAt, unwrap } from '../ast.ts';
import { checkedValue } from './checked-value.ts';
import type { FilteredRelation } from './filtered-relations.ts';
import { guardOf } from './guard.ts';
import { checkInserted, checkMerged } from './inserts.ts';
import type { Rewriting } from './rewrite.ts';
import { conjuncts, isSafe } from './safe-conditions.ts';
import { allOf, caseWhen, type Tree, truth } from './tree.ts';

/** Keeps an UPDATE within the filter of its target. */
export function rewriteUpdate(rewriting: Rewriting, fields: Tree): void {
  const target = targetOf(rewriting, fields);
  if (target === undefined) return;
  fields['whereClause'] = guarded(
    rewriting,
    target,
    fields['whereClause'],
    fields['fromClause'] === undefined,
  );
  checkAssignments(rewriting, target.relation, fields['targetList']);
}

/** Keeps a DELETE within the filter of its target. */
export function rewriteDelete(rewriting: Rewriting, fields: Tree): void {
  const target = targetOf(rewriting, fields);
  if (target === undefined) return;
  fields['whereClause'] = guarded(
    rewriting,
    target,
    fields['whereClause'],
    fields['usingClause'] === undefined,
  );
}

/** Keeps an INSERT, and what it does where there is a row already, within the filter of its target. */
export function rewriteInsert(rewriting: Rewriting, fields: Tree): void {
  const target = targetOf(rewriting, fields);
  if (target === undefined) return;
  checkInserted(rewriting, fields, target.relation);
  const conflict = structAt(fields, 'onConflictClause') as Tree | undefined;
  if (conflict === undefined || textAt(conflict, 'action') !== 'ONCONFLICT_UPDATE') return;
  conflict['whereClause'] = guarded(rewriting, target, conflict['whereClause'], false);
  checkAssignments(rewriting, target.relation, conflict['targetList']);
}

/** Keeps a MERGE within the filter of its target: rows outside of it match nothing, and are never "not matched by source". */
export function rewriteMerge(rewriting: Rewriting, fields: Tree): void {
  const target = targetOf(rewriting, fields);
  if (target === undefined) return;
  fields['joinCondition'] = guarded(rewriting, target, fields['joinCondition'], false);
  for (const { fields: clause } of nodesAt(fields, 'mergeWhenClauses') as readonly { fields: Tree }[]) {
    if (textAt(clause, 'matchKind') === 'MERGE_WHEN_NOT_MATCHED_BY_SOURCE') {
      clause['condition'] = guarded(rewriting, target, clause['condition'], false);
    }
    const command = textAt(clause, 'commandType');
    if (command === 'CMD_UPDATE') checkAssignments(rewriting, target.relation, clause['targetList']);
    if (command === 'CMD_INSERT') checkMerged(rewriting, clause, target.relation);
  }
}

/** The relation that is changed, and the name by which conditions know it. */
interface Target {
  readonly relation: FilteredRelation;
  readonly alias: string;
}

function targetOf(rewriting: Rewriting, fields: Tree): Target | undefined {
  const rangeVar = structAt(fields, 'relation') as Tree | undefined;
  if (rangeVar === undefined) return undefined;
  rewriting.accept(rangeVar);
  const meaning = rewriting.relations.meaning(rangeVar);
  if (meaning === 'clear') return undefined;
  if ('reason' in meaning) {
    rewriting.refuse(meaning);
    return undefined;
  }
  rewriting.isChanged = true;
  rangeVar['schemaname'] = meaning.schema;
  const alias = structAt(rangeVar, 'alias');
  return { relation: meaning, alias: alias === undefined ? meaning.name : textAt(alias, 'aliasname') };
}

/**
 * The filter first, and nothing of the condition before the row is known to be within it, but for what tells nothing:
 * `guard AND safe AND CASE WHEN guard THEN condition ELSE false END`. AND alone promises no order.
 */
function guarded(
  rewriting: Rewriting,
  { relation, alias }: Target,
  condition: unknown,
  isAlone: boolean,
): Tree | undefined {
  const guard = guardOf(relation.terms, alias);
  if (condition === undefined) return guard;
  if (unwrap(condition)?.type === 'CurrentOfExpr') {
    rewriting.refuse({
      rule: relation.rule,
      reason: 'WHERE CURRENT OF cannot be filtered: name the row by a key',
    });
    return guard;
  }
  const parts = conjuncts(condition);
  const types = relation.known.types ?? new Map<string, number>();
  const safe = parts.filter((part) => isSafe(part, { alias, types, isAlone }, rewriting.names));
  const rest = parts.filter((part) => !safe.includes(part));
  const early = allOf([guard, ...safe]);
  if (rest.length === 0) return early;
  return allOf([guard, ...safe, caseWhen(structuredClone(guard), allOf(rest), truth(false))]);
}

/** What is assigned to a column of the filter has to be within it; other columns cannot bring a row out of it. */
function checkAssignments(
  rewriting: Rewriting,
  { known, rule, terms }: FilteredRelation,
  list: unknown,
): void {
  if (!Array.isArray(list)) return;
  for (const { fields } of nodesAt({ list }, 'list')) {
    const column = textAt(fields, 'name');
    const own = terms.filter((term) => term.column === column);
    if (own.length === 0) continue;
    const value = nodeAt(fields, 'val');
    const isPlain =
      fields['indirection'] === undefined &&
      value?.type !== 'MultiAssignRef' &&
      value?.type !== 'SetToDefault';
    const checked = isPlain ? checkedValue(fields['val'] as Tree, known.types?.get(column), own) : undefined;
    if (checked === undefined) {
      rewriting.refuse({
        rule,
        reason: `rows are filtered by ${column}: what is assigned to it here cannot be checked`,
      });
      return;
    }
    (fields as Tree)['val'] = checked;
  }
}
