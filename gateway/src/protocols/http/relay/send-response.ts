/** The way down: the head without what is the connection's or the gateway's own, and the body as it comes. */
import type { ContentDecoder } from '../coding/content-decoder.ts';
import type { HttpResourceConfig } from '../config.ts';
import type { AnswerHead, ClientExchange } from '../downstream/client-exchange.ts';
import type { ResponseMask } from '../masking/response-mask.ts';
import { HttpUpstreamError } from '../upstream/errors.ts';
import { type InjectedCredential, repeatsSecret, withoutParameter } from '../upstream/injected-credential.ts';
import type { SecretFilter } from '../upstream/secret-filter.ts';
import type { ServiceExchange } from '../upstream/service-exchange.ts';
import { serviceUrl } from '../upstream/service-url.ts';
import { HeadFields } from '../wire/encode/head-fields.ts';
import type { FieldBlock } from '../wire/fields/field-block.ts';
import type { RequestHead } from '../wire/head/request-head.ts';
import type { ResponseHead } from '../wire/head/response-head.ts';
import type { AnswerLimits } from './answer-limits.ts';
import { ABOUT_CODED } from './coded-answer.ts';
import type { ExchangeRecord } from './exchange-record.ts';

/** Written anew, or a way round the gateway. */
const REPLACED: ReadonlySet<string> = new Set(['location', 'alt-svc']);
/** Fields with URLs, in which services repeat the query that they were asked with. */
const WITH_URLS = ['content-location', 'link', 'refresh'];
const REPLACED_OR_WITH_URLS: ReadonlySet<string> = new Set([...REPLACED, ...WITH_URLS]);
const NONE: ReadonlySet<string> = new Set();

/** What a response answers, and where it came through. */
export interface Answering {
  readonly asked: RequestHead;
  readonly resource: HttpResourceConfig;
  /** What stands in front of the service's own paths. */
  readonly prefix: string;
  readonly injected: InjectedCredential | undefined;
  readonly mask: ResponseMask | undefined;
  /** The content coding of the body is undone on the way, without a mask. */
  readonly isDecoded?: boolean;
}

/** How long a body is in its coding, where the service says so. */
export function lengthOf({ framing }: ResponseHead): number | undefined {
  return framing.kind === 'length' ? framing.length : undefined;
}

/** A head for the client, and whether what follows of the service's is left out. */
export interface AnsweredHead {
  readonly head: AnswerHead;
  readonly isWithheld: boolean;
}

/** The head for the client. @throws HttpUpstreamError for a service that refuses the gateway's credential, or gives it away (P6), HttpMaskError for what cannot be masked (P5) */
export function responseHead(head: ResponseHead, answering: Answering): AnsweredHead {
  const { injected, mask } = answering;
  if ((head.status === 401 && injected !== undefined) || head.status === 407) {
    throw new HttpUpstreamError('ERR_HTTP_UPSTREAM_CREDENTIAL', `the service answered ${head.status}`);
  }
  const fields = passedOn(head, answering);
  if (injected !== undefined && repeatsSecret(fields.text, injected)) {
    throw new HttpUpstreamError('ERR_HTTP_UPSTREAM_CREDENTIAL', 'the service answered with the credential');
  }
  const { status, framing } = head;
  const length = answering.isDecoded === true ? undefined : lengthOf(head);
  const isBodiless = framing.kind === 'none';
  if (mask !== undefined)
    return maskedHead({ status, fields, hasBody: !isBodiless && length !== 0, isBodiless }, answering, mask);
  return {
    head: {
      status,
      fields,
      length: isBodiless ? lengthWithout(head, answering) : length,
      isWhole: isBodiless,
    },
    isWithheld: false,
  };
}

/** The fields of a 101, but for those that are of the handshake. @throws HttpUpstreamError for a service that gives the credential away (P6) */
export function switchedFields(head: ResponseHead, answering: Answering): HeadFields {
  const { injected, mask } = answering;
  const passed = passedOn(head, answering);
  if (injected !== undefined && repeatsSecret(passed.text, injected)) {
    throw new HttpUpstreamError('ERR_HTTP_UPSTREAM_CREDENTIAL', 'the service answered with the credential');
  }
  const pairs = passed.pairs().filter(([name]) => !name.startsWith('sec-websocket-'));
  const fields = new HeadFields();
  for (const [name, value] of mask?.fields(pairs) ?? pairs) fields.add(name, value);
  return fields;
}

/** The service's own fields, without the gateway's parameter in their URLs. */
function passedOn({ fields: received, connection }: ResponseHead, answering: Answering): HeadFields {
  const { injected } = answering;
  const inQuery = injected?.place === 'query' ? injected : undefined;
  const replaced = inQuery === undefined ? REPLACED : REPLACED_OR_WITH_URLS;
  const except = answering.isDecoded === true ? replaced.union(ABOUT_CODED) : replaced;
  const fields = new HeadFields().copyEndToEnd(received, connection, except);
  const clean = (text: string): string => (inQuery === undefined ? text : withoutParameter(text, inQuery));
  const location = received.only('location');
  if (location !== undefined) fields.add('location', throughGateway(clean(location), answering));
  if (inQuery === undefined) return fields;
  for (const name of WITH_URLS) {
    for (const value of received.valuesOf(name)) fields.add(name, clean(value));
  }
  return fields;
}

