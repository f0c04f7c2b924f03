import type { SqlKind, SqlObjectKind } from '../kinds.ts';
import { formatName, WILDCARD } from '../qualified-name.ts';
import { type AstNode, type Fields, nodesAt, stringsAt, textAt } from './ast.ts';
import type { AtomParts } from './findings.ts';
import type { Walk } from './walk.ts';

/** PostgreSQL's ObjectType → object kind, and how its name is to be read. */
type NameShape =
  | 'relation'
  | 'on-relation'
  | 'column'
  | 'routine'
  | 'type'
  | 'in-schema'
  | 'global'
  | 'schema'
  | 'other';

const OBJECT_TYPES: Readonly<Record<string, readonly [SqlObjectKind, NameShape]>> = {
  OBJECT_ACCESS_METHOD: ['ACCESS METHOD', 'global'],
  OBJECT_AGGREGATE: ['AGGREGATE', 'routine'],
  OBJECT_ATTRIBUTE: ['TYPE', 'column'],
  OBJECT_CAST: ['CAST', 'other'],
  OBJECT_COLLATION: ['COLLATION', 'in-schema'],
  OBJECT_COLUMN: ['TABLE', 'column'],
  OBJECT_CONVERSION: ['CONVERSION', 'in-schema'],
  OBJECT_DATABASE: ['DATABASE', 'global'],
  OBJECT_DOMAIN: ['DOMAIN', 'type'],
  OBJECT_DOMCONSTRAINT: ['DOMAIN', 'other'],
  OBJECT_EVENT_TRIGGER: ['EVENT TRIGGER', 'global'],
  OBJECT_EXTENSION: ['EXTENSION', 'global'],
  OBJECT_FDW: ['FOREIGN DATA WRAPPER', 'global'],
  OBJECT_FOREIGN_SERVER: ['SERVER', 'global'],
  OBJECT_FOREIGN_TABLE: ['FOREIGN TABLE', 'relation'],
  OBJECT_FUNCTION: ['FUNCTION', 'routine'],
  OBJECT_INDEX: ['INDEX', 'relation'],
  OBJECT_LANGUAGE: ['LANGUAGE', 'global'],
  OBJECT_LARGEOBJECT: ['LARGE OBJECT', 'other'],
  OBJECT_MATVIEW: ['MATERIALIZED VIEW', 'relation'],
  OBJECT_OPCLASS: ['OPERATOR CLASS', 'other'],
  OBJECT_OPERATOR: ['OPERATOR', 'routine'],
  OBJECT_OPFAMILY: ['OPERATOR FAMILY', 'other'],
  OBJECT_PARAMETER_ACL: ['PARAMETER', 'global'],
  OBJECT_POLICY: ['POLICY', 'on-relation'],
  OBJECT_PROCEDURE: ['PROCEDURE', 'routine'],
  OBJECT_PUBLICATION: ['PUBLICATION', 'global'],
  OBJECT_ROUTINE: ['FUNCTION', 'routine'],
  OBJECT_RULE: ['RULE', 'on-relation'],
  OBJECT_SCHEMA: ['SCHEMA', 'schema'],
  OBJECT_SEQUENCE: ['SEQUENCE', 'relation'],
  OBJECT_STATISTIC_EXT: ['STATISTICS', 'in-schema'],
  OBJECT_SUBSCRIPTION: ['SUBSCRIPTION', 'global'],
  OBJECT_TABCONSTRAINT: ['TABLE', 'on-relation'],
  OBJECT_TABLE: ['TABLE', 'relation'],
  OBJECT_TABLESPACE: ['TABLESPACE', 'global'],
  OBJECT_TRANSFORM: ['TRANSFORM', 'other'],
  OBJECT_TRIGGER: ['TRIGGER', 'on-relation'],
  OBJECT_TSCONFIGURATION: ['TEXT SEARCH CONFIGURATION', 'in-schema'],
  OBJECT_TSDICTIONARY: ['TEXT SEARCH DICTIONARY', 'in-schema'],
  OBJECT_TSPARSER: ['TEXT SEARCH PARSER', 'in-schema'],
  OBJECT_TSTEMPLATE: ['TEXT SEARCH TEMPLATE', 'in-schema'],
  OBJECT_TYPE: ['TYPE', 'type'],
  OBJECT_USER_MAPPING: ['USER MAPPING', 'other'],
  OBJECT_VIEW: ['VIEW', 'relation'],
};

