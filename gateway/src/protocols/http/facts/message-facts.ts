/** What rules see of a message that a client sends over a WebSocket: the handshake, and the message as its body. */
import { readJson } from '../../../documents/json.ts';
import { readJsonRpc } from '../../../documents/json-rpc.ts';
import type { Facts, StatementFacts } from '../../../model/facts.ts';
import type { PathPattern } from '../../../names/path-pattern.ts';
import type { MatchedOperation } from '../../../openapi/api-description.ts';
import type { BodyFacts, BodyWindow } from './body.ts';
import { httpFamily } from './facts-family.ts';
import { visibleHeaders } from './headers.ts';
import { describeRequest, type HttpFactsOptions } from './http-facts.ts';
import type { RequestForm } from './request-form.ts';
import { readGraphqlMessage } from './socket-protocols.ts';
import {
  callStatement,
  graphqlStatement,
  type RequestParts,
  requestStatement,
  type SocketPart,
  unknownStatement,
} from './statements.ts';

/** A message, its fragments joined, as far as it is looked at. */
export interface SocketMessage {
  readonly isText: boolean;
  readonly bytes: Uint8Array;
  /** Whether `bytes` are the whole message. */
  readonly isComplete: boolean;
}

/** A WebSocket that is open. */
export interface OpenSocket {
  /** Of its handshake. */
  readonly form: RequestForm;
  readonly options: HttpFactsOptions;
  /** The subprotocol that client and service agreed on. */
  readonly protocol: string | undefined;
}

/** What the messages of a WebSocket are, as the resource says by its path. */
export type SocketSpeech = 'graphql' | 'json-rpc' | 'other';

/** See {@link SocketSpeech}. */
export function socketSpeech({ form, options }: Pick<OpenSocket, 'form' | 'options'>): SocketSpeech {
  const isAt = (patterns: readonly PathPattern[]): boolean =>
    patterns.some((pattern) => pattern.hits(form.path.text));
  if (isAt(options.graphql)) return 'graphql';
  return isAt(options.jsonRpc) ? 'json-rpc' : 'other';
}

/** Makes the facts of the messages of one WebSocket. What it makes never throws. */
export function createMessageFacts({
  form,
  options,
  protocol,
}: OpenSocket): (message: SocketMessage) => Facts {
  const headers = visibleHeaders(form.headers);
  const operation = operationOf(form, options);
  const speech = socketSpeech({ form, options });
  return (message) => {
    const window: BodyWindow = { bytes: message.bytes, isComplete: message.isComplete, coding: 'undone' };
    const parts: RequestParts = {
      form,
      headers,
      operation,
      window,
      body: readMessage(message),
      // Of a message: nothing in it makes the service take its handshake for another method.
      methodOverride: 'ignored',
      opaque: [],
      socket: messagePart(message, protocol),
    };
    const statements = statementsOf(parts, speech, protocol);
    return { family: httpFamily.name, action: 'message', statements };
  };
}

function operationOf(form: RequestForm, options: HttpFactsOptions): MatchedOperation | undefined {
  const found =
    options.description === undefined
      ? undefined
      : describeRequest(options.description, form, { kind: 'none' });
  return found?.ok === true ? found.value : undefined;
}

function readMessage({ isText, bytes, isComplete }: SocketMessage): BodyFacts {
  const essence = isText ? 'text/plain' : 'application/octet-stream';
  const unread = (reason: string): BodyFacts => ({ kind: 'unread', essence, reason });
  if (!isComplete) return unread('a message that is longer than the inspection window');
  if (!isText) return unread('a binary message, which is not looked into');
  const json = readJson(bytes);
  return json.ok ? { kind: 'json', essence: 'application/json', json: json.value } : unread(json.reason);
}

function messagePart({ isText, isComplete }: SocketMessage, protocol: string | undefined): SocketPart {
  const event = isText ? 'text' : 'binary';
  return {
    label: `${isComplete ? '' : 'long '}${event} message to`,
    values: isComplete ? [event] : [event, 'long'],
    attribute: { event, ...(protocol === undefined ? {} : { protocol }) },
  };
}

function statementsOf(
  parts: RequestParts,
  speech: SocketSpeech,
  protocol: string | undefined,
): readonly StatementFacts[] {
  const { body } = parts;
  if (speech === 'other') return [requestStatement(parts)];
  if (body.kind !== 'json') {
    return [unknownStatement(parts, speech === 'graphql' ? 'graphql' : 'rpc', reasonOf(body))];
  }
  if (speech === 'json-rpc') {
    const calls = readJsonRpc(body.json);
    if (!calls.ok) return [unknownStatement(parts, 'rpc', calls.reason)];
    return calls.value.map((call) => callStatement(parts, call, calls.value.length));
  }
  const message = readGraphqlMessage(body.json, protocol);
  if (!message.ok) return [unknownStatement(parts, 'graphql', message.reason)];
  if (message.value.kind === 'keeping') return [requestStatement(keeping(parts, message.value.type))];
  const { operations } = message.value;
  return operations.map((one) => graphqlStatement(parts, one, operations.length));
}

/** Who may open such a connection may keep it: a rule that allows operations need not name these messages as well. */
function keeping(parts: RequestParts, type: string): RequestParts {
  const { socket } = parts;
  if (socket === undefined) return parts;
  return { ...parts, socket: { ...socket, label: `${type} message to`, values: ['open'] } };
}

function reasonOf(body: BodyFacts): string {
  return body.kind === 'unread' ? body.reason : 'a message that is no JSON';
}

/** Whether a message is known to change nothing: GraphQL that only reads, and what only keeps the connection. */
export function onlyReads({ statements }: Facts): boolean {
  return statements.every(({ atoms, attributes, opaque }) => {
    const { graphql } = attributes as { readonly graphql?: { readonly kind?: string } };
    const isKeeping = atoms.every(({ values }) => values['websocket']?.[0] === 'open');
    const isReading = graphql?.kind === 'query' || graphql?.kind === 'subscription';
    return opaque.length === 0 && (isKeeping || isReading);
  });
}
