import type { ObjectFieldNode, ValueNode } from 'graphql';
import { readJson } from '../documents/json.ts';
import type { JsonObject, JsonValue } from '../model/json.ts';
import { Refused } from './refused.ts';

/** Values of variables by name; absent where neither the request nor a default gives one. */
export type Variables = ReadonlyMap<string, JsonValue | undefined>;

const DEEPEST = 32;

/**
 * The value of an argument as JSON: enum values as texts, numbers exact. Undefined for a variable without value.
 * @throws {Refused} for variables that the operation does not define, names that come twice, inexact numbers
 */
export function valueOf(node: ValueNode, variables: Variables, depth = 0): JsonValue | undefined {
  if (depth > DEEPEST) throw new Refused(`a GraphQL value nested deeper than ${DEEPEST}`);
  switch (node.kind) {
    case 'Variable':
      if (!variables.has(node.name.value)) throw new Refused('a GraphQL variable that is not defined');
      return variables.get(node.name.value);
    case 'IntValue':
    case 'FloatValue':
      return exact(node.value);
    case 'StringValue':
      if (!node.value.isWellFormed()) throw new Refused('a GraphQL string with half a surrogate pair');
      return node.value;
    case 'EnumValue':
    case 'BooleanValue':
      return node.value;
    case 'NullValue':
      return null;
    case 'ListValue':
      return node.values.map((item) => valueOf(item, variables, depth + 1) ?? null);
    case 'ObjectValue':
      return objectOf(node.fields, variables, depth);
  }
}

/** Named values as an object; those without value are left out. @throws {Refused} for names that come twice */
export function objectOf(
  fields: readonly Pick<ObjectFieldNode, 'name' | 'value'>[],
  variables: Variables,
  depth: number,
): JsonObject {
  const members = new Map<string, JsonValue>();
  const names = new Set<string>();
  for (const { name, value } of fields) {
    if (names.has(name.value)) throw new Refused('a GraphQL argument that comes twice');
    names.add(name.value);
    const own = valueOf(value, variables, depth + 1);
    if (own !== undefined) members.set(name.value, own);
  }
  return Object.fromEntries(members);
}

function exact(text: string): JsonValue {
  const number = readJson(Buffer.from(text));
  if (!number.ok) throw new Refused('a GraphQL number that a double does not hold exactly');
  return number.value;
}
