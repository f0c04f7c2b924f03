import type { SqlKind, SqlObjectKind } from '../kinds.ts';
import { formatName, WILDCARD } from '../qualified-name.ts';
import { type AstNode, type Fields, flagAt, nodeAt, nodesAt, stringsAt, structAt, textAt } from './ast.ts';
import {
  noteAnything,
  noteCommands,
  noteDomain,
  noteIndex,
  noteNewName,
  noteNewPartition,
} from './ddl-disclosure.ts';
import { walkDdlBelow } from './ddl-structure.ts';
import type { AtomParts } from './findings.ts';
import { resolveRelation } from './from-clause.ts';
import { columnsOfTable, NO_ORIGINS } from './lineage.ts';
import { allTables } from './names.ts';
import { ddlKind, ddlKinds, nameParts, objectParts, routineParts } from './object-names.ts';
import { emptyScope, type Scope } from './scope.ts';
import { plainResult, type StatementHandler, type StatementHandlers } from './statement-walk.ts';
import type { Walk } from './walk.ts';

/** How a DDL statement names the object it is about: the field, and how to read it. */
type Named =
  | { readonly relation: string }
  | { readonly names: string }
  | { readonly routine: string }
  | { readonly name: string }
  | { readonly schema: string };

/** A handler for a node type with a fixed kind; whatever else is below the node is walked as DDL. */
export function ddl(kind: SqlKind, named: Named): StatementHandler {
  return (walk, node) => {
    walk.found.add(kind, partsOf(walk, node, named));
    const rangeVar = 'relation' in named ? structAt(node.fields, named.relation) : undefined;
    walkDdlBelow(walk, node, kind, new Set(Object.values(named)), subjectScope(walk, rangeVar, kind));
    return plainResult(kind);
  };
}

/**
 * The table that DDL is about, as its expressions name it: its own columns are not reads. Their values can be told by
 * what becomes of the statement, and generated columns keep them; a new table has none.
 */
export function subjectScope(walk: Walk, rangeVar: Fields | undefined, kind?: SqlKind): Scope {
  if (rangeVar === undefined) return emptyScope();
  const table = kind === 'CREATE TABLE' ? undefined : walk.names.relation(rangeVar);
  const columns = table === undefined ? NO_ORIGINS : columnsOfTable(table, false);
  const relation = { alias: textAt(rangeVar, 'relname'), tables: [], columns, renamed: false };
  return { ...emptyScope(), relations: [relation] };
}

function partsOf(walk: Walk, node: AstNode, named: Named): AtomParts {
  if ('relation' in named) return tableParts(walk, structAt(node.fields, named.relation));
  if ('names' in named) return { objects: walk.names.object(stringsAt(node.fields, named.names)) };
  if ('routine' in named) {
    const struct = structAt(node.fields, named.routine);
    const names =
      struct === undefined || Array.isArray(node.fields[named.routine])
        ? stringsAt(node.fields, named.routine)
        : stringsAt(struct, 'objname');
    return routineParts(walk, names);
  }
  if ('schema' in named) {
    const name = textAt(node.fields, named.schema);
    return { tables: [formatName([name, WILDCARD])], objects: [formatName([name])] };
  }
  return { objects: [formatName([textAt(node.fields, named.name)])] };
}

/** The table of a `RangeVar` field. */
export function tableParts(walk: Walk, rangeVar: Fields | undefined): AtomParts {
  const relation = rangeVar === undefined ? undefined : resolveRelation(walk, rangeVar);
  return relation === undefined ? {} : { tables: relation.tables };
}

/** DROP of each object in turn. */
const drop: StatementHandler = (walk, node) => {
  const type = textAt(node.fields, 'removeType');
  const kinds = ddlKinds(walk, 'DROP', type);
  for (const object of nodesAt(node.fields, 'objects'))
    for (const kind of kinds) walk.found.add(kind, objectParts(walk, type, object));
  walk.found.cascade ||= textAt(node.fields, 'behavior') === 'DROP_CASCADE';
  return plainResult(kinds[0] ?? 'UNKNOWN');
};

