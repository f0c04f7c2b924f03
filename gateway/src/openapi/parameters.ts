import { readJson } from '../documents/json.ts';
import type { JsonObject, JsonValue } from '../model/json.ts';
import { documentError, isObject, resolve, type SourceDocument } from './document.ts';
import type { SchemaCheck, Schemas } from './schemas.ts';

/** Where a parameter stands. */
export type ParameterPlace = 'path' | 'query' | 'header' | 'cookie';

/** One parameter of an operation. */
export interface Parameter {
  readonly name: string;
  readonly place: ParameterPlace;
  readonly isRequired: boolean;
  /** Whether the texts that were sent for it keep to its schema. */
  readonly accepts: (texts: readonly string[]) => boolean;
}

type Kind = 'string' | 'number' | 'boolean' | 'array';

/** Reads a parameter object. @throws {OpenApiError} for styles in which objects and other lists are written */
export function readParameter(
  source: SourceDocument,
  raw: JsonValue,
  at: string,
  schemas: Schemas,
): Parameter {
  const parameter = resolve(source, raw, at);
  const { name, in: place, schema, required, style, explode } = parameter;
  if (typeof name !== 'string' || !isPlace(place))
    throw documentError(at, 'a parameter has a name and a place');
  if (schema === undefined) throw documentError(at, 'a parameter without a schema cannot be checked');
  const isForm = place === 'query' || place === 'cookie';
  if (style !== undefined && style !== (isForm ? 'form' : 'simple')) {
    throw documentError(at, 'a style of parameters that cannot be checked');
  }
  const kind = kindOf(source, schema, at);
  const items = kind === 'array' ? kindOf(source, resolve(source, schema, at)['items'] ?? {}, at) : kind;
  const check = schemas.add(schema, `${at}/schema`);
  const isSplit = kind === 'array' && !(isForm && explode !== false);
  return {
    name: place === 'header' ? name.toLowerCase() : name,
    place,
    isRequired: required === true || place === 'path',
    accepts: (texts) =>
      kind === 'array' ? accepts(texts, { items, isSplit, check }) : single(texts, kind, check),
  };
}

function single(texts: readonly string[], kind: Kind, check: SchemaCheck): boolean {
  const [text, another] = texts;
  if (text === undefined || another !== undefined) return false;
  const value = toValue(text, kind);
  return value !== undefined && check(value);
}

interface ListForm {
  readonly items: Kind;
  readonly isSplit: boolean;
  readonly check: SchemaCheck;
}

function accepts(texts: readonly string[], { items, isSplit, check }: ListForm): boolean {
  if (isSplit && texts.length !== 1) return false;
  const values = (isSplit ? (texts[0] ?? '').split(',') : texts).map((text) => toValue(text, items));
  return values.every((value) => value !== undefined) && check(values);
}

/** A text as the value that its schema speaks of; undefined where it is none. */
export function toValue(text: string, kind: Kind): JsonValue | undefined {
  if (kind === 'string' || kind === 'array') return text;
  if (kind === 'boolean') return text === 'true' ? true : text === 'false' ? false : undefined;
  const number = /^-?[0-9]/.test(text) ? readJson(Buffer.from(text)) : undefined;
  return number?.ok === true && typeof number.value === 'number' && !/\s/.test(text)
    ? number.value
    : undefined;
}

/** What texts are turned into before they are compared with a schema. @throws {OpenApiError} for objects */
export function kindOf(source: SourceDocument, schema: JsonValue, at: string): Kind {
  const { type, allOf } = typeof schema === 'boolean' ? ({} as JsonObject) : resolve(source, schema, at);
  const types = (Array.isArray(type) ? (type as readonly JsonValue[]) : [type]).filter(
    (one) => one !== 'null',
  );
  const [own] = types;
  if (types.length > 1) throw documentError(at, 'a parameter of several types cannot be read in one way');
  if (own === 'object') throw documentError(at, 'an object as a parameter cannot be checked');
  if (own === 'integer' || own === 'number') return 'number';
  if (own === 'boolean' || own === 'array') return own;
  const [base] = Array.isArray(allOf) ? (allOf as readonly JsonValue[]) : [];
  return own === undefined && isObject(base) ? kindOf(source, base, at) : 'string';
}

function isPlace(value: JsonValue | undefined): value is ParameterPlace {
  return value === 'path' || value === 'query' || value === 'header' || value === 'cookie';
}
