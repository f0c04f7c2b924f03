import type { WireErrorSource } from '../errors.ts';
import { readTokens } from '../fields/connection.ts';
import type { RequestHead } from '../head/request-head.ts';
import type { ResponseHead } from '../head/response-head.ts';
import { WebSocketError } from './errors.ts';

/** RFC 6455 section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** Sixteen bytes in Base64: 22 digits, the last of which has four unused bits, and two signs. */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/;

/** An opening handshake as a client sent it. */
export interface WebSocketRequest {
  readonly key: string;
  /** Subprotocols that it offers, in order. */
  readonly protocols: readonly string[];
}

/** Whether a request offers to speak WebSocket, well or badly formed. */
export function offersWebSocket(head: RequestHead): boolean {
  return head.upgrade?.includes('websocket') === true;
}

/**
 * Reads the opening handshake of a request that offers WebSocket (RFC 6455 section 4.2.1). Offered extensions are not read:
 * the gateway agrees on none, because it has to read the messages.
 */
export function readWebSocketRequest(head: RequestHead): WebSocketRequest {
  const { fields, method, framing, upgrade } = head;
  const key = fields.only('sec-websocket-key');
  const isPlain =
    method === 'GET' && framing.kind === 'none' && upgrade?.length === 1 && upgrade[0] === 'websocket';
  if (!isPlain)
    throw refusal('downstream', 'a handshake is a GET without a body that offers websocket alone');
  if (fields.only('sec-websocket-version') !== '13') throw refusal('downstream', 'a version other than 13');
  if (key === undefined || !KEY.test(key))
    throw refusal('downstream', 'a key that is not 16 bytes in base64');
  const protocols = readTokens(fields.valuesOf('sec-websocket-protocol').join(','));
  if (protocols === undefined || new Set(protocols).size !== protocols.length) {
    throw refusal('downstream', 'subprotocols are not a list of different tokens');
  }
  return { key, protocols };
}

/** The text whose SHA-1 in Base64 is Sec-WebSocket-Accept for `key`. */
export function acceptText(key: string): string {
  return `${key}${GUID}`;
}

/** What a server's answer has to agree with. */
export interface ExpectedAccept {
  /** The digest of {@link acceptText} of the key that the gateway sent. */
  readonly accept: string;
  readonly protocols: readonly string[];
}

/** Checks a 101 (RFC 6455 section 4.1) and returns the subprotocol agreed on. No extension may be. */
export function checkWebSocketResponse(head: ResponseHead, expected: ExpectedAccept): string | undefined {
  const { fields } = head;
  if (head.upgrade !== 'websocket') throw refusal('upstream', 'not a switch to websocket');
  if (fields.only('sec-websocket-accept') !== expected.accept)
    throw refusal('upstream', 'a wrong accept value');
  if (fields.has('sec-websocket-extensions')) throw refusal('upstream', 'an extension that was not offered');
  const protocol = fields.only('sec-websocket-protocol');
  if (protocol !== undefined && !expected.protocols.includes(protocol)) {
    throw refusal('upstream', 'a subprotocol that was not offered');
  }
  return protocol;
}

function refusal(source: WireErrorSource, message: string): WebSocketError {
  return new WebSocketError('ERR_WEBSOCKET_HANDSHAKE', message, { source, offset: 0 });
}
