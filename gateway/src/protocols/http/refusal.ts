/** Answers of the gateway itself: problem details (RFC 9457), with what HTTP has for each case. */
import { denialText } from '../../enforcement/denial-text.ts';
import type { Verdict } from '../../enforcement/gate.ts';
import { GatewayError } from '../../model/gateway-error.ts';
import type { JsonObject } from '../../model/json.ts';
import type { AnswerHead, ClientExchange } from './downstream/client-exchange.ts';
import { HttpError } from './errors.ts';
import { grpcRefusal, readsGrpcStatus } from './grpc.ts';
import { HttpMaskError } from './masking/errors.ts';
import { HttpUpstreamError } from './upstream/errors.ts';
import { encodeResponseHead } from './wire/encode/encode-response.ts';
import { HeadFields } from './wire/encode/head-fields.ts';
import { WireError } from './wire/errors.ts';
import type { RequestHead } from './wire/head/request-head.ts';
import { WebSocketError } from './wire/websocket/errors.ts';

/** An answer of the gateway: the status, and the members of its problem document. */
export interface Refusal {
  readonly status: number;
  readonly problem: JsonObject;
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Of a proxy that asks who its client is. */
  readonly challenges?: readonly string[];
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Unauthorized',
  403: 'Denied by policy',
  404: 'Unknown resource',
  407: 'Proxy authentication required',
  408: 'Request timeout',
  429: 'Too many requests',
  431: 'Request header fields too large',
  501: 'Not implemented',
  502: 'Bad gateway',
  503: 'Service unavailable',
  504: 'Gateway timeout',
};

/** The answer to a verdict that denies: 403, or 429 where time alone lifts it; told to be self-sufficient in `detail`. */
export function denialOf(verdict: Verdict): Refusal {
  const { id, decision } = verdict;
  if (decision.effect !== 'deny') throw new TypeError('a permit cannot be refused');
  const text = denialText(id, decision, verdict);
  const { approval, cause, retryAfterMs } = decision;
  const isLimit = cause === 'limit' && retryAfterMs !== undefined;
  const isPending = approval?.state === 'pending';
  return {
    status: isLimit ? 429 : 403,
    problem: {
      type: 'about:blank',
      title: isPending ? 'Waiting for approval' : isLimit ? 'Over a limit' : 'Denied by policy',
      status: isLimit ? 429 : 403,
      detail: text.message,
      code: isPending ? 'APPROVAL_PENDING' : 'POLICY_DENIED',
      decision: id,
      cause,
      rules: [...decision.rules],
      ...(isPending
        ? { approval: { id: approval.id, state: 'pending', expiresInMs: approval.remainingMs } }
        : {}),
    },
    fields: [
      ...(isLimit ? [retryAfter(retryAfterMs)] : []),
      ...(isPending ? [retryAfter(Math.min(approval.remainingMs, PENDING_RETRY_MS))] : []),
    ],
  };
}

/** When a client may look again whether it was approved. */
const PENDING_RETRY_MS = 30_000;
const THROTTLED_MS = 60_000;

/**
 * The answer to an error; of one that is not known nothing is told.
 * @param metadata URL of what tells who gives tokens, for who has none (RFC 9728 section 5.1)
 */
export function errorRefusal(
  error: unknown,
  {
    isProxied = false,
    metadata,
  }: { readonly isProxied?: boolean; readonly metadata?: string | undefined } = {},
): Refusal {
  const known = error instanceof GatewayError ? error : undefined;
  const own = statusOf(error);
  // To who uses a proxy, 401 is what the service says (RFC 9110 section 15.5.8).
  const status = own === 401 && isProxied ? 407 : own;
  const detail = known?.publicMessage ?? 'the gateway could not serve this request';
  const code = known?.code ?? 'ERR_INTERNAL';
  const title = TITLES[status] ?? 'Refused';
  return {
    status,
    problem: { type: 'about:blank', title, status, detail, code },
    fields: [
      ...(status === 401 ? [['www-authenticate', challenge(code, metadata)] as const, BASIC_CHALLENGE] : []),
      ...(status === 429 ? [retryAfter(THROTTLED_MS)] : []),
      ...(status === 503 ? [retryAfter(1_000)] : []),
      // RFC 6455 section 4.4: which version is spoken here.
      ...(code === 'ERR_WEBSOCKET_HANDSHAKE' ? [['sec-websocket-version', '13'] as const] : []),
    ],
    // Clients that take logins in the URL of their proxy know Basic alone.
    ...(status === 407 ? { challenges: ['Basic realm="sallyport"', challenge(code)] } : {}),
  };
}

