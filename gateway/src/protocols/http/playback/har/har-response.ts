/** The response of an entry: what the client got, after masking; for a refusal, what the gateway answered. */
import type { JsonObject } from '../../../../model/json.ts';
import type { ArchivedSession, RecordedExchange } from '../../../../model/recorded-exchange.ts';
import { fieldOf, type RecordedMessage } from '../recorded-message.ts';
import { decoded, partOf, textOf } from './har-body.ts';
import { type HarSide, headersOf, httpVersionOf } from './har-request.ts';

const NOTHING = 'x-unknown';

/** Writes the response; `message` is what was recorded of it. */
export async function harResponse(
  session: ArchivedSession,
  exchange: RecordedExchange,
  message: RecordedMessage | undefined,
): Promise<HarSide> {
  if (exchange.request.effect === 'deny') return { value: refusal(session, exchange) };
  if (message === undefined) return unanswered(session, exchange);
  const [, status = '0', statusText = ''] = /^\S+ (\d{3}) ?(.*)$/.exec(message.start) ?? [];
  const content = await contentOf(exchange, message);
  return {
    value: {
      status: Number(status),
      statusText,
      httpVersion: httpVersionOf(session),
      cookies: [],
      headers: headersOf(message),
      content: content.value,
      redirectURL: fieldOf(message, 'location') ?? '',
      headersSize: -1,
      bodySize: content.missing === undefined ? message.body.length : -1,
      ...errorOf(exchange),
    },
    ...(content.missing === undefined ? {} : { missing: content.missing }),
  };
}

/** What is sent for a denial is made of the decision; the decision is on record, and so it is made again. */
function refusal(session: ArchivedSession, { request, outcome }: RecordedExchange): JsonObject {
  const { message } = outcome?.result ?? {};
  const detail = typeof message === 'string' ? message : request.summary;
  const status = statusOfRefusal(request.cause, detail);
  const { decision, cause = '', rules } = request;
  const code = detail.startsWith('APPROVAL_PENDING') ? 'APPROVAL_PENDING' : 'POLICY_DENIED';
  const text = JSON.stringify({ status, detail, code, decision, cause, rules });
  return {
    status,
    statusText: status === 429 ? 'Too Many Requests' : 'Forbidden',
    httpVersion: httpVersionOf(session),
    cookies: [],
    headers: [],
    content: {
      size: Buffer.byteLength(text),
      mimeType: 'application/problem+json',
      text,
      comment: 'written again from the decision that is on record',
    },
    redirectURL: '',
    headersSize: -1,
    bodySize: -1,
    comment: 'answered by the gateway: nothing was sent to the service',
  };
}

/** 429 where time alone lifts it, as the text says then. */
export function statusOfRefusal(cause: string | undefined, detail: string): 403 | 429 {
  return cause === 'limit' && detail.includes(' Do not retry before ') ? 429 : 403;
}

function unanswered(session: ArchivedSession, exchange: RecordedExchange): HarSide {
  const { outcome } = exchange;
  const areKept = exchange.results && session.results;
  const missing = !areKept
    ? 'answers are not recorded'
    : outcome === undefined
      ? 'the recording does not have the end of it'
      : `no answer is on record (${outcome.status})`;
  const { status } = outcome?.result ?? {};
  return {
    value: {
      status: typeof status === 'number' ? status : 0,
      statusText: '',
      httpVersion: httpVersionOf(session),
      cookies: [],
      headers: [],
      content: { size: 0, mimeType: NOTHING, comment: missing },
      redirectURL: '',
      headersSize: -1,
      bodySize: -1,
      comment: missing,
      ...errorOf(exchange),
    },
    missing,
  };
}

/** The code of what went wrong, where tools look for it. */
function errorOf({ outcome }: RecordedExchange): JsonObject {
  const code = outcome?.result['code'];
  return typeof code === 'string' ? { _error: code } : {};
}

async function contentOf(exchange: RecordedExchange, message: RecordedMessage): Promise<HarSide> {
  const { body } = message;
  const named = fieldOf(message, 'content-type') ?? '';
  const mimeType = named !== '' ? named : body.length === 0 ? NOTHING : 'application/octet-stream';
  const missing = missingOf(exchange, message);
  if (missing !== undefined) {
    return {
      value: { size: body.length, mimeType, comment: missing, _sallyport: partOf(body, mimeType) },
      missing,
    };
  }
  const codings = fieldOf(message, 'content-encoding');
  if (codings === undefined || body.length === 0) {
    return { value: { size: body.length, mimeType, ...textOf(body, mimeType) } };
  }
  const plain = await decoded(body, codings);
  if (plain === undefined) {
    const own = { isWhole: true, part: body.toString('base64'), encoding: 'base64', codings };
    const comment = `still in its coding (${codings}), in base64 under _sallyport`;
    return { value: { size: body.length, mimeType, comment, _sallyport: own } };
  }
  const compression = plain.length - body.length;
  return { value: { size: plain.length, compression, mimeType, ...textOf(plain, mimeType) } };
}

/** Why the recorded body is not known to be the whole one; undefined where it is. */
function missingOf(
  { request, outcome, delivered }: RecordedExchange,
  message: RecordedMessage,
): string | undefined {
  const { body } = message;
  const announced = fieldOf(message, 'content-length');
  if (hasNoBody(request.request['text'], message.start)) return undefined;
  if (announced !== undefined) {
    return Number(announced) === body.length
      ? undefined
      : `${body.length} of ${announced} bytes of the answer are on record`;
  }
  if (delivered.isCut) return `the answer is longer than ${body.length} bytes, and was not read further`;
  if (outcome === undefined) return 'the recording does not have the end of the answer';
  if (outcome.droppedBytes > 0) {
    return `a cap was reached: ${outcome.droppedBytes} bytes of this exchange were not recorded`;
  }
  const isEnded =
    (outcome.status === 'ok' || outcome.status === 'error') && outcome.result['code'] === undefined;
  return isEnded ? undefined : `the answer was cut off (${outcome.status})`;
}

/** RFC 9110 section 6.4.1. */
function hasNoBody(text: unknown, start: string): boolean {
  return (typeof text === 'string' && text.startsWith('HEAD ')) || /^\S+ (1\d\d|204|304)\b/.test(start);
}
