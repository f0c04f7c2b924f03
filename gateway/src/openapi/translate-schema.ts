import { format, type Schema } from '@cfworker/json-schema';
import { RE2JS } from 're2js';
import type { JsonObject, JsonValue } from '../model/json.ts';
import { documentError, isObject, referenceError, type SourceDocument } from './document.ts';

/** A schema as the validator takes it. */
export type CheckedSchema = Schema | boolean;

/** Items of a list whose items must differ, each of which is compared with each. */
const MOST_UNIQUE = 1000;

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

const PLAIN = words(
  'const dependentRequired enum exclusiveMaximum exclusiveMinimum maxContains maxItems maxLength maxProperties maximum minContains minItems minLength minProperties minimum multipleOf required type uniqueItems',
);
const ONE = words(
  'additionalProperties contains else if items not propertyNames then unevaluatedItems unevaluatedProperties',
);
const LIST = words('allOf anyOf oneOf prefixItems');
const MAP = words('dependentSchemas properties');
/** Those that change what references mean, and patterns that would be run as they are. */
const REFUSED = words(
  '$anchor $defs $dynamicAnchor $dynamicRef $id $recursiveRef definitions dependencies patternProperties',
);

/**
 * Translates a schema of a document: references to `#/$defs/named-…`, patterns to formats of their own that run in
 * linear time, and what OpenAPI 3.0 says in its own way to JSON Schema. Formats and notes are dropped.
 * @throws {OpenApiError} for keywords that cannot be checked, and for references that lead nowhere
 */
export function translateSchema(source: SourceDocument, schema: JsonValue, at: string): CheckedSchema {
  if (typeof schema === 'boolean') return schema;
  if (!isObject(schema)) throw documentError(at, 'expected a schema');
  const reference = schema['$ref'];
  const made: Record<string, unknown> = {};
  if (typeof reference === 'string') {
    made['$ref'] = localReference(source, reference, at);
    // Siblings of a reference say nothing in 3.0.
    if (source.version === '3.0') return made as Schema;
  }
  for (const [key, value] of Object.entries(schema)) {
    const here = `${at}/${key}`;
    if (REFUSED.has(key)) throw documentError(here, 'this keyword cannot be checked here');
    if (ONE.has(key)) made[key] = translateSchema(source, value, here);
    else if (LIST.has(key)) made[key] = translateList(source, value, here);
    else if (MAP.has(key)) made[key] = translateMap(source, value, here);
    else if (PLAIN.has(key)) made[key] = value;
  }
  if (source.version === '3.0') modernise(schema, made);
  if (typeof schema['pattern'] === 'string')
    made['format'] = patternFormat(schema['pattern'], `${at}/pattern`);
  if (schema['uniqueItems'] === true && !(Number(schema['maxItems']) <= MOST_UNIQUE))
    made['maxItems'] = MOST_UNIQUE;
  return made as Schema;
}

/** Schemas of `#/components/schemas`, by name. */
export function namedSchemas({ root }: SourceDocument): JsonObject {
  const components = root['components'];
  const named = isObject(components) ? components['schemas'] : undefined;
  return isObject(named) ? named : {};
}

function translateList(source: SourceDocument, value: JsonValue, at: string): readonly CheckedSchema[] {
  if (!Array.isArray(value)) throw documentError(at, 'expected a list of schemas');
  return (value as readonly JsonValue[]).map((one, index) => translateSchema(source, one, `${at}/${index}`));
}

function translateMap(source: SourceDocument, value: JsonValue, at: string): Record<string, CheckedSchema> {
  if (!isObject(value)) throw documentError(at, 'expected schemas by name');
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, translateSchema(source, one, `${at}/${name}`)]),
  );
}

function localReference(source: SourceDocument, reference: string, at: string): string {
  const name = /^#\/components\/schemas\/([A-Za-z0-9._-]+)$/.exec(reference)?.[1];
  if (name === undefined || !Object.hasOwn(namedSchemas(source), name)) throw referenceError(at, reference);
  return `#/$defs/named-${name}`;
}

/** OpenAPI 3.0 says `nullable`, and whether bounds are exclusive, in ways of its own. */
function modernise(schema: JsonObject, made: Record<string, unknown>): void {
  for (const [exclusive, bound] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    delete made[exclusive];
    if (schema[exclusive] !== true) continue;
    made[exclusive] = schema[bound];
    delete made[bound];
  }
  if (schema['nullable'] !== true) return;
  if (typeof schema['type'] === 'string') made['type'] = [schema['type'], 'null'];
  if (Array.isArray(schema['enum'])) made['enum'] = [...(schema['enum'] as readonly JsonValue[]), null];
}

/** A pattern as a format of the validator's, whose own patterns would backtrack. */
function patternFormat(pattern: string, at: string): string {
  const name = `pattern ${pattern}`;
  if (format[name] === undefined) {
    let compiled: RE2JS;
    try {
      compiled = RE2JS.compile(pattern);
    } catch {
      throw documentError(at, 'a pattern that cannot run in linear time');
    }
    format[name] = (text) => compiled.test(text);
  }
  return name;
}
