import { type Reading, read, unread } from '../../../documents/reading.ts';

/** Where a request goes, in one form. */
export interface Authority {
  /** Lower case, no last dot; an IPv6 address in its shortest form and in brackets (RFC 5952). */
  readonly host: string;
  readonly port: number;
}

/** Schemes of requests. */
export type Scheme = 'http' | 'https';

const DEFAULT_PORT: Readonly<Record<Scheme, number>> = { http: 80, https: 443 };

const LONGEST_HOST = 253;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
const BYTE = /^(?:0|[1-9][0-9]{0,2})$/;
const AUTHORITY = /^(\[[0-9A-Fa-f:.]{2,45}\]|[^:[\]@/?#\\%]+)(?::([0-9]{1,5}))?$/;

/**
 * Reads `host[:port]` (RFC 3986, 3.2) without user info. Names must be ASCII as sent, international ones in their
 * `xn--` form. Anything that some resolver takes for an IPv4 address must be written as four plain decimal numbers:
 * `0x7f.1`, `017700000001` and `2130706433` are refused, and so are zones of IPv6 addresses.
 */
export function readAuthority(text: string, scheme: Scheme): Reading<Authority> {
  const [, host = '', digits] = AUTHORITY.exec(text) ?? [];
  const port = digits === undefined ? DEFAULT_PORT[scheme] : Number(digits);
  if (port < 1 || port > 65_535) return unread('a port that is none');
  const normal = host.startsWith('[') ? normalAddress(host) : normalName(host);
  return normal.ok ? read({ host: normal.value, port }) : normal;
}

/** `host`, or `host:port` where the port is not the scheme's own: the value of a `Host` header. */
export function writeAuthority({ host, port }: Authority, scheme: Scheme): string {
  return port === DEFAULT_PORT[scheme] ? host : `${host}:${port}`;
}

function normalAddress(bracketed: string): Reading<string> {
  const parsed = URL.parse(`http://${bracketed}/`);
  return parsed === null ? unread('a host that cannot be read') : read(parsed.hostname);
}

function normalName(text: string): Reading<string> {
  const host = text.toLowerCase().replace(/\.$/, '');
  const labels = host.split('.');
  if (host.length > LONGEST_HOST || !/^[!-~]+$/.test(text) || !labels.every((label) => LABEL.test(label))) {
    return unread('a host that cannot be read');
  }
  const last = labels.at(-1) ?? '';
  if (/^(?:[0-9]+|0x[0-9a-f]*)$/.test(last) && !isPlainIpv4(labels)) {
    return unread('an IPv4 address that is not four plain decimal numbers');
  }
  return read(host);
}

function isPlainIpv4(labels: readonly string[]): boolean {
  return labels.length === 4 && labels.every((label) => BYTE.test(label) && Number(label) <= 255);
}
