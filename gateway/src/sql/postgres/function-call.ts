import { type AstNode, flagAt, nodeAt, nodesAt, stringsAt, structAt, textAt } from './ast.ts';
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
    if (name.builtin === 'current_setting') recordCurrentSetting(walk, node);
  }
  walkChildren(walk, node, scope, NAME);
}

/** `current_setting(name)` is SHOW by another door; a computed name may be any. */
function recordCurrentSetting(walk: Walk, node: AstNode): void {
  const [nameArg] = nodesAt(node.fields, 'args');
  const name = nameArg === undefined ? undefined : stringConstant(nameArg);
  walk.found.add('SHOW', { settings: [name?.toLowerCase() ?? '*'] });
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
