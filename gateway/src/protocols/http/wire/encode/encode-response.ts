import type { BodyFraming } from '../body/framing.ts';
import type { MinorVersion } from '../head/request-line.ts';
import { encodeFraming } from './encode-framing.ts';
import { type HeadFields, misuse } from './head-fields.ts';

/** A response as the gateway sends it. */
export interface OutgoingResponse {
  /** 100 to 599. */
  readonly status: number;
  readonly fields: HeadFields;
  /** The request that it answers, as far as it decides how the body is framed. */
  readonly request: { readonly method: string; readonly minor: MinorVersion };
  /** Bytes of the body, undefined where they are not known yet. For HEAD and 304: what the body would have. */
  readonly length: number | undefined;
  /** The connection ends behind this response. */
  readonly closes: boolean;
  /** The protocol of a 101. */
  readonly upgrade?: string;
  /** In place of the registered reason: words of the gateway itself. Bytes beyond visible ASCII are replaced. */
  readonly reason?: string;
  /** Challenges of a proxy, one line each (RFC 9110 section 11.7.1). */
  readonly challenges?: readonly string[];
}

/** A head, and how the body behind it has to be written. */
export interface EncodedResponse {
  readonly bytes: Buffer;
  readonly framing: BodyFraming;
  /** The connection ends behind this response: asked for, or there is no other way to end it. */
  readonly closes: boolean;
}

const SWITCHING = 101;
const NO_CONTENT = 204;
const NOT_MODIFIED = 304;

/**
 * Writes a response head (RFC 9112 section 4). The codec chooses the framing: a length where it is known, else chunked,
 * else (HTTP/1.0) the end of the connection; none where the status or the method has no body. A resource cannot put text
 * into the reason: it is the codec's own, or the gateway's.
 */
export function encodeResponseHead(response: OutgoingResponse): EncodedResponse {
  const { status, fields, request, upgrade } = response;
  if (!Number.isInteger(status) || status < 100 || status > 599) throw misuse('a status that cannot be');
  if (upgrade !== undefined && status !== SWITCHING) throw misuse('an upgrade without status 101');
  const framing = chooseFraming(response);
  const isInterim = status < 200;
  const closes =
    !isInterim &&
    framing.kind !== 'tunnel' &&
    (response.closes || framing.kind === 'until-close' || request.minor === 0);
  const lines =
    (isInterim || status === NO_CONTENT ? '' : declaredLength(response, framing)) +
    (upgrade === undefined ? '' : encodeUpgrade(upgrade)) +
    (response.challenges ?? []).map(encodeChallenge).join('') +
    (closes ? 'connection: close\r\n' : '');
  const text = `HTTP/1.1 ${status} ${reasonOf(response)}\r\n${fields.text}${lines}\r\n`;
  return { bytes: Buffer.from(text, 'latin1'), framing, closes };
}

function chooseFraming({ status, request, length }: OutgoingResponse): BodyFraming {
  if (status === SWITCHING) return { kind: 'tunnel' };
  if (request.method === 'CONNECT' && status >= 200 && status < 300) return { kind: 'tunnel' };
  if (status < 200 || status === NO_CONTENT || status === NOT_MODIFIED || request.method === 'HEAD') {
    return { kind: 'none' };
  }
  if (length !== undefined) return { kind: 'length', length };
  return { kind: request.minor === 0 ? 'until-close' : 'chunked' };
}

function declaredLength({ length }: OutgoingResponse, framing: BodyFraming): string {
  if (framing.kind !== 'none') return encodeFraming(framing);
  return length === undefined ? '' : encodeFraming({ kind: 'length', length });
}

function encodeChallenge(challenge: string): string {
  if (!/^[!-~][ -~]*$/.test(challenge)) throw misuse('a challenge with bytes that none has');
  return `proxy-authenticate: ${challenge}\r\n`;
}

function encodeUpgrade(upgrade: string): string {
  if (!/^[\w.+/-]+$/.test(upgrade)) throw misuse('an upgrade is no protocol');
  return `upgrade: ${upgrade}\r\nconnection: upgrade\r\n`;
}

const REASONS: Readonly<Record<number, string>> = {
  100: 'Continue',
  101: 'Switching Protocols',
  103: 'Early Hints',
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  206: 'Partial Content',
  301: 'Moved Permanently',
  302: 'Found',
  303: 'See Other',
  304: 'Not Modified',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  407: 'Proxy Authentication Required',
  408: 'Request Timeout',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  416: 'Range Not Satisfiable',
  417: 'Expectation Failed',
  421: 'Misdirected Request',
  422: 'Unprocessable Content',
  426: 'Upgrade Required',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
};

/** Longest reason in characters: clients read lines of some hundreds at least. */
const MOST_REASON = 400;

/** The registered reason of common statuses (RFC 9110 section 15); empty for others, as the grammar allows. */
function reasonOf({ status, reason }: OutgoingResponse): string {
  if (reason === undefined) return REASONS[status] ?? '';
  return reason.replace(/[^ -~]/g, '?').slice(0, MOST_REASON);
}
