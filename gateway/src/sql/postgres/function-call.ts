import { type AstNode, flagAt, nodeAt, nodesAt, numberAt, stringsAt, structAt, textAt } from './ast.ts';
import type { FunctionName } from './names.ts';
import type { Scope } from './scope.ts';
import { noteCall } from './unnamed-reads.ts';
import type { Walk } from './walk.ts';

const NAME: ReadonlySet<string> = new Set(['funcname']);

/** Records the call, the settings it changes, and walks its arguments, filter, order and window. */
export function walkFunctionCall(
  walk: Walk,
  node: AstNode,
  scope: Scope,
  walkChildren: (walk: Walk, node: AstNode, scope: Scope, except: ReadonlySet<string>) => void,
): void {
  const parts = stringsAt(node.fields, 'funcname');
  const name = walk.names.function(parts);
  if (name === undefined) walk.found.opaque.add(`function ${parts.join('.')} with unknown search_path`);
  else if (name.builtin === 'set_config') {
    // Its SET atom stands for the call, unless it may be a function of that name in another schema.
    walk.found.call(name.functions.length === 1 ? { ...name, safe: true } : name);
    recordSetConfig(walk, node);
  } else {
    walk.found.call(name);
    noteCall(walk.found, name.functions);
    if (name.builtin === 'current_setting') recordCurrentSetting(walk, node, scope);
  }
  // Whatever else a function does with a value, nobody can take back.
  if (isOwnSafe(name)) walkChildren(walk, node, scope, NAME);
  else walk.found.fields.as('expression', () => walkChildren(walk, node, scope, NAME));
}

function isOwnSafe(name: FunctionName | undefined): boolean {
  return name?.safe === true && name.functions.length === 1 && name.builtin !== 'set_config';
}

/**
 * `current_setting(name)` is SHOW by another door; a computed name may be any. Where a parameter of the statement is the
 * name, as SQLAlchemy has it, the setting is `$n` (no setting can be called so) until the parameter is bound.
 */
function recordCurrentSetting(walk: Walk, node: AstNode, scope: Scope): void {
  const [nameArg] = nodesAt(node.fields, 'args');
  if (nameArg !== undefined && isNameInSettings(nameArg, scope)) return;
  const constant = nameArg === undefined ? undefined : stringConstant(nameArg)?.toLowerCase();
  const parameter = nameArg === undefined ? undefined : parameterNumber(nameArg);
  walk.found.add('SHOW', { settings: [constant ?? (parameter === undefined ? '*' : `$${parameter}`)] });
}

/** `s.name` of `pg_settings s`, as psql's `\dconfig` has it: shows nothing but what that view shows, which is an atom of its own. */
function isNameInSettings(node: AstNode, scope: Scope): boolean {
  const [qualifier, column, ...rest] = stringsAt(node.fields, 'fields');
  if (node.type !== 'ColumnRef' || column !== 'name' || rest.length > 0) return false;
  for (let level: Scope | undefined = scope; level !== undefined; level = level.outer) {
    const [named, ...more] = level.relations.filter((relation) => relation.alias === qualifier);
    if (named === undefined) continue;
    const [table, ...others] = named.tables;
    const isOnly = more.length === 0 && others.length === 0 && !named.renamed;
    return isOnly && table?.tables.length === 1 && table.tables[0] === 'pg_catalog.pg_settings';
  }
  return false;
}

/** The number of a `$n`, also under a cast to text or varchar without a length; `undefined` for anything else. */
function parameterNumber(node: AstNode): number | undefined {
  if (node.type === 'ParamRef') return numberAt(node.fields, 'number');
  if (node.type !== 'TypeCast') return undefined;
  const type = structAt(node.fields, 'typeName') ?? {};
  const isText = ['text', 'varchar'].includes(stringsAt(type, 'names').at(-1) ?? '');
  const arg = nodeAt(node.fields, 'arg');
  const isPlain =
    isText && nodesAt(type, 'typmods').length === 0 && nodesAt(type, 'arrayBounds').length === 0;
  return isPlain && arg !== undefined ? parameterNumber(arg) : undefined;
}

/** `set_config(name, value, is_local)` is SET by another door. */
function recordSetConfig(walk: Walk, node: AstNode): void {
  const [nameArg, valueArg, localArg, ...rest] = nodesAt(node.fields, 'args');
  const name = nameArg === undefined ? undefined : stringConstant(nameArg);
  if (name === undefined || rest.length > 0 || flagAt(node.fields, 'func_variadic')) {
    walk.found.opaque.add('set_config with a computed name');
    return;
  }
  const setting = name.toLowerCase();
  const value = valueArg === undefined ? undefined : stringConstant(valueArg);
  const scope = localArg !== undefined && isTrue(localArg) ? 'local' : 'session';
  walk.found.add('SET', { settings: [setting] });
  walk.found.change([{ name: setting, ...(value === undefined ? {} : { value }), scope }]);
}

/** The value of a string literal, also under casts to text; `undefined` for anything else. */
export function stringConstant(node: AstNode): string | undefined {
  if (node.type === 'TypeCast') {
    const type = stringsAt(structAt(node.fields, 'typeName') ?? {}, 'names').at(-1);
    const arg = nodeAt(node.fields, 'arg');
    return type === 'text' && arg !== undefined ? stringConstant(arg) : undefined;
  }
  const value = node.type === 'A_Const' ? structAt(node.fields, 'sval') : undefined;
  return value === undefined ? undefined : textAt(value, 'sval');
}

function isTrue(node: AstNode): boolean {
  const value = node.type === 'A_Const' ? structAt(node.fields, 'boolval') : undefined;
  return value !== undefined && flagAt(value, 'boolval');
}
