import { type RpcCall, readJsonRpc } from '../../../documents/json-rpc.ts';
import { valuesByName } from '../../../documents/pairs.ts';
import { type Reading, unread } from '../../../documents/reading.ts';
import type { GraphqlLeaf, GraphqlOperation } from '../../../graphql/operation.ts';
import { namesOperation, readGraphqlBody, readGraphqlQuery } from '../../../graphql/request.ts';
import type { Facts, StatementFacts } from '../../../model/facts.ts';
import type { PathPattern } from '../../../names/path-pattern.ts';
import type { ApiDescription, MatchedOperation } from '../../../openapi/api-description.ts';
import { type BodyFacts, type BodyWindow, readBody } from './body.ts';
import { httpFamily } from './facts-family.ts';
import { visibleHeaders } from './headers.ts';
import { overridesMethod } from './method-overrides.ts';
import type { RequestForm, RequestFormOptions, WebSocketOffer } from './request-form.ts';
import {
  callStatement,
  graphqlStatement,
  type RequestParts,
  requestStatement,
  type SocketPart,
  unknownStatement,
} from './statements.ts';

/** How the requests of a resource are read. What a service speaks is configured: a guess could be led astray. */
export interface HttpFactsOptions extends RequestFormOptions {
  /** Paths at which the service takes GraphQL. */
  readonly graphql: readonly PathPattern[];
  /** Paths at which it takes JSON-RPC. */
  readonly jsonRpc: readonly PathPattern[];
  readonly description?: ApiDescription;
}

/** What is known of a request: for policy, and for the masks of its response. */
export interface HttpFacts {
  /** One statement, or one for each operation or call that the body holds. */
  readonly facts: Facts;
  /** Of GraphQL: which fields stand where in the response, of all operations. */
  readonly leaves: readonly GraphqlLeaf[];
}

/** Works out the facts of a request. Never throws. */
export function httpFacts(
  form: RequestForm,
  window: BodyWindow | undefined,
  options: HttpFactsOptions,
): HttpFacts {
  const body = readBody(form.headers, window);
  const operation =
    options.description === undefined ? undefined : describeRequest(options.description, form, body);
  const opaque: string[] = [];
  if (operation?.ok === false) opaque.push(operation.reason);
  if (options.methodOverride === 'refuse' && overridesMethod(form.query, body)) {
    opaque.push('a parameter that overrides the method');
  }
  const parts: RequestParts = {
    form,
    body,
    headers: visibleHeaders(form.headers),
    window,
    operation: operation?.ok === true ? operation.value : undefined,
    methodOverride: options.methodOverride,
    opaque,
    ...(form.webSocket === undefined ? {} : { socket: openingPart(form.webSocket) }),
  };
  const { statements, leaves = NO_LEAVES } = statementsOf(parts, options);
  return { facts: { family: httpFamily.name, action: 'request', statements }, leaves };
}

/** The facts of a request that has no one form: what it asks for is not known, so it is denied (P3). */
export function refusedFacts(reason: string): Facts {
  const label = 'a request that can be read in more than one way';
  const statement = {
    summary: label,
    atoms: [{ label, values: {} }],
    attributes: {},
    opaque: [reason],
    fields: [],
  };
  return { family: httpFamily.name, action: 'request', statements: [statement] };
}

interface Statements {
  readonly statements: readonly StatementFacts[];
  readonly leaves?: readonly GraphqlLeaf[];
}

const NO_LEAVES: readonly GraphqlLeaf[] = [];

function statementsOf(parts: RequestParts, { graphql, jsonRpc }: HttpFactsOptions): Statements {
  const { form, body } = parts;
  const isAt = (patterns: readonly PathPattern[]): boolean =>
    patterns.some((pattern) => pattern.hits(form.path.text));
  if (form.webSocket !== undefined) {
    // What is asked for comes in messages. A service that looked for it here as well would be asked unseen.
    const isTwofold = isAt(graphql) && namesOperation(form.query);
    return {
      statements: [isTwofold ? unknownStatement(parts, 'graphql', TWOFOLD) : requestStatement(parts)],
    };
  }
  if (isAt(graphql) && !isPreflight(parts)) {
    const operations = graphqlOf(parts);
    if (!operations.ok) return { statements: [unknownStatement(parts, 'graphql', operations.reason)] };
    return {
      statements: operations.value.map((one) => graphqlStatement(parts, one, operations.value.length)),
      leaves: operations.value.flatMap(({ leaves }) => leaves),
    };
  }
  if (isAt(jsonRpc) && (body.kind !== 'none' || form.method === 'POST')) {
    const calls = rpcOf(body);
    if (!calls.ok) return { statements: [unknownStatement(parts, 'rpc', calls.reason)] };
    return { statements: calls.value.map((call) => callStatement(parts, call, calls.value.length)) };
  }
  return { statements: [requestStatement(parts)] };
}

const TWOFOLD = 'GraphQL in the query of a WebSocket handshake';

function openingPart({ protocols }: WebSocketOffer): SocketPart {
  return { label: 'WebSocket to', values: ['open'], attribute: { event: 'open', offered: protocols } };
}

/** Asks which methods there are, and nothing of the service's data. */
function isPreflight({ form, body }: RequestParts): boolean {
  return form.method === 'OPTIONS' && form.query.length === 0 && body.kind === 'none';
}

function graphqlOf({ form, body }: RequestParts): Reading<readonly GraphqlOperation[]> {
  if (form.method === 'GET' || form.method === 'HEAD') {
    return body.kind === 'none'
      ? readGraphqlQuery(form.query)
      : unread('a GET with a body at a GraphQL endpoint');
  }
  if (form.method !== 'POST') return unread('a method that GraphQL over HTTP does not have');
  if (namesOperation(form.query)) return unread('GraphQL in the query beside the one in the body');
  if (body.kind === 'json' && body.essence === 'application/json') return readGraphqlBody(body.json);
  return unread(body.kind === 'unread' ? body.reason : 'a body at a GraphQL endpoint that is no JSON');
}

function rpcOf(body: BodyFacts): Reading<readonly RpcCall[]> {
  if (body.kind === 'json') return readJsonRpc(body.json);
  return unread(body.kind === 'unread' ? body.reason : 'a body at a JSON-RPC endpoint that is no JSON');
}

/** The operation of an API description that a request is. */
export function describeRequest(
  description: ApiDescription,
  { method, path, query, headers }: RequestForm,
  body: BodyFacts,
): Reading<MatchedOperation> {
  return description.match({
    method,
    segments: path.segments,
    query,
    headers,
    ...(body.kind === 'none'
      ? {}
      : {
          body: {
            essence: body.essence === '' ? undefined : body.essence,
            ...(body.kind === 'json' ? { json: body.json } : {}),
            ...(body.kind === 'form' ? { form: valuesByName(body.pairs) } : {}),
          },
        }),
  });
}
