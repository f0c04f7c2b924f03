import type { GraphqlOperation } from '../../../graphql/operation.ts';
import type { FieldUse, FieldUseKind } from '../../../model/facts.ts';
import type { JsonValue } from '../../../model/json.ts';
import type { BodyFacts } from './body.ts';
import { isSafe } from './method.ts';
import { fieldsOf } from './parameter-names.ts';
import type { RequestForm } from './request-form.ts';

const MOST_NAMES = 500;
const MOST_PARTS = 6;
const PLAIN = /^[a-z_][a-z0-9_]*$/;

/** Whatever the response holds: it says by its own names where values come from. */
const RESPONSE: FieldUse = { names: ['*'], as: 'output' };

/**
 * How a request uses fields: the response hands them out by name; query parameters select by them; a body selects by
 * them where the method changes nothing, and writes them elsewhere.
 */
export function fieldUses({ method, query }: RequestForm, body: BodyFacts): readonly FieldUse[] {
  const written = isSafe(method) ? 'filter' : 'written';
  return [
    RESPONSE,
    ...uses(
      query.flatMap(({ name }) => fieldsOf(name)),
      'filter',
    ),
    ...uses(bodyNames(body), written),
  ];
}

/** How a GraphQL operation uses fields. Masks go by the names of fields, not by the aliases that the response has. */
export function graphqlFieldUses(operation: GraphqlOperation): readonly FieldUse[] {
  const names = new Set<string>();
  for (const given of Object.values(operation.arguments)) for (const one of given) collectNames(one, names);
  return [
    ...operation.leaves.map(({ field }) => use(field.split('.'), 'output')),
    ...uses(
      [...names].map((name) => [name]),
      operation.kind === 'mutation' ? 'written' : 'filter',
    ),
  ];
}

function bodyNames(body: BodyFacts): readonly (readonly string[])[] {
  const names = new Set<string>();
  if (body.kind === 'json') collectNames(body.json, names);
  else if (body.kind === 'form') for (const { name } of body.pairs) names.add(name);
  else if (body.kind === 'multipart') for (const { name } of body.parts) names.add(name);
  return [...names].flatMap((name) => (body.kind === 'json' ? [[name]] : fieldsOf(name)));
}

function collectNames(value: JsonValue, names: Set<string>): void {
  if (typeof value !== 'object' || value === null || names.size > MOST_NAMES) return;
  for (const [name, inner] of Object.entries(value)) {
    if (!Array.isArray(value)) names.add(name);
    collectNames(inner as JsonValue, names);
  }
}

/** Too many names to list may be any. */
function uses(paths: readonly (readonly string[])[], as: FieldUseKind): readonly FieldUse[] {
  if (paths.length > MOST_NAMES) return [{ names: ['*'], as }];
  return paths.map((path) => use(path, as));
}

/** Services differ in the case of names, and policies write them either way. */
function use(path: readonly string[], as: FieldUseKind): FieldUse {
  const exact = qualified(path);
  const folded = qualified(path.map((part) => part.toLowerCase()));
  return { names: exact === folded ? [exact] : [folded, exact], as };
}

function qualified(path: readonly string[]): string {
  const parts = path
    .slice(-MOST_PARTS)
    .map((part) => (PLAIN.test(part) ? part : `"${part.replaceAll('"', '""')}"`));
  return parts.length === 0 || parts.includes('""') ? '*' : parts.join('.');
}
