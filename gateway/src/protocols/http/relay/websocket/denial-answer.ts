/** How a client is told that a message was denied: in the words of its own protocol, or by the end of the WebSocket. */
import type { Verdict } from '../../../../enforcement/gate.ts';
import type { JsonObject, JsonValue } from '../../../../model/json.ts';
import type { SocketSpeech } from '../../facts/message-facts.ts';
import { denialOf } from '../../refusal.ts';
import { policyEnd, type SocketEnd } from './socket-end.ts';

/** How a denial is told. */
export type DenialAnswer =
  /** The WebSocket goes on; `instead` ends it where the text cannot be told. */
  | { readonly kind: 'text'; readonly text: string; readonly instead: SocketEnd }
  | { readonly kind: 'end'; readonly end: SocketEnd };

/** What decides on how it is told. */
export interface DeniedMessage {
  readonly speech: SocketSpeech;
  /** The subprotocol that was agreed on. */
  readonly protocol: string | undefined;
  /** What the message says; undefined where it is no JSON. */
  readonly json: JsonValue | undefined;
  /** The whole message was read. */
  readonly isComplete: boolean;
  /** What the resource says of messages in no protocol that has errors. */
  readonly told: 'close' | 'message';
}

/** JSON-RPC 2.0 section 5.1 leaves -32000 to -32099 to servers. */
const RPC_DENIED = -32_003;

/** Words a denial. A run that is stopped, and a message whose rest is still to come, end the WebSocket. */
export function denialAnswer(verdict: Verdict, denied: DeniedMessage): DenialAnswer {
  const { problem } = denialOf(verdict);
  const { detail } = problem as { readonly detail: string };
  const isOver = verdict.decision.effect === 'deny' && verdict.decision.cause === 'quarantine';
  const text = isOver || !denied.isComplete ? undefined : textOf(denied, problem, detail);
  const end = denialEnd(verdict);
  return text === undefined ? { kind: 'end', end } : { kind: 'text', text, instead: end };
}

/** The end of a WebSocket for a verdict that denies. Its reason is short: what a rule advises comes before what was asked. */
export function denialEnd(verdict: Verdict): SocketEnd {
  const { detail, code } = denialOf(verdict).problem as { readonly detail: string; readonly code: string };
  const { decision } = verdict;
  const isAdvised = decision.effect === 'deny' && decision.message !== undefined;
  return policyEnd(isAdvised ? detail.replace(`${decision.subject}: `, '') : detail, code);
}

function textOf(
  { speech, protocol, json, told }: DeniedMessage,
  problem: JsonObject,
  detail: string,
): string | undefined {
  switch (speech) {
    case 'json-rpc':
      return JSON.stringify(rpcAnswer(json, { code: RPC_DENIED, message: detail, data: problem }));
    case 'graphql': {
      const id = memberOf(json, 'id');
      if (typeof id !== 'string') return undefined;
      const error = { message: detail, extensions: problem };
      return JSON.stringify({ id, type: 'error', payload: protocol === 'graphql-ws' ? error : [error] });
    }
    case 'other':
      return told === 'message' ? JSON.stringify(problem) : undefined;
  }
}

/** Each call is told; what has no id, or is no call, is answered with null (JSON-RPC 2.0 section 5). */
function rpcAnswer(json: JsonValue | undefined, error: JsonObject): JsonValue {
  const answer = (call: JsonValue | undefined): JsonObject => {
    const id = memberOf(call, 'id');
    return { jsonrpc: '2.0', id: typeof id === 'string' || typeof id === 'number' ? id : null, error };
  };
  return Array.isArray(json) && json.length > 0 ? (json as readonly JsonValue[]).map(answer) : answer(json);
}

function memberOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return (value as JsonObject)[name];
}
