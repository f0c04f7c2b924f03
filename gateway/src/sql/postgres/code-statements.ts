import type { SqlKind } from '../kinds.ts';
import { formatName, WILDCARD } from '../qualified-name.ts';
import { type AstNode, type Fields, nodeAt, nodesAt, stringsAt, structAt, textAt } from './ast.ts';
import { ddl, subjectScope, tableParts } from './ddl.ts';
import { walkDdlBelow } from './ddl-structure.ts';
import { walkExpression, walkList } from './expression.ts';
import { columnsOfTable, NO_ORIGINS } from './lineage.ts';
import { routineParts } from './object-names.ts';
import { emptyScope, type Scope } from './scope.ts';
import {
  plainResult,
  type StatementEnv,
  type StatementHandler,
  type StatementHandlers,
} from './statement-walk.ts';
import type { Walk } from './walk.ts';

/**
 * CREATE FUNCTION: the body is code in some language and is not looked into; default expressions are. What it replaces
 * may be run by triggers, views and casts whose statements do not name it.
 */
const createFunction: StatementHandler = (walk, node) => {
  const kind = node.fields['is_procedure'] === true ? 'CREATE PROCEDURE' : 'CREATE FUNCTION';
  const parts = routineParts(walk, stringsAt(node.fields, 'funcname'));
  walk.found.add(kind, parts);
  walk.found.carryMade(parts.functions ?? []);
  walkDdlBelow(walk, node, kind, new Set(['funcname', 'options', 'sql_body', 'returnType']));
  return plainResult(kind);
};

/** The trigger's function runs on every change of the table. */
const createTrigger: StatementHandler = (walk, node) => {
  walk.found.add('CREATE TRIGGER', tableParts(walk, structAt(node.fields, 'relation')));
  walk.call(stringsAt(node.fields, 'funcname'));
  walkDdlBelow(
    walk,
    node,
    'CREATE TRIGGER',
    new Set(['relation', 'funcname', 'args', 'columns']),
    rowScope(walk, structAt(node.fields, 'relation')),
  );
  return plainResult('CREATE TRIGGER');
};

const createEventTrigger: StatementHandler = (walk, node) => {
  walk.found.add('CREATE EVENT TRIGGER', { objects: [formatName([textAt(node.fields, 'trigname')])] });
  walk.call(stringsAt(node.fields, 'funcname'));
  return plainResult('CREATE EVENT TRIGGER');
};

/** `old` and `new` in rules and triggers are rows of the table: no reads of their own, but their values go elsewhere. */
function rowScope(walk: Walk, rangeVar: Fields | undefined): Scope {
  const relation = rangeVar === undefined ? undefined : walk.names.relation(rangeVar);
  const columns = relation === undefined ? NO_ORIGINS : columnsOfTable(relation, false);
  const row = (alias: string) => ({ alias, tables: [], columns, renamed: false });
  return { ...emptyScope(), relations: [row('old'), row('new')] };
}

/** A rule's actions are statements that others will set off: their atoms are the creator's too. */
const createRule: StatementHandler = (walk, node, env: StatementEnv) => {
  walk.found.add('CREATE RULE', tableParts(walk, structAt(node.fields, 'relation')));
  const scope = rowScope(walk, structAt(node.fields, 'relation'));
  const where = nodeAt(node.fields, 'whereClause');
  if (where !== undefined) walkExpression(walk, where, scope);
  for (const action of nodesAt(node.fields, 'actions')) {
    if (action.type === 'NotifyStmt') env.nested(walk, action);
    else walk.query(action, scope);
  }
  return plainResult('CREATE RULE');
};

const createView: StatementHandler = (walk, node) => {
  walk.found.add('CREATE VIEW', tableParts(walk, structAt(node.fields, 'view')));
  const query = nodeAt(node.fields, 'query');
  if (query !== undefined) walk.query(query, emptyScope());
  walkList(walk, nodesAt(node.fields, 'options'), emptyScope());
  return plainResult('CREATE VIEW');
};

/** Names inside belong to the new schema first; the nested statements are judged as statements. */
const createSchema: StatementHandler = (walk, node, env) => {
  const name = textAt(node.fields, 'schemaname');
  const elements = nodesAt(node.fields, 'schemaElts');
  walk.found.add(
    'CREATE SCHEMA',
    name === '' ? {} : { objects: [formatName([name])], tables: [formatName([name, WILDCARD])] },
  );
  const inside = elements.length === 0 ? walk : withinSchema(walk, name);
  for (const element of elements) env.nested(inside, element);
  return plainResult('CREATE SCHEMA');
};

function withinSchema(walk: Walk, name: string): Walk {
  // Without a name the schema is called after the role, which is not known here.
  return { ...walk, names: walk.names.withFirst(name === '' ? undefined : name) };
}

const createPolicy = (kind: SqlKind): StatementHandler => {
  return (walk, node) => {
    walk.found.add(kind, tableParts(walk, structAt(node.fields, 'table')));
    const scope = subjectScope(walk, structAt(node.fields, 'table'));
    walkDdlBelow(walk, node, kind, new Set(['table', 'roles']), scope);
    return plainResult(kind);
  };
};

function routineObject(kind: SqlKind, field: string): StatementHandler {
  return (walk, node: AstNode) => {
    const routine = structAt(node.fields, field);
    walk.found.add(kind, routine === undefined ? {} : routineParts(walk, stringsAt(routine, 'objname')));
    walkDdlBelow(walk, node, kind, new Set([field]));
    return plainResult(kind);
  };
}

/** Whoever casts runs the function, and does not name it. */
const createCast: StatementHandler = (walk, node, env) => {
  const routine = structAt(node.fields, 'func');
  if (routine !== undefined)
    walk.found.carry(routineParts(walk, stringsAt(routine, 'objname')).functions ?? []);
  return routineObject('CREATE CAST', 'func')(walk, node, env);
};

const createTransform: StatementHandler = (walk, node) => {
  for (const field of ['fromsql', 'tosql']) {
    const routine = structAt(node.fields, field);
    const parts = routine === undefined ? {} : routineParts(walk, stringsAt(routine, 'objname'));
    walk.found.add('CREATE TRANSFORM', parts);
  }
  return plainResult('CREATE TRANSFORM');
};

/** RETURN and PL assignments are only grammatical inside routines. */
const misplaced: StatementHandler = (walk, node) => {
  walk.found.add('UNKNOWN');
  walk.found.opaque.add(`${node.type} outside a routine`);
  return plainResult('UNKNOWN');
};

/** DDL that brings code or stored queries in. */
export const CODE_STATEMENTS: StatementHandlers = {
  AlterPolicyStmt: createPolicy('ALTER POLICY'),
  CreateCastStmt: createCast,
  CreateEventTrigStmt: createEventTrigger,
  CreateFunctionStmt: createFunction,
  CreateOpClassStmt: ddl('CREATE OPERATOR CLASS', { names: 'opclassname' }),
  CreateOpFamilyStmt: ddl('CREATE OPERATOR FAMILY', { names: 'opfamilyname' }),
  CreatePLangStmt: ddl('CREATE LANGUAGE', { name: 'plname' }),
  CreatePolicyStmt: createPolicy('CREATE POLICY'),
  CreateSchemaStmt: createSchema,
  CreateTransformStmt: createTransform,
  CreateTrigStmt: createTrigger,
  PLAssignStmt: misplaced,
  ReturnStmt: misplaced,
  RuleStmt: createRule,
  ViewStmt: createView,
};
