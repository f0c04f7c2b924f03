/** What DDL tells of the values of columns, or does to the names that masks go by. */
import type { Carrier, FieldUseKind } from '../../model/facts.ts';
import { type NamePart, WILDCARD } from '../qualified-name.ts';
import { type AstNode, type Fields, flagAt, nodeAt, nodesAt, stringsAt, structAt, textAt } from './ast.ts';
import { noteRelation } from './carried.ts';
import { useOrigins } from './columns-used.ts';
import { allTables, type RelationName } from './names.ts';
import { columnsOf, originsIn, type Scope } from './scope.ts';
import type { Walk } from './walk.ts';

/**
 * Under another name a mask does not find a column again, nor a view that reads it; and a function may get the name of one that
 * a rule vouches for.
 */
export function noteNewName(
  walk: Walk,
  node: AstNode,
  type: string,
  functions: readonly string[] | undefined,
): void {
  const rangeVar = structAt(node.fields, 'relation');
  const isRenamed = node.type === 'RenameStmt' || node.type === 'AlterObjectSchemaStmt';
  if (!isRenamed) return;
  if (functions !== undefined) walk.found.carryMade(functions);
  if (type === 'OBJECT_SCHEMA') {
    const relation = allTables(textAt(node.fields, 'subname'));
    useOrigins(walk, [{ relation, column: WILDCARD }], 'expression');
  }
  const relation = rangeVar === undefined ? undefined : walk.names.relation(rangeVar);
  if (relation === undefined || (type === 'OBJECT_INDEX' && isNoRelation(walk, relation))) return;
  if (type !== 'OBJECT_COLUMN') noteRelation(walk, relation);
  const column = type === 'OBJECT_COLUMN' ? textAt(node.fields, 'subname') : WILDCARD;
  useOrigins(walk, [{ relation, column }], 'expression');
}

/** Indexes are not among relations that are known. ALTER INDEX renames tables and views as well. */
function isNoRelation({ relations }: Walk, { tables }: RelationName): boolean {
  return relations !== undefined && tables.every((table) => relations.relation(table) === undefined);
}

/**
 * Whether a column can get another type, or be NOT NULL, tells of its values. One that is generated keeps them without its
 * expression, and is a column like others then.
 */
const TELLING_COMMANDS: ReadonlySet<string> = new Set([
  'AT_AlterColumnType',
  'AT_DropExpression',
  'AT_SetNotNull',
]);

/** A child's rows go by the parent's name; into a partition rows of the table move, and meet its constraints. */
const JOINING_COMMANDS: ReadonlySet<string> = new Set(['AT_AddInherit', 'AT_AttachPartition']);

/** Options of a foreign table and its columns say which table of the other side they are. */
const FOREIGN_COMMANDS: ReadonlySet<string> = new Set(['AT_GenericOptions', 'AT_AlterColumnGenericOptions']);

/** @param table what the commands are about, as atoms name it */
export function noteCommands(
  walk: Walk,
  commands: readonly AstNode[],
  { scope, table }: { readonly scope: Scope; readonly table: Carrier },
): void {
  for (const { fields } of commands) {
    const type = textAt(fields, 'subtype');
    if (type === 'AT_AttachPartition') notePartition(walk, fields);
    if (FOREIGN_COMMANDS.has(type)) noteAnything(walk, 'carried', table);
    const column = JOINING_COMMANDS.has(type) ? WILDCARD : textAt(fields, 'name');
    if (!JOINING_COMMANDS.has(type) && !TELLING_COMMANDS.has(type)) continue;
    for (const relation of scope.relations) useOrigins(walk, originsIn(walk, relation, column), 'expression');
  }
}

/** Rows of a partition go by the name of the table that it is attached to. */
function notePartition(walk: Walk, command: Fields): void {
  const rangeVar = structAt(nodeAt(command, 'def')?.fields ?? {}, 'name');
  const relation = rangeVar === undefined ? undefined : walk.names.relation(rangeVar);
  if (relation !== undefined) useOrigins(walk, [{ relation, column: WILDCARD }], 'expression');
}

/**
 * Rows move into a new partition when the key of one is changed. Whether they can tells of their values, where the partition has
 * constraints, indexes or partitions of its own; and its name is not known before the transaction has ended, when these may be made.
 */
export function noteNewPartition(walk: Walk, create: Fields): void {
  if (structAt(create, 'partbound') === undefined) return;
  for (const parent of nodesAt(create, 'inhRelations')) {
    const relation = walk.names.relation(parent.fields);
    if (relation !== undefined) useOrigins(walk, [{ relation, column: WILDCARD }], 'expression');
  }
}

/** Whether a key or a reference can be made tells what the values are. */
export function noteConstraint(
  walk: Walk,
  constraint: Fields,
  foreign: Fields | undefined,
  scope: Scope,
): void {
  const own = scope.relations.map(columnsOf);
  const named = ['keys', 'fk_attrs'].flatMap((field) => stringsAt(constraint, field));
  for (const shown of scope.relations)
    for (const name of named) useOrigins(walk, originsIn(walk, shown, name), 'filter');
  for (const exclusion of nodesAt(constraint, 'exclusions'))
    noteElements(walk, nodesAt(exclusion.fields, 'items'), scope);
  const relation = foreign === undefined ? undefined : walk.names.relation(foreign);
  // A new table is empty: that its reference holds tells nothing.
  if (relation === undefined || own.every(({ list }) => list.length === 0)) return;
  const attributes = stringsAt(constraint, 'pk_attrs');
  // Without names it is the primary key.
  const referenced: readonly NamePart[] = attributes.length === 0 ? [WILDCARD] : attributes;
  for (const column of referenced) useOrigins(walk, [{ relation, column }], 'filter');
}

/**
 * Whether a unique index can be made tells of the values. So does the order of rows that are read from an index alone: from one that
 * has other columns beside the one that it is sorted by.
 */
export function noteIndex(walk: Walk, index: AstNode, scope: Scope): void {
  const keys = nodesAt(index.fields, 'indexParams');
  const all = keys.length + nodesAt(index.fields, 'indexIncludingParams').length;
  if (flagAt(index.fields, 'unique') || all > 1) noteElements(walk, keys, scope);
}

function noteElements(walk: Walk, elements: readonly AstNode[], scope: Scope): void {
  // Expressions, and operators of exclusion constraints, have no name.
  for (const name of elements.map(({ fields }) => textAt(fields, 'name')).filter((one) => one !== ''))
    for (const relation of scope.relations) useOrigins(walk, originsIn(walk, relation, name), 'filter');
}

/** Commands of ALTER DOMAIN that look at all values of the type: ADD CONSTRAINT, VALIDATE CONSTRAINT, SET NOT NULL. */
const LOOKING_COMMANDS: ReadonlySet<string> = new Set(['C', 'V', 'O']);

/** Whether a domain can be made narrower tells of the values of all columns that are of it. */
export function noteDomain(walk: Walk, domain: AstNode): void {
  if (!LOOKING_COMMANDS.has(textAt(domain.fields, 'subtype'))) return;
  noteAnything(walk, 'filter', {
    dimension: 'objects',
    names: walk.names.object(stringsAt(domain.fields, 'typeName')),
  });
}

/** Any column may be meant: of masks, those of all rules. */
export function noteAnything(walk: Walk, kind: FieldUseKind, by: Carrier): void {
  walk.found.fields.add(['*'], kind, by);
}
