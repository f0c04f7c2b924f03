import { parseDocument } from 'yaml';
import { valueAt } from '../documents/json-pointer.ts';
import type { JsonObject, JsonValue } from '../model/json.ts';
import { OpenApiError } from './errors.ts';

/** An API description as it was written, with a way to follow its references. */
export interface SourceDocument {
  readonly root: JsonObject;
  readonly version: '3.0' | '3.1';
}

const LONGEST = 8 * 1024 * 1024;
const MOST_ALIASES = 100;
const MOST_REFERENCES = 16;

/** Parses YAML or JSON. @throws {OpenApiError} `ERR_OPENAPI_SYNTAX`, `ERR_OPENAPI_VERSION` */
export function parseSource(text: string): SourceDocument {
  if (text.length > LONGEST) throw syntaxError(`longer than ${LONGEST} characters`);
  const root = text.trimStart().startsWith('{') ? fromJson(text) : fromYaml(text);
  if (!isObject(root)) throw syntaxError('not an object');
  const { openapi } = root;
  const version = typeof openapi === 'string' ? /^3\.([01])\.\d+/.exec(openapi)?.[1] : undefined;
  if (version === undefined) {
    throw new OpenApiError('ERR_OPENAPI_VERSION', 'the API description is no OpenAPI 3.0 or 3.1', {
      source: 'config',
    });
  }
  return { root, version: version === '0' ? '3.0' : '3.1' };
}

function fromJson(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    throw syntaxError('not grammatical JSON');
  }
}

function fromYaml(text: string): JsonValue {
  const document = parseDocument(text, { uniqueKeys: true, stringKeys: true, logLevel: 'silent' });
  const [error] = document.errors;
  if (error !== undefined) throw syntaxError(`line ${error.linePos?.[0].line ?? 1}: ${error.code}`);
  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES }) as JsonValue;
  } catch {
    throw syntaxError('too many aliases');
  }
}

function syntaxError(detail: string): OpenApiError {
  return new OpenApiError('ERR_OPENAPI_SYNTAX', `the API description cannot be read: ${detail}`, {
    source: 'config',
  });
}

/** The error for something in the document that cannot be used. */
export function documentError(at: string, problem: string): OpenApiError {
  return new OpenApiError('ERR_OPENAPI_DOCUMENT', `the API description at ${at}: ${problem}`, {
    source: 'config',
  });
}

/** The object itself, or what its `$ref` leads to. @throws {OpenApiError} `ERR_OPENAPI_REFERENCE`, `ERR_OPENAPI_DOCUMENT` */
export function resolve({ root }: SourceDocument, value: JsonValue | undefined, at: string): JsonObject {
  let current = value;
  for (let hops = 0; hops < MOST_REFERENCES; hops += 1) {
    if (!isObject(current)) throw documentError(at, 'expected an object');
    const reference = current['$ref'];
    if (typeof reference !== 'string') return current;
    current = reference.startsWith('#/') ? valueAt(root, decodeURI(reference.slice(1))) : undefined;
    if (current === undefined) throw referenceError(at, reference);
  }
  throw documentError(at, 'references that lead in a circle');
}

/** The error for a reference that cannot be followed. */
export function referenceError(at: string, reference: string): OpenApiError {
  const message = `the API description at ${at}: nothing in the document is named \`${reference}\``;
  return new OpenApiError('ERR_OPENAPI_REFERENCE', message, { source: 'config' });
}

/** Whether it is an object and no list. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
