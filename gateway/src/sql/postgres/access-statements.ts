import type { SqlKind } from '../kinds.ts';
import { formatName, WILDCARD } from '../qualified-name.ts';
import { type AstNode, type Fields, flagAt, nodesAt, structAt, textAt } from './ast.ts';
import type { AtomParts } from './findings.ts';
import { resolveRelation } from './from-clause.ts';
import { objectKindOf, objectParts, roleName } from './object-names.ts';
import { settingChanges } from './settings-statements.ts';
import { plainResult, type StatementHandler, type StatementHandlers } from './statement-walk.ts';
import type { Walk } from './walk.ts';

function roles(fields: Fields, field: string): string[] {
  return nodesAt(fields, field).map((role) =>
    formatName([role.type === 'AccessPriv' ? textAt(role.fields, 'priv_name') : roleName(role.fields)]),
  );
}

/** GRANT and REVOKE: one atom for each object, with the grantees. */
const grant: StatementHandler = (walk, node) => {
  const kind = flagAt(node.fields, 'is_grant') ? 'GRANT' : 'REVOKE';
  const grantees = roles(node.fields, 'grantees');
  const type = textAt(node.fields, 'objtype');
  const schemaWide = textAt(node.fields, 'targtype') === 'ACL_TARGET_ALL_IN_SCHEMA';
  for (const object of nodesAt(node.fields, 'objects')) {
    const parts = schemaWide ? inSchema(object) : grantedParts(walk, type, object);
    walk.found.add(kind, { ...parts, objects: [...(parts.objects ?? []), ...grantees] });
  }
  walk.found.cascade ||= textAt(node.fields, 'behavior') === 'DROP_CASCADE';
  return plainResult(kind);
};

function inSchema(object: AstNode): AtomParts {
  return { tables: [formatName([textAt(object.fields, 'sval'), WILDCARD])] };
}

function grantedParts(walk: Walk, type: string, object: AstNode): AtomParts {
  if (object.type === 'RangeVar') {
    const relation = resolveRelation(walk, object.fields);
    return relation === undefined ? {} : { tables: relation.tables };
  }
  if (objectKindOf(type) === undefined) walk.found.opaque.add(`unknown object type ${type}`);
  return objectParts(walk, type, object);
}

const grantRole: StatementHandler = (walk, node) => {
  const kind = flagAt(node.fields, 'is_grant') ? 'GRANT ROLE' : 'REVOKE ROLE';
  const objects = [...roles(node.fields, 'granted_roles'), ...roles(node.fields, 'grantee_roles')];
  walk.found.add(kind, { objects });
  return plainResult(kind);
};

const defaultPrivileges: StatementHandler = (walk, node) => {
  const action = structAt(node.fields, 'action') ?? {};
  walk.found.add('ALTER DEFAULT PRIVILEGES', { objects: roles(action, 'grantees') });
  return plainResult('ALTER DEFAULT PRIVILEGES');
};

function onRole(kind: SqlKind, field: string): StatementHandler {
  return (walk, node) => {
    const spec = structAt(node.fields, field);
    const name = spec === undefined ? textAt(node.fields, field) : roleName(spec);
    walk.found.add(kind, { objects: [name === '' ? '*' : formatName([name])] });
    return plainResult(kind);
  };
}

function onRoles(kind: SqlKind): StatementHandler {
  return (walk, node) => {
    const newRole = structAt(node.fields, 'newrole');
    const objects = roles(node.fields, 'roles');
    walk.found.add(kind, {
      objects: newRole === undefined ? objects : [...objects, formatName([roleName(newRole)])],
    });
    walk.found.cascade ||= textAt(node.fields, 'behavior') === 'DROP_CASCADE';
    return plainResult(kind);
  };
}

/** ALTER ROLE … SET and ALTER DATABASE … SET: future sessions will start with the setting. */
function withSettings(kind: SqlKind): StatementHandler {
  return (walk, node) => {
    const role = structAt(node.fields, 'role');
    const name = role === undefined ? '' : roleName(role);
    const database = textAt(node.fields, 'database') || textAt(node.fields, 'dbname');
    const objects = [name, database].filter((part) => part !== '').map((part) => formatName([part]));
    const changes = settingChanges(structAt(node.fields, 'setstmt') ?? {});
    walk.found.noteValues(changes);
    walk.found.add(kind, {
      objects: objects.length === 0 ? ['*'] : objects,
      settings: changes.map((change) => change.name),
    });
    return plainResult(kind);
  };
}

const userMapping = (kind: SqlKind): StatementHandler => {
  return (walk, node) => {
    const user = structAt(node.fields, 'user') ?? {};
    const objects = [formatName([roleName(user)]), formatName([textAt(node.fields, 'servername')])];
    walk.found.add(kind, { objects });
    return plainResult(kind);
  };
};

/** Roles, privileges and user mappings. */
export const ACCESS_STATEMENTS: StatementHandlers = {
  AlterDatabaseSetStmt: withSettings('ALTER DATABASE'),
  AlterDefaultPrivilegesStmt: defaultPrivileges,
  AlterRoleSetStmt: withSettings('ALTER ROLE'),
  AlterRoleStmt: onRole('ALTER ROLE', 'role'),
  AlterUserMappingStmt: userMapping('ALTER USER MAPPING'),
  CreateRoleStmt: onRole('CREATE ROLE', 'role'),
  CreateUserMappingStmt: userMapping('CREATE USER MAPPING'),
  DropOwnedStmt: onRoles('DROP OWNED'),
  DropRoleStmt: onRoles('DROP ROLE'),
  DropUserMappingStmt: userMapping('DROP USER MAPPING'),
  GrantRoleStmt: grantRole,
  GrantStmt: grant,
  ReassignOwnedStmt: onRoles('REASSIGN OWNED'),
};
