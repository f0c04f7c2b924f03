import { dereference, type Schema, validate } from '@cfworker/json-schema';
import type { JsonValue } from '../model/json.ts';
import type { SourceDocument } from './document.ts';
import { OpenApiError } from './errors.ts';
import { type CheckedSchema, namedSchemas, translateSchema } from './translate-schema.ts';

/** Says whether a value keeps to a schema. Never throws; what takes too long does not keep to it. */
export type SchemaCheck = (value: JsonValue) => boolean;

/** The schemas of one document, compiled together. */
export interface Schemas {
  /** Named schemas that cannot be checked, with the reason; nothing keeps to them. */
  readonly unchecked: readonly string[];
  /** @throws {OpenApiError} for schemas that cannot be checked */
  add(schema: JsonValue, at: string): SchemaCheck;
  /** To be called once, after the last schema: before it nothing keeps to any. */
  finish(): void;
}

/**
 * References that a validation may follow, beside some for each value: only schemas that name themselves can run away,
 * and values come from clients.
 */
const REFERENCES = { least: 1000, perValue: 4, most: 20_000 } as const;

type Lookup = Record<string, CheckedSchema>;

/** Compiles the schemas of a document. */
export function createSchemas(source: SourceDocument): Schemas {
  const definitions: Lookup = {};
  const unchecked: string[] = [];
  for (const [name, schema] of Object.entries(namedSchemas(source))) {
    try {
      definitions[`named-${name}`] = translateSchema(source, schema, `#/components/schemas/${name}`);
    } catch (error) {
      if (!(error instanceof OpenApiError) || error.code !== 'ERR_OPENAPI_DOCUMENT') throw error;
      unchecked.push(error.message);
      definitions[`named-${name}`] = false;
    }
  }
  let lookup: Lookup | undefined;
  let count = 0;
  return {
    unchecked,
    add: (schema, at) => {
      count += 1;
      const own = translateSchema(source, schema, at);
      definitions[`inline-${count}`] = own;
      return (value) => lookup !== undefined && keepsTo(value, own, lookup);
    },
    finish: () => {
      lookup = dereference({ $defs: definitions } as Schema);
    },
  };
}

function keepsTo(value: JsonValue, schema: CheckedSchema, lookup: Lookup): boolean {
  let left = Math.min(REFERENCES.most, REFERENCES.least + REFERENCES.perValue * sizeOf(value));
  const counted = new Proxy(lookup, {
    get: (target, key) => {
      left -= 1;
      if (left < 0) throw new RangeError('too many references');
      return typeof key === 'string' ? target[key] : undefined;
    },
  });
  try {
    return validate(value, schema, '2020-12', counted, true).valid;
  } catch {
    return false;
  }
}

function sizeOf(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((size, one) => size + sizeOf(one as JsonValue), 1);
}