/** ALTER in its forms that name the object by an ObjectType: RENAME, SET SCHEMA, OWNER TO, DEPENDS ON. */
function alterObject(typeField: string): StatementHandler {
  return (walk, node) => {
    const type = textAt(node.fields, typeField);
    const of = ['OBJECT_COLUMN', 'OBJECT_ATTRIBUTE'].includes(type)
      ? textAt(node.fields, 'relationType') || type
      : type;
    const kinds = ddlKinds(walk, 'ALTER', of);
    const rangeVar = structAt(node.fields, 'relation');
    const parts =
      rangeVar === undefined
        ? objectParts(walk, type, nodeAt(node.fields, 'object') ?? subject(node))
        : tableParts(walk, rangeVar);
    noteNewName(walk, node, type, parts.functions);
    for (const kind of kinds) {
      walk.found.add(kind, parts);
      const arrival = arrivalParts(walk, node, type, parts);
      if (arrival !== undefined) walk.found.add(kind, arrival);
    }
    walk.found.cascade ||= textAt(node.fields, 'behavior') === 'DROP_CASCADE';
    return plainResult(kinds[0] ?? 'UNKNOWN');
  };
}

/** Where SET SCHEMA or RENAME takes a table: a rule must allow the same there. */
function arrivalParts(walk: Walk, node: AstNode, type: string, parts: AtomParts): AtomParts | undefined {
  const schema = textAt(node.fields, 'newschema');
  if (schema !== '') return { tables: [formatName([schema, WILDCARD])] };
  const name = textAt(node.fields, 'newname');
  if (name === '') return undefined;
  if (type === 'OBJECT_SCHEMA')
    return { tables: [formatName([name, WILDCARD])], objects: [formatName([name])] };
  const rangeVar = structAt(node.fields, 'relation');
  if (!RELATION_TYPES.has(type) || rangeVar === undefined || parts.tables === undefined) return undefined;
  return tableParts(walk, { ...rangeVar, relname: name });
}

const RELATION_TYPES: ReadonlySet<string> = new Set([
  'OBJECT_FOREIGN_TABLE',
  'OBJECT_INDEX',
  'OBJECT_MATVIEW',
  'OBJECT_SEQUENCE',
  'OBJECT_TABLE',
  'OBJECT_VIEW',
]);

/** RENAME of databases, roles, schemas and the like keeps the name as text. */
function subject(node: AstNode): AstNode | undefined {
  const name = textAt(node.fields, 'subname');
  return name === '' ? undefined : { type: 'String', fields: { sval: name } };
}

/** ALTER TABLE and its like on views, indexes, sequences, types. */
const alterTable: StatementHandler = (walk, node) => {
  const kind = ddlKind(walk, 'ALTER', textAt(node.fields, 'objtype'));
  const parts = tableParts(walk, structAt(node.fields, 'relation'));
  walk.found.add(kind, parts);
  const scope = subjectScope(walk, structAt(node.fields, 'relation'));
  const table = { dimension: 'tables', names: parts.tables ?? [], isMade: true } as const;
  noteCommands(walk, nodesAt(node.fields, 'cmds'), { scope, table });
  walkDdlBelow(walk, node, kind, new Set(['relation']), scope);
  walk.found.cascade ||= nodesAt(node.fields, 'cmds').some(
    (command) => textAt(command.fields, 'behavior') === 'DROP_CASCADE',
  );
  return plainResult(kind);
};

const alterFunction: StatementHandler = (walk, node) => {
  const kinds = ddlKinds(walk, 'ALTER', textAt(node.fields, 'objtype'));
  const names = stringsAt(structAt(node.fields, 'func') ?? {}, 'objname');
  for (const kind of kinds) walk.found.add(kind, routineParts(walk, names));
  return plainResult(kinds[0] ?? 'UNKNOWN');
};

