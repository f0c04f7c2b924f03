import type { Pair } from '../documents/pairs.ts';
import { valuesByName } from '../documents/pairs.ts';
import { type Reading, read, unread } from '../documents/reading.ts';
import type { JsonObject, JsonValue } from '../model/json.ts';
import { documentError, isObject, parseSource, resolve, type SourceDocument } from './document.ts';
import { OpenApiError } from './errors.ts';
import { type Parameter, type ParameterPlace, readParameter } from './parameters.ts';
import { bySpecificity, matchTemplate, type PathTemplate, parseTemplate, shapeOf } from './path-template.ts';
import { contentFor, type RequestBody, readRequestBody } from './request-body.ts';
import { createSchemas, type Schemas } from './schemas.ts';

/** An API description, ready to be asked. */
export interface ApiDescription {
  /** Operations and schemas that requests cannot be checked by, with the reason: what needs them is refused. */
  readonly unchecked: readonly string[];
  /** The operation that a request is, and its parameters checked; the reason else. Never throws. */
  match(request: DescribedRequest): Reading<MatchedOperation>;
}

/** A request as descriptions look at it. */
export interface DescribedRequest {
  readonly method: string;
  /** Decoded segments of the path. */
  readonly segments: readonly string[];
  readonly query: readonly Pair[];
  /** By names in lower case. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** Absent where there is none. */
  readonly body?: DescribedBody;
}

/** A body, as far as it was read. */
export interface DescribedBody {
  /** Undefined where the request does not say. */
  readonly essence: string | undefined;
  readonly json?: JsonValue;
  readonly form?: Readonly<Record<string, readonly string[]>>;
}

/** The operation of a request. */
export interface MatchedOperation {
  /** Its operationId; without one the method and template, `GET /customers/{id}`. */
  readonly id: string;
  /** With the base path in front. */
  readonly template: string;
  readonly pathParameters: Readonly<Record<string, string>>;
}

interface Operation {
  readonly id: string;
  readonly unchecked?: string;
  readonly parameters: readonly Parameter[];
  readonly body: RequestBody | undefined;
}

interface PathItem {
  readonly template: PathTemplate;
  readonly operations: ReadonlyMap<string, Operation>;
}

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'query'] as const;
/** Said elsewhere in the document (OpenAPI, Parameter Object); and cookies are the client's and the service's own affair. */
const NOT_PARAMETERS: ReadonlySet<string> = new Set(['accept', 'content-type', 'authorization']);
const MOST_OPERATIONS = 5000;

/**
 * Loads an OpenAPI document (3.0 or 3.1), YAML or JSON. Its `servers` say nothing here.
 * @param basePath what stands before every path of it, `/v1`; empty for none
 * @throws {OpenApiError}
 */
export function loadApiDescription(text: string, basePath = ''): ApiDescription {
  const source = parseSource(text);
  const schemas = createSchemas(source);
  const paths = source.root['paths'];
  if (!isObject(paths)) throw documentError('#/paths', 'expected paths');
  const items = Object.entries(paths)
    .filter(([path]) => !path.startsWith('x-'))
    .map(([path, raw]): PathItem => {
      const at = `#/paths/${path}`;
      return { template: parseTemplate(basePath + path), operations: operationsOf(source, raw, at, schemas) };
    })
    .sort((left, right) => bySpecificity(left.template, right.template));
  const ids = items.flatMap(({ operations }) => [...operations.values()].map(({ id }) => id));
  if (ids.length > MOST_OPERATIONS) throw documentError('#/paths', `more than ${MOST_OPERATIONS} operations`);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw documentError('#/paths', `the operationId \`${twice}\` comes twice`);
  schemas.finish();
  const shapes = items.map(({ template }) => shapeOf(template));
  const same = items.find((_, index) => shapes.indexOf(shapes[index] ?? '') !== index);
  if (same !== undefined)
    throw documentError('#/paths', `\`${same.template.text}\` is the same as another path`);
  const byLength = Map.groupBy(items, ({ template }) => template.segments.length);
  return {
    unchecked: [
      ...schemas.unchecked,
      ...items.flatMap(({ operations }) =>
        [...operations.values()].flatMap(({ unchecked }) => unchecked ?? []),
      ),
    ],
    match: (request) => match(byLength.get(request.segments.length) ?? [], request),
  };
}