/** Answers with a JSON document that anybody may read, from any page. Rejects when the client is gone. */
export async function answerDocument(exchange: ClientExchange, document: JsonObject): Promise<void> {
  const body = Buffer.from(`${JSON.stringify(document)}\n`);
  const fields = new HeadFields()
    .add('content-type', 'application/json')
    .add('cache-control', 'no-store')
    .add('access-control-allow-origin', '*');
  if (await exchange.begin({ status: 200, fields, length: body.length })) await exchange.write(body);
  await exchange.end();
}

/** The answer to a request that could not be read: its bytes, behind which the connection ends. */
export function encodeRefusal(refusal: Refusal): Buffer {
  const { head, body } = answerOf(refusal);
  const request = { method: 'GET', minor: 1 } as const;
  return Buffer.concat([encodeResponseHead({ ...head, request, closes: true }).bytes, body]);
}

/** Answers a request for the gateway. Rejects when the client is gone. @param closes nothing more is served where it came from */
export async function answerRefusal(
  exchange: ClientExchange,
  refusal: Refusal,
  closes = false,
): Promise<void> {
  const { head, body } = answerOf(refusal, exchange.head);
  const { detail } = refusal.problem;
  // Of an answer to CONNECT clients show the status line, or not even that.
  const isShort = exchange.head.method === 'CONNECT' && typeof detail === 'string';
  if (await exchange.begin({ ...head, closes, ...(isShort ? { reason: detail } : {}) }))
    if (body.length > 0) await exchange.write(body);
  await exchange.end();
}

/** An answer of the gateway as head and body. @param to the request that it answers, whose client may read another form */
export function answerOf(
  { status, problem, fields, challenges }: Refusal,
  to?: RequestHead,
): {
  readonly head: AnswerHead;
  readonly body: Buffer;
} {
  const { detail } = problem;
  if (to !== undefined && typeof detail === 'string' && readsGrpcStatus(to)) {
    return { head: grpcRefusal(status, detail), body: Buffer.alloc(0) };
  }
  const body = Buffer.from(`${JSON.stringify(problem)}\n`);
  const head = new HeadFields()
    .add('content-type', 'application/problem+json')
    .add('cache-control', 'no-store');
  for (const [name, value] of fields) head.add(name, value);
  const more = challenges === undefined ? {} : { challenges };
  return { head: { status, fields: head, length: body.length, ...more }, body };
}

function statusOf(error: unknown): number {
  if (error instanceof HttpError || error instanceof HttpUpstreamError || error instanceof WireError) {
    return error.status;
  }
  if (error instanceof HttpMaskError) return 502;
  if (error instanceof WebSocketError) return error.source === 'downstream' ? 400 : 502;
  if (!(error instanceof GatewayError)) return 500;
  if (error.code === 'ERR_LISTENER_THROTTLED' || error.code === 'ERR_LISTENER_SESSION_LIMIT') return 429;
  if (error.code.startsWith('ERR_IDENTITY_')) return error.source === 'downstream' ? 401 : 503;
  return 503;
}

/** Browsers, and clients that know Basic alone, ask for a password then: the token is one. */
const BASIC_CHALLENGE = ['www-authenticate', 'Basic realm="sallyport", charset="UTF-8"'] as const;

/** RFC 6750 section 3: no error code where no token was sent. */
function challenge(code: string, metadata?: string): string {
  const where = metadata === undefined ? '' : `, resource_metadata="${metadata}"`;
  const error = code === 'ERR_HTTP_NO_TOKEN' ? '' : ', error="invalid_token"';
  return `Bearer realm="sallyport"${error}${where}`;
}

function retryAfter(ms: number): readonly [string, string] {
  return ['retry-after', String(Math.max(1, Math.ceil(ms / 1000)))];
}
