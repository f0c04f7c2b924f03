import { type AstNode, flagAt, nodeAt, nodesAt, stringsAt, structAt, textAt } from './ast.ts';
import { referenceParts } from './expression.ts';
import type { Bound } from './findings.ts';
import { type PredicateContext, restricts } from './predicate.ts';
import type { ScopeRelation } from './scope.ts';
import type { Walk } from './walk.ts';

/** What is to be bounded, and what else is in sight. */
export interface BoundTarget {
  /** The relations whose rows are to be restricted. */
  readonly targets: readonly ScopeRelation[];
  /** Number of relations in sight: with one, unqualified columns are its columns. */
  readonly inSight: number;
  /** What else is in sight: a target's own table among them restricts nothing when it is joined by equal columns. */
  readonly others?: readonly ScopeRelation[];
}

/** Judges a WHERE (or join condition) over the target's rows. */
export function boundOf(walk: Walk, where: AstNode | undefined, target: BoundTarget): Bound {
  const context = contextOf(walk, target);
  const hasWhere = restricts(where, context);
  return { hasWhere, byKey: hasWhere && where !== undefined && fixesKey(walk, where, target, context) };
}

function contextOf(walk: Walk, target: BoundTarget): PredicateContext {
  const aliases = new Set(target.targets.map((relation) => relation.alias));
  const tables = new Set(target.targets.flatMap((relation) => relation.tables.flatMap((t) => t.tables)));
  const alone = target.inSight === target.targets.length;
  const twins = new Set(
    (target.others ?? [])
      .filter((other) => !aliases.has(other.alias) && isOneOf(other, tables))
      .map((other) => other.alias),
  );
  return {
    aliases,
    twinColumn: (reference) => {
      const [qualifier, column] = referenceParts(reference).slice(-2);
      if (typeof qualifier !== 'string' || typeof column !== 'string') return undefined;
      return twins.has(qualifier) ? column : undefined;
    },
    column: (reference) => {
      const parts = referenceParts(reference);
      const name = parts.at(-1);
      const column = typeof name === 'string' ? name : undefined;
      if (parts.length === 1) return alone ? column : undefined;
      const qualifier = parts.at(-2);
      return typeof qualifier === 'string' && aliases.has(qualifier) ? column : undefined;
    },
    readsAllOfTarget: (query) => {
      const from = nodesAt(query.fields, 'fromClause');
      const only = from[0];
      if (query.type !== 'SelectStmt' || from.length !== 1 || only?.type !== 'RangeVar') return false;
      const relation = walk.names.relation(only.fields);
      if (relation === undefined || !relation.tables.some((table) => tables.has(table))) return false;
      const alias = structAt(only.fields, 'alias');
      const shown = {
        alias: alias === undefined ? textAt(only.fields, 'relname') : textAt(alias, 'aliasname'),
        tables: [relation],
        renamed: false,
      };
      return !boundOf(walk, nodeAt(query.fields, 'whereClause'), { targets: [shown], inSight: 1 }).hasWhere;
    },
  };
}

function isOneOf(relation: ScopeRelation, tables: ReadonlySet<string>): boolean {
  return relation.tables.some((table) => table.tables.some((name) => tables.has(name)));
}

/** True when the conjunction fixes every column of some unique key of every target to constants. */
function fixesKey(walk: Walk, where: AstNode, target: BoundTarget, context: PredicateContext): boolean {
  const fixed = new Set(conjuncts(where).flatMap((node) => fixedColumn(node, context) ?? []));
  if (fixed.size === 0 || target.targets.length !== 1) return false;
  return target.targets.every((relation) => {
    const [table] = relation.tables;
    if (table === undefined || relation.tables.length !== 1 || relation.renamed) return false;
    return walk.keysOf(table).some((key) => key.length > 0 && key.every((column) => fixed.has(column)));
  });
}

function conjuncts(node: AstNode): AstNode[] {
  return node.type === 'BoolExpr' && textAt(node.fields, 'boolop') === 'AND_EXPR'
    ? nodesAt(node.fields, 'args').flatMap(conjuncts)
    : [node];
}

/** The column that `column = constant` or `column IN (constants)` fixes. */
function fixedColumn(node: AstNode, context: PredicateContext): string | undefined {
  const kind = textAt(node.fields, 'kind');
  if (node.type !== 'A_Expr' || (kind !== 'AEXPR_OP' && kind !== 'AEXPR_IN')) return undefined;
  const name = stringsAt(node.fields, 'name');
  if (name.at(-1) !== '=' || (name.length > 1 && name[0] !== 'pg_catalog')) return undefined;
  const left = nodeAt(node.fields, 'lexpr');
  const right = nodesAt(node.fields, 'rexpr');
  if (left === undefined || right.length === 0) return undefined;
  if (left.type === 'ColumnRef' && right.every(isConstant)) return context.column(left);
  const [only] = right;
  if (kind === 'AEXPR_OP' && only?.type === 'ColumnRef' && isConstant(left)) return context.column(only);
  return undefined;
}

/** A literal or a parameter, also under a cast. NULL fixes nothing, but then matches nothing either. */
function isConstant(node: AstNode): boolean {
  if (node.type === 'ParamRef') return true;
  if (node.type === 'A_Const') return !flagAt(node.fields, 'isnull');
  const arg = node.type === 'TypeCast' ? nodeAt(node.fields, 'arg') : undefined;
  return arg !== undefined && isConstant(arg);
}