function operationsOf(
  source: SourceDocument,
  raw: JsonValue,
  at: string,
  schemas: Schemas,
): ReadonlyMap<string, Operation> {
  const item = resolve(source, raw, at);
  const operations = new Map<string, Operation>();
  for (const method of METHODS) {
    if (item[method] === undefined) continue;
    const here = `${at}/${method}`;
    const operation = resolve(source, item[method], here);
    const { operationId } = operation;
    const id =
      typeof operationId === 'string'
        ? operationId
        : `${method.toUpperCase()} ${at.slice('#/paths/'.length)}`;
    operations.set(method.toUpperCase(), readOperation(source, { id, item, operation, at: here }, schemas));
  }
  return operations;
}

interface RawOperation {
  readonly id: string;
  readonly item: JsonObject;
  readonly operation: JsonObject;
  readonly at: string;
}

/** What cannot be checked is kept as an operation that refuses its requests: one such must not cost all others. */
function readOperation(source: SourceDocument, raw: RawOperation, schemas: Schemas): Operation {
  const { id, item, operation, at } = raw;
  try {
    const shared = parametersOf(source, item['parameters'], at, schemas);
    const own = parametersOf(source, operation['parameters'], at, schemas);
    const inherited = shared.filter(
      (one) => !own.some(({ name, place }) => name === one.name && place === one.place),
    );
    const body = operation['requestBody'];
    return {
      id,
      parameters: [...inherited, ...own],
      body: body === undefined ? undefined : readRequestBody(source, body, `${at}/requestBody`, schemas),
    };
  } catch (error) {
    if (!(error instanceof OpenApiError) || error.code !== 'ERR_OPENAPI_DOCUMENT') throw error;
    return { id, parameters: [], body: undefined, unchecked: error.message };
  }
}

function parametersOf(
  source: SourceDocument,
  raw: JsonValue | undefined,
  at: string,
  schemas: Schemas,
): readonly Parameter[] {
  if (raw === undefined) return [];
  if (!Array.isArray(raw)) throw documentError(`${at}/parameters`, 'expected a list');
  return (raw as readonly JsonValue[])
    .map((one, index) => readParameter(source, one, `${at}/parameters/${index}`, schemas))
    .filter(({ name, place }) => place !== 'cookie' && !(place === 'header' && NOT_PARAMETERS.has(name)));
}

/** The most specific path decides, even where only a less specific one has the method. */
function match(items: readonly PathItem[], request: DescribedRequest): Reading<MatchedOperation> {
  for (const { template, operations } of items) {
    const values = matchTemplate(template, request.segments);
    if (values === undefined) continue;
    const operation = operations.get(request.method);
    if (operation === undefined) return unread(`${request.method} is no operation of ${template.text}`);
    if (operation.unchecked !== undefined) return unread(`requests of ${operation.id} cannot be checked`);
    const problem = problemOf(operation, values, request);
    if (problem !== undefined) return unread(problem);
    return read({ id: operation.id, template: template.text, pathParameters: Object.fromEntries(values) });
  }
  return unread('a path that the API description does not have');
}

function problemOf(
  { parameters, body }: Operation,
  path: ReadonlyMap<string, string>,
  request: DescribedRequest,
): string | undefined {
  const query = new Map(Object.entries(valuesByName(request.query)));
  const places: Readonly<Record<ParameterPlace, ReadonlyMap<string, readonly string[]>>> = {
    path: new Map([...path].map(([name, value]) => [name, [value]])),
    query,
    header: request.headers,
    cookie: new Map(),
  };
  for (const { name, place, isRequired, accepts } of parameters) {
    const texts = places[place].get(name);
    if (texts === undefined ? isRequired : !accepts(texts)) {
      return texts === undefined
        ? `the ${place} parameter ${name} is missing`
        : `the ${place} parameter ${name} does not keep to the API description`;
    }
  }
  const known = parameters.filter(({ place }) => place === 'query').map(({ name }) => name);
  if ([...query.keys()].some((name) => !known.includes(name))) {
    return 'a query parameter that the API description does not have';
  }
  return bodyProblem(body, request.body);
}

function bodyProblem(
  described: RequestBody | undefined,
  body: DescribedBody | undefined,
): string | undefined {
  if (body === undefined) return described?.isRequired === true ? 'the body is missing' : undefined;
  if (described === undefined) return 'a body, which the API description does not have';
  const content = body.essence === undefined ? undefined : contentFor(described, body.essence);
  if (content === undefined) return 'a content type that the API description does not have';
  if (content.check === undefined) return undefined;
  const value =
    content.toObject === undefined || body.form === undefined ? body.json : content.toObject(body.form);
  if (value === undefined) return 'a body that cannot be compared with the API description';
  return content.check(value) ? undefined : 'a body that does not keep to the API description';
}
