import type { JsonObject, JsonValue } from '../model/json.ts';
import { type Reading, read, unread } from './reading.ts';

/** One call of JSON-RPC 2.0. */
export interface RpcCall {
  readonly method: string;
  readonly params?: JsonValue;
  /** Nobody is told how it ended. */
  readonly isNotification: boolean;
}

const MOST_CALLS = 50;
const LONGEST_METHOD = 256;
const KEYS: ReadonlySet<string> = new Set(['jsonrpc', 'method', 'params', 'id']);

/** Reads a request or a batch of them. Members that the specification does not know are refused: `Method` is one. */
export function readJsonRpc(value: JsonValue): Reading<readonly RpcCall[]> {
  const calls: readonly JsonValue[] = Array.isArray(value) ? value : [value];
  if (calls.length === 0) return unread('an empty batch of calls');
  if (calls.length > MOST_CALLS) return unread(`a batch of more than ${MOST_CALLS} calls`);
  const readCalls: RpcCall[] = [];
  for (const call of calls) {
    if (!isCall(call)) return unread('JSON that is no call of JSON-RPC 2.0');
    const { params } = call;
    readCalls.push({
      method: call.method,
      ...(params === undefined ? {} : { params }),
      isNotification: !Object.hasOwn(call, 'id'),
    });
  }
  return read(readCalls);
}

function isCall(value: JsonValue): value is JsonObject & { readonly method: string } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { jsonrpc, method, params, id } = value as JsonObject;
  return (
    jsonrpc === '2.0' &&
    typeof method === 'string' &&
    method.length <= LONGEST_METHOD &&
    /^[!-~]+$/.test(method) &&
    (params === undefined || (typeof params === 'object' && params !== null)) &&
    (id === undefined || id === null || typeof id === 'string' || typeof id === 'number') &&
    Object.keys(value).every((key) => KEYS.has(key))
  );
}