/** CREATE AGGREGATE, OPERATOR, TYPE, TEXT SEARCH …, COLLATION (`DefineStmt`). */
const define: StatementHandler = (walk, node) => {
  const type = textAt(node.fields, 'kind');
  const kind = ddlKind(walk, 'CREATE', type);
  const names = stringsAt(node.fields, 'defnames');
  const isRoutine = type === 'OBJECT_AGGREGATE' || type === 'OBJECT_OPERATOR';
  const parts = isRoutine ? routineParts(walk, names) : { objects: walk.names.object(names) };
  walk.found.add(kind, parts);
  if (isRoutine) walk.found.carryMade(parts.functions ?? []);
  return plainResult(kind);
};

/** COMMENT and SECURITY LABEL. */
function annotate(kind: SqlKind): StatementHandler {
  return (walk, node) => {
    walk.found.add(kind, objectParts(walk, textAt(node.fields, 'objtype'), nodeAt(node.fields, 'object')));
    return plainResult(kind);
  };
}

const alterExtensionContents: StatementHandler = (walk, node) => {
  walk.found.add('ALTER EXTENSION', { objects: [formatName([textAt(node.fields, 'extname')])] });
  walk.found.add(
    'ALTER EXTENSION',
    objectParts(walk, textAt(node.fields, 'objtype'), nodeAt(node.fields, 'object')),
  );
  return plainResult('ALTER EXTENSION');
};

const createTable: StatementHandler = (walk, node, env) => {
  noteNewPartition(walk, node.fields);
  return ddl('CREATE TABLE', { relation: 'relation' })(walk, node, env);
};

const createDomain: StatementHandler = (walk, node) => {
  walk.found.add('CREATE DOMAIN', { objects: walk.names.object(stringsAt(node.fields, 'domainname')) });
  walkDdlBelow(walk, node, 'CREATE DOMAIN', new Set(['domainname']));
  return plainResult('CREATE DOMAIN');
};

/** The statistics object goes by its own name; the table it is about is an atom too. */
const createStatistics: StatementHandler = (walk, node) => {
  walk.found.add('CREATE STATISTICS', { objects: walk.names.object(stringsAt(node.fields, 'defnames')) });
  // ANALYZE computes the expressions of every row, and fails where they do.
  const [table] = nodesAt(node.fields, 'relations');
  const scope = subjectScope(walk, table?.type === 'RangeVar' ? table.fields : undefined);
  walkDdlBelow(walk, node, 'CREATE STATISTICS', new Set(['defnames']), scope);
  return plainResult('CREATE STATISTICS');
};

const createIndex: StatementHandler = (walk, node, env) => {
  noteIndex(walk, node, subjectScope(walk, structAt(node.fields, 'relation')));
  return ddl('CREATE INDEX', { relation: 'relation' })(walk, node, env);
};

/** A named object kind for statements of the form CREATE/ALTER/DROP … name. */
export function simple(
  verb: 'CREATE' | 'ALTER' | 'DROP',
  object: SqlObjectKind,
  field: string,
): StatementHandler {
  return ddl(`${verb} ${object}`, { name: field });
}

/** What is published leaves the database: each table, each schema, or all of it. */
function publication(kind: SqlKind): StatementHandler {
  const named = ddl(kind, { name: 'pubname' });
  return (walk, node, env) => {
    // Subscribers get the rows as they are.
    noteAnything(walk, 'expression', {
      dimension: 'objects',
      names: [formatName([textAt(node.fields, 'pubname')])],
    });
    if (flagAt(node.fields, 'for_all_tables')) walk.found.use(kind, allTables());
    for (const spec of nodesAt(node.fields, 'pubobjects')) {
      const type = textAt(spec.fields, 'pubobjtype');
      const schema = textAt(spec.fields, 'name');
      // CURRENT_SCHEMA gives no name: any schema it may be.
      if (type.includes('SCHEMA')) walk.found.use(kind, allTables(schema === '' ? WILDCARD : schema));
    }
    return named(walk, node, env);
  };
}

/** Names of types: kept as objects. */
function onType(kind: SqlKind, field: string): StatementHandler {
  return (walk, node) => {
    const typeName = nodeAt(node.fields, field);
    const names = typeName === undefined ? stringsAt(node.fields, field) : nameParts(typeName);
    walk.found.add(kind, { objects: walk.names.object(names) });
    walkDdlBelow(walk, node, kind, new Set([field]));
    return plainResult(kind);
  };
}

