import { readJson } from '../documents/json.ts';
import type { Pair } from '../documents/pairs.ts';
import { type Reading, read, unread } from '../documents/reading.ts';
import type { JsonObject, JsonValue } from '../model/json.ts';
import type { GraphqlOperation } from './operation.ts';
import { type GraphqlRequest, readOperations } from './read-operations.ts';

const MOST_IN_BATCH = 20;
const KEYS: ReadonlySet<string> = new Set(['query', 'operationName', 'variables', 'extensions']);
const NOT_UNDERSTOOD =
  'a request to a GraphQL endpoint that is none, or has members beyond query, variables and operationName';

/**
 * Reads the JSON body of a request to a GraphQL endpoint: one request or a batch. Persisted queries, where the server
 * knows the text and the gateway does not, are refused, and so are members that some server may take for a query.
 */
export function readGraphqlBody(body: JsonValue): Reading<readonly GraphqlOperation[]> {
  const requests: readonly JsonValue[] = Array.isArray(body) ? body : [body];
  if (requests.length === 0) return unread('an empty GraphQL batch');
  if (requests.length > MOST_IN_BATCH) return unread(`a GraphQL batch of more than ${MOST_IN_BATCH}`);
  const operations: GraphqlOperation[] = [];
  for (const one of requests) {
    const request = requestOf(one);
    if (!request.ok) return request;
    const own = readOperations(request.value);
    if (!own.ok) return own;
    operations.push(...own.value);
  }
  return read(operations);
}

/** Reads the query parameters of a GET to a GraphQL endpoint (GraphQL over HTTP, 5.2): `variables` is JSON. */
export function readGraphqlQuery(pairs: readonly Pair[]): Reading<readonly GraphqlOperation[]> {
  const given = new Map(pairs.map(({ name, value }) => [name, value]));
  if (given.size !== pairs.length) return unread('GraphQL parameters that come twice');
  const members = new Map<string, JsonValue>();
  for (const [name, value] of given) {
    if (name !== 'variables' && name !== 'extensions') {
      members.set(name, value);
      continue;
    }
    const json = readJson(Buffer.from(value));
    if (!json.ok) return json;
    members.set(name, json.value);
  }
  const request = requestOf(Object.fromEntries(members));
  if (!request.ok) return request;
  const operations = readOperations(request.value);
  if (operations.ok && operations.value.some(({ kind }) => kind !== 'query')) {
    return unread('GraphQL that changes something by GET');
  }
  return operations;
}

/** Whether query parameters name a GraphQL operation, which some servers prefer to the one in the body. */
export function namesOperation(pairs: readonly Pair[]): boolean {
  return pairs.some(({ name }) => MEANT.test(name));
}

const MEANT = /^(?:query|mutation|operationname|variables|extensions|id|queryid|doc_?id|documentid|hash)$/i;

function requestOf(value: JsonValue): Reading<GraphqlRequest> {
  if (!isObject(value) || !Object.keys(value).every((key) => KEYS.has(key))) return unread(NOT_UNDERSTOOD);
  const { query, operationName, variables, extensions } = value;
  if (isObject(extensions) && Object.keys(extensions).some((key) => /persisted/i.test(key))) {
    return unread('a persisted GraphQL query, whose text is not known');
  }
  if (typeof query !== 'string') {
    return unread(query === undefined ? 'a GraphQL request without its text' : NOT_UNDERSTOOD);
  }
  const isNamed = typeof operationName === 'string' && operationName !== '';
  if (!isNamed && operationName !== undefined && operationName !== null && operationName !== '') {
    return unread(NOT_UNDERSTOOD);
  }
  if (variables !== undefined && variables !== null && !isObject(variables)) return unread(NOT_UNDERSTOOD);
  return read({ query, variables: variables ?? {}, ...(isNamed ? { operationName } : {}) });
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
