/** The way down: the head without what is the connection's or the gateway's own, and the body as it comes. */
import type { HttpResourceConfig } from '../config.ts';
import type { ClientStream } from '../downstream/client-stream.ts';
import type { UpstreamConnection } from '../upstream/connection.ts';
import { HttpUpstreamError } from '../upstream/errors.ts';
import type { InjectedField } from '../upstream/services.ts';
import type { BodyFraming } from '../wire/body/framing.ts';
import { encodeChunkedEnd } from '../wire/encode/encode-chunk.ts';
import { type EncodedResponse, encodeResponseHead } from '../wire/encode/encode-response.ts';
import { HeadFields } from '../wire/encode/head-fields.ts';
import type { FieldBlock } from '../wire/fields/field-block.ts';
import type { RequestHead } from '../wire/head/request-head.ts';
import type { ResponseHead } from '../wire/head/response-head.ts';
import type { AnswerLimits } from './answer-limits.ts';
import type { ExchangeRecord } from './exchange-record.ts';
import { chunked } from './send-request.ts';

/** Written anew, or a way round the gateway. */
const REPLACED: ReadonlySet<string> = new Set(['location', 'alt-svc']);
const NONE: ReadonlySet<string> = new Set();

/** What a response answers, and where it came through. */
export interface Answering {
  readonly asked: RequestHead;
  readonly resource: HttpResourceConfig;
  /** What stands in front of the service's own paths. */
  readonly prefix: string;
  readonly injected: InjectedField | undefined;
  readonly closes: boolean;
}

/** The head for the client. @throws HttpUpstreamError for a service that refuses the gateway's credential, or gives it away (P6) */
export function responseHead(head: ResponseHead, answering: Answering): EncodedResponse {
  const { asked, injected, closes } = answering;
  if ((head.status === 401 && injected !== undefined) || head.status === 407) {
    throw new HttpUpstreamError('ERR_HTTP_UPSTREAM_CREDENTIAL', `the service answered ${head.status}`);
  }
  const fields = new HeadFields().copyEndToEnd(head.fields, head.connection, REPLACED);
  const location = head.fields.only('location');
  if (location !== undefined) fields.add('location', throughGateway(location, answering));
  if (injected !== undefined && fields.text.includes(injected.secret)) {
    throw new HttpUpstreamError('ERR_HTTP_UPSTREAM_CREDENTIAL', 'the service answered with the credential');
  }
  const length = head.framing.kind === 'length' ? head.framing.length : undefined;
  const isBodiless = head.framing.kind === 'none';
  return encodeResponseHead({
    status: head.status,
    fields,
    request: asked,
    length: isBodiless ? head.declaredLength : length,
    closes,
  });
}

/** Redirects within the service lead through the gateway again; others are the client's to follow or not. */
function throughGateway(location: string, { resource, prefix }: Answering): string {
  const base = new URL(resource.url);
  const basePath = base.pathname.replace(/\/$/, '');
  const path = location.startsWith(`${base.origin}/`)
    ? location.slice(base.origin.length)
    : location.startsWith('/') && !location.startsWith('//')
      ? location
      : undefined;
  if (path === undefined) return location;
  if (path !== basePath && !path.startsWith(`${basePath}/`)) return `${base.origin}${path}`;
  return `${prefix}${path.slice(basePath.length) || '/'}`;
}

/** Sends the body of a response as it comes. Resolves with its bytes when all of it went. Rejects when either side breaks off. */
export async function sendBody(
  connection: UpstreamConnection,
  client: ClientStream,
  how: {
    readonly framing: BodyFraming;
    readonly idleTimeoutMs: number;
    readonly record: ExchangeRecord;
    readonly acceptsTrailers: boolean;
    readonly limits: AnswerLimits;
  },
): Promise<number> {
  const { framing, idleTimeoutMs, record } = how;
  const isChunked = framing.kind === 'chunked';
  let bytes = 0;
  for (;;) {
    const part = await connection.next(idleTimeoutMs);
    if (part === 'timeout') {
      throw new HttpUpstreamError(
        'ERR_HTTP_UPSTREAM_TIMEOUT',
        `silent for ${idleTimeoutMs} ms within a body`,
      );
    }
    if (part.kind === 'head') {
      throw new HttpUpstreamError('ERR_HTTP_UPSTREAM_PROTOCOL', 'a second response to one request');
    }
    if (part.kind === 'end') {
      if (isChunked) await client.write(encodeChunkedEnd(trailersOf(part.trailers, how.acceptsTrailers)));
      return bytes;
    }
    const slice = part.bytes.subarray(part.start, part.end);
    how.limits.take(slice.length);
    bytes += slice.length;
    await record.data('response', part.bytes, part.start, part.end);
    await client.write(...(isChunked ? chunked(slice) : [slice]));
  }
}

function trailersOf(trailers: FieldBlock | undefined, accepts: boolean): HeadFields | undefined {
  if (trailers === undefined || !accepts) return undefined;
  const connection = { close: false, keepAlive: false, upgrade: false, names: [] };
  return new HeadFields().copyEndToEnd(trailers, connection, NONE);
}
