/** One request: what is known of it, and what is sent of it. Made once, before it is judged. */
import { createHash } from 'node:crypto';
import { type Reading, unread } from '../../../documents/reading.ts';
import type { Facts } from '../../../model/facts.ts';
import type { JsonObject } from '../../../model/json.ts';
import type { HttpResourceConfig } from '../config.ts';
import type { Route } from '../downstream/route.ts';
import { type HttpFactsOptions, httpFacts, refusedFacts } from '../facts/http-facts.ts';
import { socketSpeech } from '../facts/message-facts.ts';
import { isSafe } from '../facts/method.ts';
import { type RequestForm, readRequest, type WebSocketOffer, writeTarget } from '../facts/request-form.ts';
import type { GraphqlLeaf } from '../masking/response-facts.ts';
import { OURS } from '../wire/fields/known-fields.ts';
import type { RequestHead } from '../wire/head/request-head.ts';
import { type HeldBody, windowOf } from './body-window.ts';
import { isClaimed } from './claimed-fields.ts';
import type { HideValue } from './recorded-request.ts';

/** A request with its facts. */
export interface JudgedRequest {
  readonly head: RequestHead;
  readonly held: HeldBody;
  /** Of the request in its one form, the target as the service knows its paths; where there is none, why. */
  readonly form: Reading<RequestForm>;
  readonly facts: Facts;
  /** Fields of a GraphQL answer, by which masks find them under their aliases. */
  readonly leaves: readonly GraphqlLeaf[];
  readonly summary: string;
  /** For the audit. No credentials. */
  readonly record: JsonObject;
  /** Why no mask can be put on what answers it; undefined where that is seen of the answer. */
  readonly unmaskable?: string | undefined;
  /** What was asked, so that a repetition is noticed. */
  readonly asked: string;
  readonly writes: boolean;
}

/** How a request came. */
export interface Arrival {
  readonly head: RequestHead;
  readonly held: HeldBody;
  readonly route: Route;
  readonly scheme: 'http' | 'https';
  /** Names of headers, in lower case, that are for the gateway. */
  readonly own: ReadonlySet<string>;
  /** Of a WebSocket handshake. */
  readonly webSocket?: WebSocketOffer | undefined;
}

const MOST_SUMMARIES = 3;

/** Reads a request. What is judged is what is left of it for the service. */
export function judgeable(
  { head, held, route, scheme, own, webSocket }: Arrival,
  options: HttpFactsOptions,
): JudgedRequest {
  const { port, host } = head.authority;
  const sent = {
    method: head.method,
    target: route.target,
    scheme,
    authority: port === undefined ? host : `${host}:${port}`,
    fields: forwardable(head, own, webSocket !== undefined),
    ...(webSocket === undefined ? {} : { webSocket }),
  };
  const form = route.misdirection === undefined ? readRequest(sent, options) : unread(route.misdirection);
  const { facts, leaves } = form.ok
    ? httpFacts(form.value, windowOf(held, head), options)
    : { facts: refusedFacts(form.reason), leaves: [] };
  const target = form.ok ? writeTarget(form.value) : '';
  return {
    head,
    held,
    form,
    facts,
    leaves,
    summary: summaryOf(facts),
    record: form.ok ? recordOf(form.value, head, held) : { text: head.method, unread: form.reason },
    asked: `${head.method} ${form.ok ? target : route.target}\n${bodyDigest(held)}`,
    writes: !form.ok || !isSafe(form.value.method),
    unmaskable: form.ok ? unmaskable(form.value, options) : undefined,
  };
}

function bodyDigest({ chunks }: HeldBody): string {
  if (chunks.length === 0) return '';
  const digest = createHash('sha256');
  for (const chunk of chunks) digest.update(chunk);
  return digest.digest('hex');
}

/** Names in messages of GraphQL are aliases of operations that were sent long before. */
function unmaskable(form: RequestForm, options: HttpFactsOptions): string | undefined {
  if (form.webSocket === undefined || socketSpeech({ form, options }) !== 'graphql') return undefined;
  return 'answers of GraphQL over a WebSocket cannot be masked';
}

