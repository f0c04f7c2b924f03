import { WireError } from '../errors.ts';
import type { TextOrigin } from '../fields/field-block.ts';
import { COLON, DIGIT, HOST, IPV6, isAllOf, skip } from '../octets.ts';

/** Host and port of RFC 3986 section 3.2, without user information. */
export interface Authority {
  /** In lower case; an IPv6 address keeps its brackets. */
  readonly host: string;
  /** As written; undefined where there is none. */
  readonly port: number | undefined;
}

const MOST_HOST_BYTES = 255;
const MOST_PORT = 65_535;
const PORT_DIGITS = 5;

/**
 * Parses `host[:port]`. Refused: user information, empty hosts and labels, percent-encoding and other bytes that no host
 * name has, zones and future forms in brackets, an empty port or one out of range.
 *
 * @param text the authority alone
 */
export function parseAuthority(text: string, origin: TextOrigin): Authority {
  const fail = (message: string): never => {
    throw new WireError('ERR_HTTP1_HOST', message, origin);
  };
  if (text.includes('@')) fail('a host with user information');
  const hostEnd = text.startsWith('[') ? text.indexOf(']') + 1 : skip(HOST, text, 0, text.length);
  const host = text.slice(0, hostEnd);
  if (host === '') fail('an empty or malformed host');
  if (host.length > MOST_HOST_BYTES) fail(`a host of more than ${MOST_HOST_BYTES} bytes`);
  if (!isHost(host)) fail('a malformed host');
  if (hostEnd === text.length) return { host: host.toLowerCase(), port: undefined };
  if (text.charCodeAt(hostEnd) !== COLON) fail('a host with bytes that no host has');
  const digits = text.slice(hostEnd + 1);
  const port = Number(digits);
  if (!isAllOf(DIGIT, digits) || digits.length > PORT_DIGITS || port > MOST_PORT || port === 0) {
    fail('a port that is no number from 1 to 65535');
  }
  return { host: host.toLowerCase(), port };
}

function isHost(host: string): boolean {
  if (!host.startsWith('[')) return !host.startsWith('.') && !host.includes('..');
  const address = host.slice(1, -1);
  const colons = address.split(':').length - 1;
  return isAllOf(IPV6, address) && colons >= 2 && colons <= 7;
}

/** Whether two authorities mean the same place, where `defaultPort` is the port that goes without saying. */
export function isSameAuthority(left: Authority, right: Authority, defaultPort: number | undefined): boolean {
  return left.host === right.host && (left.port ?? defaultPort) === (right.port ?? defaultPort);
}