const alterDomain: StatementHandler = (walk, node, env) => {
  noteDomain(walk, node);
  return onType('ALTER DOMAIN', 'typeName')(walk, node, env);
};

/** DDL that is not about access control or code. */
export const DDL_STATEMENTS: StatementHandlers = {
  AlterCollationStmt: ddl('ALTER COLLATION', { names: 'collname' }),
  AlterDatabaseRefreshCollStmt: simple('ALTER', 'DATABASE', 'dbname'),
  AlterDatabaseStmt: simple('ALTER', 'DATABASE', 'dbname'),
  AlterDomainStmt: alterDomain,
  AlterEnumStmt: onType('ALTER TYPE', 'typeName'),
  AlterEventTrigStmt: simple('ALTER', 'EVENT TRIGGER', 'trigname'),
  AlterExtensionContentsStmt: alterExtensionContents,
  AlterExtensionStmt: simple('ALTER', 'EXTENSION', 'extname'),
  AlterFunctionStmt: alterFunction,
  AlterObjectDependsStmt: alterObject('objectType'),
  AlterObjectSchemaStmt: alterObject('objectType'),
  AlterOpFamilyStmt: ddl('ALTER OPERATOR FAMILY', { names: 'opfamilyname' }),
  AlterOperatorStmt: ddl('ALTER OPERATOR', { routine: 'opername' }),
  AlterOwnerStmt: alterObject('objectType'),
  AlterPublicationStmt: publication('ALTER PUBLICATION'),
  AlterSeqStmt: ddl('ALTER SEQUENCE', { relation: 'sequence' }),
  AlterStatsStmt: ddl('ALTER STATISTICS', { names: 'defnames' }),
  AlterSubscriptionStmt: simple('ALTER', 'SUBSCRIPTION', 'subname'),
  AlterTSConfigurationStmt: ddl('ALTER TEXT SEARCH CONFIGURATION', { names: 'cfgname' }),
  AlterTSDictionaryStmt: ddl('ALTER TEXT SEARCH DICTIONARY', { names: 'dictname' }),
  AlterTableMoveAllStmt: simple('ALTER', 'TABLESPACE', 'orig_tablespacename'),
  AlterTableSpaceOptionsStmt: simple('ALTER', 'TABLESPACE', 'tablespacename'),
  AlterTableStmt: alterTable,
  AlterTypeStmt: onType('ALTER TYPE', 'typeName'),
  CommentStmt: annotate('COMMENT'),
  CompositeTypeStmt: ddl('CREATE TYPE', { relation: 'typevar' }),
  CreateAmStmt: simple('CREATE', 'ACCESS METHOD', 'amname'),
  CreateConversionStmt: ddl('CREATE CONVERSION', { names: 'conversion_name' }),
  CreateDomainStmt: createDomain,
  CreateEnumStmt: onType('CREATE TYPE', 'typeName'),
  CreateExtensionStmt: simple('CREATE', 'EXTENSION', 'extname'),
  CreatePublicationStmt: publication('CREATE PUBLICATION'),
  CreateRangeStmt: onType('CREATE TYPE', 'typeName'),
  CreateSeqStmt: ddl('CREATE SEQUENCE', { relation: 'sequence' }),
  CreateStatsStmt: createStatistics,
  CreateStmt: createTable,
  CreateSubscriptionStmt: simple('CREATE', 'SUBSCRIPTION', 'subname'),
  CreateTableSpaceStmt: simple('CREATE', 'TABLESPACE', 'tablespacename'),
  CreatedbStmt: simple('CREATE', 'DATABASE', 'dbname'),
  DefineStmt: define,
  DropStmt: drop,
  DropSubscriptionStmt: simple('DROP', 'SUBSCRIPTION', 'subname'),
  DropTableSpaceStmt: simple('DROP', 'TABLESPACE', 'tablespacename'),
  DropdbStmt: simple('DROP', 'DATABASE', 'dbname'),
  IndexStmt: createIndex,
  RenameStmt: alterObject('renameType'),
  SecLabelStmt: annotate('SECURITY LABEL'),
};
