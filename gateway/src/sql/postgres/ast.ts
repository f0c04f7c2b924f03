import { NODE_FIELDS } from './node-fields.generated.ts';

/** The fields of one parse node as libpg-query's JSON gives them. Absent means zero, false, empty or null. */
export type Fields = Readonly<Record<string, unknown>>;

/** One parse node: PostgreSQL's node tag and its fields. */
export interface AstNode {
  readonly type: string;
  readonly fields: Fields;
}

/** Takes the one-key wrapper `{ Type: {…} }` apart; `undefined` when the value is not in that form. */
export function unwrap(value: unknown): AstNode | undefined {
  if (!isFields(value)) return undefined;
  let type: string | undefined;
  // Without a list of the keys: this is done for every node, several times. What JSON.parse made inherits none.
  for (const key in value) {
    if (type !== undefined) return undefined;
    type = key;
  }
  if (type === undefined) return undefined;
  const fields = value[type];
  return isFields(fields) ? { type, fields } : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The node in a field, if there is one. */
export function nodeAt(fields: Fields, name: string): AstNode | undefined {
  return unwrap(fields[name]);
}

/** The nodes of a list field; a `List` inside is one node of type `List`. Empty when absent. */
export function nodesAt(fields: Fields, name: string): readonly AstNode[] {
  const value = fields[name];
  if (value === undefined) return NO_NODES;
  if (!Array.isArray(value)) {
    const single = unwrap(value);
    if (single === undefined) return NO_NODES;
    return single.type === 'List' ? nodesAt(single.fields, 'items') : [single];
  }
  const nodes: AstNode[] = [];
  for (const item of value) nodes.push(unwrap(item) ?? UNREADABLE);
  return nodes;
}

const NO_NODES: readonly AstNode[] = [];

/** Stands for a list item that is not a node (a NULL pointer in PostgreSQL's tree). */
export const UNREADABLE: AstNode = { type: '', fields: {} };

/** The struct in a field that PostgreSQL declares with a concrete type, so that JSON has no wrapper around it. */
export function structAt(fields: Fields, name: string): Fields | undefined {
  const value = fields[name];
  return isFields(value) ? value : undefined;
}

/** A string field; empty when absent. */
export function textAt(fields: Fields, name: string): string {
  const value = fields[name];
  return typeof value === 'string' ? value : '';
}

/** A boolean field; false when absent. */
export function flagAt(fields: Fields, name: string): boolean {
  return fields[name] === true;
}

/** A numeric field; 0 when absent. */
export function numberAt(fields: Fields, name: string): number {
  const value = fields[name];
  return typeof value === 'number' ? value : 0;
}

/** The strings of a list of `String` nodes, such as a qualified name. */
export function stringsAt(fields: Fields, name: string): readonly string[] {
  if (fields[name] === undefined) return NO_STRINGS;
  const strings: string[] = [];
  for (const node of nodesAt(fields, name))
    if (node.type === 'String') strings.push(textAt(node.fields, 'sval'));
  return strings;
}

const NO_STRINGS: readonly string[] = [];

/** Field → '' (holds no node), '*' (holds nodes), '*?' (nodes, or a number in some majors), or the type of the struct it holds. */
type FieldKinds = ReadonlyMap<string, string>;

const KINDS: ReadonlyMap<string, FieldKinds> = new Map(
  Object.entries(NODE_FIELDS).map(([type, list]) => [
    type,
    new Map(
      list
        .split(' ')
        .filter((item) => item !== '')
        .map((item) => {
          const [field = '', holds = ''] = item.split(':');
          return [field, holds];
        }),
    ),
  ]),
);

/** Children of a node, and what could not be read as declared (to be treated as opaque). */
export interface Children {
  readonly nodes: readonly AstNode[];
  readonly unknown: readonly string[];
}

/**
 * All nodes directly below a node, except those in the named fields; `List` nodes are flattened. A type, field or
 * value that the field table does not declare is reported in `unknown`, never skipped in silence.
 */
export function childrenOf(node: AstNode, except: ReadonlySet<string> = NONE): Children {
  const kinds = KINDS.get(node.type);
  if (kinds === undefined) return { nodes: [], unknown: [node.type] };
  const nodes: AstNode[] = [];
  const unknown: string[] = [];
  for (const field in node.fields) {
    if (except.has(field)) continue;
    const holds = kinds.get(field);
    if (holds === undefined) unknown.push(`${node.type}.${field}`);
    else if (holds === '*?' && typeof node.fields[field] === 'number') continue;
    else if (holds === '*' || holds === '*?') collect(node.fields[field], nodes, unknown);
    else if (holds !== '') {
      const struct = structAt(node.fields, field);
      if (struct === undefined) unknown.push(`${node.type}.${field}`);
      else nodes.push({ type: holds, fields: struct });
    }
  }
  return { nodes, unknown };
}

const NONE: ReadonlySet<string> = new Set();

function collect(value: unknown, nodes: AstNode[], unknown: string[]): void {
  if (Array.isArray(value)) {
    for (const item of value) collect(item, nodes, unknown);
    return;
  }
  // A NULL pointer in a list prints as an empty object.
  const node = unwrap(value);
  if (node === undefined && isFields(value) && Object.keys(value).length === 0) return;
  if (node === undefined) unknown.push('unreadable node');
  else if (node.type === 'List') collect(node.fields['items'] ?? [], nodes, unknown);
  else nodes.push(node);
}
