/**
 * Puts row filters into the tree of a statement, in place: each relation that is read becomes a subquery of its rows within
 * the filter, each relation that is changed gets the filter as a condition, and what is written is checked. Whatever it does
 * not know how to keep within its filters is refused.
 */
import { type AstNode, childrenOf, nodeAt, structAt, textAt, unwrap } from '../ast.ts';
import type { Names } from '../names.ts';
import { rewriteDelete, rewriteInsert, rewriteMerge, rewriteUpdate } from './changes.ts';
import type { FilteredRelation, FilteredRelations } from './filtered-relations.ts';
import { guardOf } from './guard.ts';
import type { FilterRefusal } from './row-filter.ts';
import { type ConditionTarget, conjuncts, isSafe } from './safe-conditions.ts';
import { allOf, FENCE, node, select, string, type Tree, target } from './tree.ts';

/** Rewrites one statement. */
export class Rewriting {
  readonly relations: FilteredRelations;
  readonly names: Names;
  /** The first reason why the statement cannot be kept within its filters. */
  refusal: FilterRefusal | undefined;
  /** Whether anything was put in. */
  isChanged = false;
  readonly #seen = new WeakSet<object>();
  /** Relations that became subqueries, as `schema.name` with its parts: references may name them so. */
  readonly #replaced = new Map<string, FilteredRelation>();

  constructor(relations: FilteredRelations, names: Names) {
    this.relations = relations;
    this.names = names;
  }

  refuse(refusal: FilterRefusal): void {
    this.refusal ??= refusal;
  }

  /** A relation in a place where it is neither read nor written to by itself, such as a new table. */
  accept(rangeVar: object | undefined): void {
    if (rangeVar !== undefined) this.#seen.add(rangeVar);
  }

  /** Walks a node and all below it. */
  visit(at: AstNode): void {
    if (this.refusal !== undefined) return;
    switch (at.type) {
      case 'SelectStmt':
        this.#from(at, 'fromClause', at.fields['whereClause']);
        break;
      case 'UpdateStmt':
        this.#from(at, 'fromClause', undefined);
        rewriteUpdate(this, at.fields as Tree);
        break;
      case 'DeleteStmt':
        this.#from(at, 'usingClause', undefined);
        rewriteDelete(this, at.fields as Tree);
        break;
      case 'InsertStmt':
        rewriteInsert(this, at.fields as Tree);
        break;
      case 'MergeStmt':
        this.#replaceIn(at.fields as Tree, 'sourceRelation');
        rewriteMerge(this, at.fields as Tree);
        break;
      case 'LockingClause':
        // Names of what is in FROM, not of relations.
        return;
      case 'IntoClause':
        this.accept(structAt(at.fields, 'rel'));
        break;
      case 'ExecuteStmt':
        this.refuse({ rule: '', reason: 'a prepared statement cannot be filtered inside of another one' });
        return;
      case 'RangeVar':
        if (!this.#seen.has(at.fields)) this.#unexpected(at);
        return;
      case 'ColumnRef':
        this.#unqualify(at.fields as Tree);
        break;
    }
    this.#below(at);
  }

  #below(at: AstNode): void {
    const { nodes, unknown } = childrenOf(at);
    const [first] = unknown;
    if (first !== undefined) this.refuse({ rule: '', reason: `it has a part that is not known: ${first}` });
    for (const child of nodes) this.visit(child);
  }

  #unexpected(at: AstNode): void {
    const meaning = this.relations.meaning(at.fields);
    if (meaning === 'clear') return;
    this.refuse(
      'reason' in meaning
        ? meaning
        : { rule: meaning.rule, reason: `${meaning.name} is filtered, and cannot be used here` },
    );
  }

  #from(at: AstNode, field: string, where: unknown): void {
    const list = at.fields[field];
    if (!Array.isArray(list)) return;
    const isAlone = list.length === 1;
    for (let index = 0; index < list.length; index += 1)
      list[index] = this.#item(list[index], { where, isAlone });
  }

  #replaceIn(fields: Tree, field: string): void {
    if (fields[field] !== undefined)
      fields[field] = this.#item(fields[field], { where: undefined, isAlone: false });
  }

  #item(item: unknown, level: { readonly where: unknown; readonly isAlone: boolean }): unknown {
    const at = unwrap(item);
    switch (at?.type) {
      case 'RangeVar':
        return this.#table(at, item, level);
      case 'JoinExpr':
        for (const side of ['larg', 'rarg']) {
          (at.fields as Tree)[side] = this.#item(at.fields[side], { ...level, isAlone: false });
        }
        return item;
      case 'RangeTableSample': {
        const sampled = nodeAt(at.fields, 'relation');
        if (sampled === undefined) return item;
        if (this.relations.meaning(sampled.fields) !== 'clear') this.#unexpected(sampled);
        this.accept(sampled.fields);
        return item;
      }
      default:
        return item;
    }
  }

  #table(at: AstNode, item: unknown, level: { readonly where: unknown; readonly isAlone: boolean }): unknown {
    if (this.#seen.has(at.fields)) return item;
    this.accept(at.fields);
    const meaning = this.relations.meaning(at.fields);
    if (meaning === 'clear') return item;
    if ('reason' in meaning) {
      this.refuse(meaning);
      return item;
    }
    return this.#subqueryFor(at.fields as Tree, meaning, level);
  }

  #subqueryFor(
    rangeVar: Tree,
    relation: FilteredRelation,
    { where, isAlone }: { readonly where: unknown; readonly isAlone: boolean },
  ): Tree {
    this.isChanged = true;
    const { schema, name, terms } = relation;
    const { alias: given, ...bare } = rangeVar;
    const alias = given === undefined ? name : textAt(given as Tree, 'aliasname');
    if (given === undefined) this.#replaced.set(`${schema}.${name}`, relation);
    const inner = { ...bare, schemaname: schema, alias: { aliasname: name } };
    this.accept(inner);
    const hasNewNames = given !== undefined && (given as Tree)['colnames'] !== undefined;
    const target: ConditionTarget = { alias, types: relation.known.types ?? new Map(), isAlone };
    const early = hasNewNames ? [] : conjuncts(where).filter((part) => isSafe(part, target, this.names));
    return node('RangeSubselect', {
      subquery: select({
        targetList: [everything()],
        fromClause: [node('RangeVar', inner)],
        whereClause: allOf([guardOf(terms, name), ...early.map((part) => renamed(part, name))]),
        ...structuredClone(FENCE),
      }),
      alias: given ?? { aliasname: name },
    });
  }

  /** What stands for a relation has no schema: `schema.table.column` is `table.column` then. */
  #unqualify(fields: Tree): void {
    const parts = fields['fields'];
    if (!Array.isArray(parts) || parts.length < 3) return;
    const [schema, name] = parts.slice(-3).map((part) => textAt(unwrap(part)?.fields ?? {}, 'sval'));
    if (this.#replaced.has(`${schema}.${name}`)) fields['fields'] = parts.slice(-2);
  }
}

function everything(): Tree {
  return target(node('ColumnRef', { fields: [node('A_Star', {})] }));
}

/** The same condition about the relation by its name inside of the subquery. */
function renamed(part: Tree, alias: string): Tree {
  const copy = structuredClone(part);
  const at = unwrap(copy);
  for (const side of ['lexpr', 'rexpr']) {
    const reference = at === undefined ? undefined : nodeAt(at.fields, side);
    if (reference?.type !== 'ColumnRef') continue;
    const parts = reference.fields['fields'] as readonly Tree[];
    (reference.fields as Tree)['fields'] = [string(alias), ...parts.slice(-1)];
  }
  return copy;
}