/** Of a response without a body: what it declares, or none where it could have had one (HTTP/2 ends those with their head). */
function lengthWithout({ status, declaredLength }: ResponseHead, { asked }: Answering): number | undefined {
  if (declaredLength !== undefined || asked.method === 'HEAD' || status === 304) return declaredLength;
  return 0;
}

/** Its length is not known before its end, and that of the service would be another. */
function maskedHead(
  head: {
    readonly status: number;
    readonly fields: HeadFields;
    readonly hasBody: boolean;
    readonly isBodiless: boolean;
  },
  { asked }: Answering,
  mask: ResponseMask,
): AnsweredHead {
  const { status, hasBody } = head;
  const masked = mask.head({ status, fields: head.fields.pairs(), hasBody });
  const fields = new HeadFields();
  for (const [name, value] of masked.fields) fields.add(name, value);
  const length = hasBody && !masked.isWithheld ? undefined : asked.method === 'HEAD' ? undefined : 0;
  const isWhole = head.isBodiless || masked.isWithheld;
  return { head: { status, fields, length, isWhole }, isWithheld: masked.isWithheld };
}

/** Redirects within the service lead through the gateway again; others are the client's to follow or not. */
function throughGateway(location: string, { resource, prefix }: Answering): string {
  const { origin, basePath } = serviceUrl(resource);
  const path = location.startsWith(`${origin}/`)
    ? location.slice(origin.length)
    : location.startsWith('/') && !location.startsWith('//')
      ? location
      : undefined;
  if (path === undefined) return location;
  if (path !== basePath && !path.startsWith(`${basePath}/`)) return `${origin}${path}`;
  return `${prefix}${path.slice(basePath.length) || '/'}`;
}

/** What a response is passed on with. */
export interface Download {
  readonly service: ServiceExchange;
  readonly client: ClientExchange;
  /** A body goes to the client. */
  readonly hasBody: boolean;
  readonly idleTimeoutMs: number;
  readonly record: ExchangeRecord;
  readonly acceptsTrailers: boolean;
  readonly limits: AnswerLimits;
  readonly mask: ResponseMask | undefined;
  /** Undoes the content coding of what is not masked. */
  readonly decoder: ContentDecoder | undefined;
  readonly injected: InjectedCredential | undefined;
  /** Hides the gateway's credential in the body. */
  readonly filter: SecretFilter | undefined;
}

/** Sends the rest of a response as it comes, to its end. Resolves with the bytes of its body. Rejects when either side breaks off. */
export async function sendBody(download: Download): Promise<number> {
  const { service, client, hasBody, idleTimeoutMs, record, limits, filter } = download;
  const body = bodyOf(download);
  let bytes = 0;
  // What is counted and recorded is what is handed out.
  const handOut = async (slice: Buffer): Promise<void> => {
    if (slice.length === 0) return;
    if (!hasBody) throw new HttpUpstreamError('ERR_HTTP_UPSTREAM_PROTOCOL', 'a body where there is none');
    limits.take(slice.length);
    bytes += slice.length;
    await record.data('response', slice, 0, slice.length);
    await client.write(slice);
  };
  const deliver =
    filter === undefined ? handOut : (slice: Buffer): Promise<void> => handOut(filter.push(slice));
  for (;;) {
    const part = await service.next(idleTimeoutMs);
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
      await body?.end(deliver);
      if (filter !== undefined) await handOut(filter.end());
      const trailers = download.acceptsTrailers ? trailersOf(part.trailers, download) : undefined;
      if (trailers !== undefined) await record.trailers(trailers.text);
      await client.end(trailers);
      return bytes;
    }
    const slice = part.bytes.subarray(part.start, part.end);
    await (body === undefined ? deliver(slice) : body.push(slice, deliver));
  }
}

/** What a body goes through before it is handed out; undefined where that is nothing. */
function bodyOf({ mask, decoder }: Download): Pick<ContentDecoder, 'push' | 'end'> | undefined {
  if (mask === undefined) return decoder;
  return { push: (slice, sink) => mask.body(slice, sink), end: (sink) => mask.end(sink) };
}

function trailersOf(trailers: FieldBlock | undefined, { mask, injected }: Download): HeadFields | undefined {
  if (trailers === undefined) return undefined;
  const connection = { close: false, keepAlive: false, upgrade: false, names: [] };
  const fields = new HeadFields().copyEndToEnd(trailers, connection, NONE);
  // They are no part of what was asked for: without them the answer is whole (RFC 9110 section 6.5.1).
  if (injected !== undefined && repeatsSecret(fields.text, injected)) return undefined;
  if (mask === undefined) return fields;
  const masked = new HeadFields();
  for (const [name, value] of mask.fields(fields.pairs())) masked.add(name, value);
  return masked;
}
