import { type Reading, read, unread } from '../../../documents/reading.ts';
import type { GraphqlOperation } from '../../../graphql/operation.ts';
import { readGraphqlBody } from '../../../graphql/request.ts';
import type { JsonObject, JsonValue } from '../../../model/json.ts';

/** What a message of a GraphQL subprotocol is. */
export type GraphqlMessage =
  | { readonly kind: 'operations'; readonly operations: readonly GraphqlOperation[] }
  /** It keeps or ends something, and asks for nothing of the service's data. */
  | { readonly kind: 'keeping'; readonly type: string };

interface Subprotocol {
  readonly operation: string;
  readonly keeping: ReadonlySet<string>;
}

/** By name: `graphql-transport-ws` of the library graphql-ws, and `graphql-ws` of subscriptions-transport-ws before it. */
const SUBPROTOCOLS: ReadonlyMap<string, Subprotocol> = new Map([
  [
    'graphql-transport-ws',
    { operation: 'subscribe', keeping: new Set(['connection_init', 'ping', 'pong', 'complete']) },
  ],
  [
    'graphql-ws',
    { operation: 'start', keeping: new Set(['connection_init', 'stop', 'connection_terminate']) },
  ],
]);

const KEYS: ReadonlySet<string> = new Set(['id', 'type', 'payload']);
const NOT_UNDERSTOOD = 'a message that the GraphQL subprotocol does not have';

/** Reads a message that a client sends to a GraphQL endpoint over the subprotocol that was agreed on. */
export function readGraphqlMessage(json: JsonValue, protocol: string | undefined): Reading<GraphqlMessage> {
  const known = SUBPROTOCOLS.get(protocol ?? '');
  if (known === undefined) return unread('GraphQL over a subprotocol that is not known');
  if (!isObject(json) || !Object.keys(json).every((key) => KEYS.has(key))) return unread(NOT_UNDERSTOOD);
  const { id, type, payload } = json;
  if (typeof type !== 'string' || (id !== undefined && typeof id !== 'string')) return unread(NOT_UNDERSTOOD);
  if (known.keeping.has(type)) return read({ kind: 'keeping', type });
  if (type !== known.operation || id === undefined || !isObject(payload)) return unread(NOT_UNDERSTOOD);
  const operations = readGraphqlBody(payload);
  return operations.ok ? read({ kind: 'operations', operations: operations.value }) : operations;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