/** Headers of this connection, those for the gateway, and those by which a client could pass for another machine, are not sent. */
function forwardable(
  head: RequestHead,
  own: ReadonlySet<string>,
  isHandshake: boolean,
): readonly (readonly [string, string])[] {
  const kept: (readonly [string, string])[] = [];
  for (let index = 0; index < head.fields.size; index += 1) {
    if (((head.fields.knownAt(index)?.flags ?? 0) & OURS) !== 0) continue;
    const name = head.fields.nameAt(index);
    const lower = name.toLowerCase();
    if (own.has(lower) || isClaimed(lower) || head.connection.names.includes(lower)) continue;
    // The gateway makes a handshake of its own; extensions it agrees on with nobody (RFC 6455 section 9.1).
    if (isHandshake && lower.startsWith('sec-websocket-')) continue;
    kept.push([name, head.fields.valueAt(index)]);
  }
  return kept;
}

/** Facts in a few words. */
export function summaryOf(facts: Facts): string {
  const { statements } = facts;
  const shown = statements.slice(0, MOST_SUMMARIES).map(({ summary }) => summary);
  const more = statements.length - shown.length;
  return more > 0 ? `${shown.join('; ')} and ${more} more` : shown.join('; ');
}

/** In place of values of parameters that look like secrets; it needs no escape. */
const HIDDEN_VALUE = '__secret__';
const SECRET_NAME = /key|token|secret|passw|signature|credential|auth|code|session/i;
const HINTS = ['traceparent', 'x-request-id', 'x-run-id'];

/** @param hide what stands for the value of a parameter, where it does not stay */
function recordOf(form: RequestForm, head: RequestHead, held: HeldBody, hide?: HideValue): JsonObject {
  const { method, path, authority, headers } = form;
  const query = form.query.map((pair) =>
    SECRET_NAME.test(pair.name)
      ? { ...pair, value: HIDDEN_VALUE }
      : { ...pair, value: hide?.(pair.name, pair.value) ?? pair.value },
  );
  const [contentType] = headers.get('content-type') ?? [];
  const hints = HINTS.flatMap((name) => {
    const value = headers.get(name)?.[0];
    return value === undefined ? [] : [[name, value.slice(0, 256)]];
  });
  return {
    text: `${method} ${writeTarget({ path, query })}`,
    host: authority.host,
    ...(contentType === undefined ? {} : { contentType: contentType.slice(0, 256) }),
    ...(head.framing.kind === 'none' ? {} : { bodyBytes: bytesOf(head, held) }),
    // Named by the client, and proved by nothing (P11).
    ...(hints.length === 0 ? {} : { hints: Object.fromEntries(hints) as JsonObject }),
  };
}

/** The record of a request whose parameters may hold masked values. */
export function recordHiding({ form, head, held, record }: JudgedRequest, hide: HideValue): JsonObject {
  return form.ok && form.value.query.length > 0 ? recordOf(form.value, head, held, hide) : record;
}

function bytesOf({ framing }: RequestHead, held: HeldBody): number | string {
  if (held.isComplete) return held.bytes;
  return framing.kind === 'length' ? framing.length : `more than ${held.bytes}`;
}

/** Headers that are no part of a request's meaning, and differ each time it is sent. */
const VOLATILE = /^(user-agent|accept-encoding|traceparent|tracestate|x-request-id|x-run-id|baggage|date)$/;

/** What an approval of a request is bound to beside its text: its headers, credentials as digests. */
export function meaningOf(form: RequestForm, resource: HttpResourceConfig): Readonly<Record<string, string>> {
  const settings: Record<string, string> = { url: resource.url };
  for (const [name, values] of form.headers) {
    if (VOLATILE.test(name)) continue;
    settings[`header ${name}`] = createHash('sha256').update(JSON.stringify(values)).digest('hex');
  }
  return settings;
}