/** The object kind of an ObjectType; `ROLE` is no object kind of DDL but of access control. */
export function objectKindOf(type: string): SqlObjectKind | 'ROLE' | undefined {
  return type === 'OBJECT_ROLE' ? 'ROLE' : OBJECT_TYPES[type]?.[0];
}

/** The kind of a statement with that verb on that ObjectType; unknown ones make the statement opaque. */
export function ddlKind(walk: Walk, verb: 'CREATE' | 'ALTER' | 'DROP', type: string): SqlKind {
  const object = objectKindOf(type);
  if (object !== undefined) return `${verb} ${object}`;
  walk.found.opaque.add(`unknown object type ${type}`);
  return 'UNKNOWN';
}

/** As {@link ddlKind}; ROUTINE stands for functions and procedures alike. */
export function ddlKinds(walk: Walk, verb: 'CREATE' | 'ALTER' | 'DROP', type: string): readonly SqlKind[] {
  const kind = ddlKind(walk, verb, type);
  return type === 'OBJECT_ROUTINE' ? [kind, `${verb} PROCEDURE`] : [kind];
}

/** The atom parts of an object named by a node of DROP, COMMENT, ALTER … OWNER and the like. */
export function objectParts(walk: Walk, type: string, object: AstNode | undefined): AtomParts {
  const shape = OBJECT_TYPES[type]?.[1] ?? 'global';
  const names = object === undefined ? [] : nameParts(object);
  switch (shape) {
    case 'relation':
      return relationParts(walk, names);
    case 'on-relation':
    case 'column':
      return relationParts(walk, names.slice(0, -1));
    case 'schema':
      return { tables: names.map((name) => formatName([name, WILDCARD])), objects: names.map(plain) };
    case 'routine':
      return routineParts(walk, names);
    case 'type':
    case 'in-schema':
      return { objects: walk.names.object(names) };
    default:
      return names.length === 0 ? {} : { objects: [formatName(names)] };
  }
}

function plain(name: string): string {
  return formatName([name]);
}

/** A relation named by parts; an unresolvable name makes the statement opaque. */
export function relationParts(walk: Walk, names: readonly string[]): AtomParts {
  const relation = walk.names.relationFromParts(names);
  if (relation !== undefined) return { tables: relation.tables };
  walk.found.opaque.add(`cannot resolve the name ${names.join('.')}`);
  return {};
}

/** A function, procedure, aggregate or operator that DDL creates or changes. */
export function routineParts(walk: Walk, names: readonly string[]): AtomParts {
  const name = walk.names.function(names);
  if (name === undefined) {
    walk.found.opaque.add(`cannot resolve the name ${names.join('.')}`);
    return {};
  }
  // DDL on a bare name acts on the path as much as on pg_catalog: name all.
  return { functions: [...new Set([...name.functions, ...walk.names.object(names)])] };
}

/** The identifier parts of a name in any of the forms that the grammar uses for objects. */
export function nameParts(object: AstNode): readonly string[] {
  switch (object.type) {
    case 'String':
      return [textAt(object.fields, 'sval')];
    case 'List':
      return stringsIn(object.fields, 'items');
    case 'TypeName':
      return stringsAt(object.fields, 'names');
    case 'ObjectWithArgs':
      return stringsAt(object.fields, 'objname');
    case 'RoleSpec':
      return [roleName(object.fields)];
    default:
      return [];
  }
}

function stringsIn(fields: Fields, name: string): string[] {
  return nodesAt(fields, name).flatMap((node) => nameParts(node));
}

/** The name of a role, or the keyword that stands for one. */
export function roleName(spec: Fields): string {
  const keywords: Readonly<Record<string, string>> = {
    ROLESPEC_CURRENT_ROLE: 'current_role',
    ROLESPEC_CURRENT_USER: 'current_user',
    ROLESPEC_SESSION_USER: 'session_user',
    ROLESPEC_PUBLIC: 'public',
  };
  return keywords[textAt(spec, 'roletype')] ?? textAt(spec, 'rolename');
}
