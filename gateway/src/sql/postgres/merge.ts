import { WILDCARD } from '../qualified-name.ts';
import { type AstNode, nodeAt, nodesAt, textAt } from './ast.ts';
import { type BoundTarget, boundOf } from './bound.ts';
import { walkExpression, walkList } from './expression.ts';
import { valueGroup } from './field-uses.ts';
import type { Bound } from './findings.ts';
import { walkFrom } from './from-clause.ts';
import { NO_ORIGINS } from './lineage.ts';
import { finish, handledFields, type Target, targetOf, walkAssignments, write } from './modify.ts';
import type { Scope } from './scope.ts';
import type { QueryShape, Walk } from './walk.ts';
import { openScope } from './with-clause.ts';

const MERGE_FIELDS = handledFields('sourceRelation', 'joinCondition', 'mergeWhenClauses');

/** Walks MERGE: one atom for MERGE itself and one for each kind of action. */
export function walkMerge(walk: Walk, node: AstNode, outer: Scope): QueryShape {
  walk.found.modifications += 1;
  const scope = openScope(walk, node.fields, outer);
  const target = targetOf(walk, node.fields);
  if (target === undefined) return { outputs: new Set(), columns: NO_ORIGINS, lockable: [] };
  walk.found.use('MERGE', target.relation);
  // The server asks for SELECT on the target even when no column of it is named.
  walk.found.use('SELECT', target.relation);
  scope.relations.push(target.shown);
  walkFrom(walk, nodesAt(node.fields, 'sourceRelation'), scope);
  const condition = nodeAt(node.fields, 'joinCondition');
  compare(walk, condition, scope);
  const others = scope.relations.filter((relation) => relation !== target.shown);
  const bounded: BoundTarget = { targets: [target.shown], inSight: scope.relations.length, others };
  const join = boundOf(walk, condition, bounded);
  for (const clause of nodesAt(node.fields, 'mergeWhenClauses'))
    walkAction(walk, clause, target, scope, join, bounded);
  return finish(walk, node, target, scope, MERGE_FIELDS);
}

function compare(walk: Walk, condition: AstNode | undefined, scope: Scope): void {
  if (condition !== undefined)
    walk.found.fields.decide('condition', () => walkExpression(walk, condition, scope));
}

function walkAction(
  walk: Walk,
  clause: AstNode,
  target: Target,
  scope: Scope,
  join: Bound,
  bounded: BoundTarget,
): void {
  const condition = nodeAt(clause.fields, 'condition');
  compare(walk, condition, scope);
  const assignments = nodesAt(clause.fields, 'targetList');
  switch (textAt(clause.fields, 'commandType')) {
    case 'CMD_INSERT':
      walkMergeInsert(walk, clause, target, scope);
      return;
    case 'CMD_UPDATE':
      walk.found.use('UPDATE', target.relation);
      walkAssignments(walk, 'UPDATE', target.relation, assignments, scope);
      break;
    case 'CMD_DELETE':
      walk.found.use('DELETE', target.relation);
      break;
    case 'CMD_NOTHING':
      return;
    default:
      walk.found.opaque.add('unknown MERGE action');
      return;
  }
  // NOT MATCHED BY SOURCE takes the rows that the join leaves over: only its own condition restricts it.
  const own = boundOf(walk, condition, bounded);
  const bySource = textAt(clause.fields, 'matchKind') === 'MERGE_WHEN_NOT_MATCHED_BY_SOURCE';
  walk.found.bounds.push({
    hasWhere: own.hasWhere || (join.hasWhere && !bySource),
    byKey: own.byKey || (join.byKey && !bySource),
  });
}

/** The INSERT of a MERGE: each value goes to the column at its place. */
function walkMergeInsert(walk: Walk, clause: AstNode, target: Target, scope: Scope): void {
  const { fields } = walk.found;
  const assignments = nodesAt(clause.fields, 'targetList');
  const groups = assignments.length === 0 ? [valueGroup()] : assignments.map(() => valueGroup());
  walk.found.use('INSERT', target.relation);
  if (assignments.length === 0) {
    walk.found.useColumn('INSERT', target.relation, WILDCARD);
    fields.together(() => write(walk, target.relation, WILDCARD), groups[0]);
  }
  walkAssignments(walk, 'INSERT', target.relation, assignments, scope, groups);
  nodesAt(clause.fields, 'values').forEach((value, index) => {
    fields.together(() => walkList(walk, [value], scope), groups[Math.min(index, groups.length - 1)]);
  });
}
