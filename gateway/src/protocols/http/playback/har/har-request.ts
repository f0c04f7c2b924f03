/** The request of an entry. */
import { decodePercent } from '../../../../documents/percent.ts';
import type { JsonObject } from '../../../../model/json.ts';
import type { ArchivedSession, RecordedExchange } from '../../../../model/recorded-exchange.ts';
import { fieldOf, type RecordedMessage } from '../recorded-message.ts';
import { partOf, textOf } from './har-body.ts';

/** What an entry has of one side, and why it is not all. */
export interface HarSide {
  readonly value: JsonObject;
  readonly missing?: string;
}

/** Writes the request; `message` is what was recorded of it, absent for one that was refused. */
export function harRequest(
  session: ArchivedSession,
  { request: { request, effect } }: RecordedExchange,
  message: RecordedMessage | undefined,
): HarSide {
  const { method, target } = targetOf(request['text']);
  const { tls, scheme: own } = session.details;
  // A client of the proxy speaks to it in one way, and to the service in another.
  const scheme = typeof own === 'string' ? own : tls === 'none' ? 'http' : 'https';
  const body = bodyOf(request, message, effect);
  const why =
    typeof request['unread'] === 'string' ? `it could not be read: ${request['unread']}` : undefined;
  const comment = why ?? (message === undefined ? 'a refused request has no headers on record' : undefined);
  return {
    value: {
      method,
      url: urlOf(scheme, request['host'], target),
      httpVersion: httpVersionOf(session),
      cookies: [],
      headers: headersOf(message),
      queryString: queryOf(target),
      ...body.value,
      headersSize: -1,
      ...(comment === undefined ? {} : { comment }),
    },
    ...(body.missing === undefined ? {} : { missing: body.missing }),
  };
}

/** As the session says; the recorded heads are those of HTTP/1.1 whatever was spoken. */
export function httpVersionOf({ details }: ArchivedSession): string {
  const { protocol } = details;
  return typeof protocol === 'string' && /^HTTP\/[\d.]+$/.test(protocol) ? protocol : 'HTTP/1.1';
}

/** Fields as archives have them. Cookies and credentials are on no record. */
export function headersOf(message: RecordedMessage | undefined): readonly JsonObject[] {
  return (message?.fields ?? []).map(([name, value]) => ({ name, value }));
}

/** Of a request that could not be read the host may not be known either: then it is one that cannot be (RFC 2606). */
function urlOf(scheme: string, host: unknown, target: string): string {
  const url = `${scheme}://${typeof host === 'string' ? host : ''}${target}`;
  return typeof host === 'string' && host !== '' && URL.canParse(url)
    ? url
    : `${scheme}://unknown.invalid${target}`;
}

function targetOf(text: unknown): { readonly method: string; readonly target: string } {
  const [, method = 'UNKNOWN', target = ''] =
    /^(\S+)(?: (\S+))?/.exec(typeof text === 'string' ? text : '') ?? [];
  return { method, target: target.startsWith('/') ? target : '/' };
}

function queryOf(target: string): readonly JsonObject[] {
  const question = target.indexOf('?');
  if (question === -1) return [];
  const parts = target.slice(question + 1).split('&');
  return parts
    .filter((part) => part !== '')
    .map((part) => {
      const equals = part.indexOf('=');
      const name = plain(equals === -1 ? part : part.slice(0, equals));
      return { name, value: equals === -1 ? '' : plain(part.slice(equals + 1)) };
    });
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function plain(text: string): string {
  const read = decodePercent(text, 'space');
  return read.ok ? read.value : text;
}

/** `postData`, where there was a body, and `bodySize`. */
function bodyOf(
  request: JsonObject,
  message: RecordedMessage | undefined,
  effect: 'permit' | 'deny',
): HarSide {
  const { bodyBytes, contentType } = request;
  if (bodyBytes === undefined && (message?.body.length ?? 0) === 0) return { value: { bodySize: 0 } };
  const mimeType =
    typeof contentType === 'string' ? contentType : ((message && fieldOf(message, 'content-type')) ?? '');
  const bodySize = isSize(bodyBytes) ? bodyBytes : -1;
  if (message === undefined) {
    const comment =
      effect === 'deny' ? 'the body of a refused request is on no record' : 'the body is not recorded';
    return { value: { postData: { mimeType, comment }, bodySize } };
  }
  const { body } = message;
  if (body.length === bodyBytes) {
    const { text, encoding } = textOf(body, mimeType);
    // The format has no coding of request bodies: a tool would take the text for the body.
    if (encoding === undefined) return { value: { postData: { mimeType, text }, bodySize } };
    const own = { isWhole: true, part: text, encoding };
    return {
      value: { postData: { mimeType, comment: 'in base64 under _sallyport', _sallyport: own }, bodySize },
    };
  }
  const total = isSize(bodyBytes) ? `${bodyBytes}` : 'an unknown number of';
  const missing = `${body.length} of ${total} bytes of a request body are on record`;
  return {
    value: { postData: { mimeType, comment: missing, _sallyport: partOf(body, mimeType) }, bodySize },
    missing,
  };
}
