import { type Reading, read, unread } from '../../../documents/reading.ts';
import { type Authority, readAuthority } from '../facts/authority.ts';

/** A host, or all hosts below a name, at one port. */
export interface DestinationPattern {
  /** In its one form; for `*.example.com` it is `example.com`. */
  readonly host: string;
  readonly port: number;
  /** Names below `host`, at any depth, and not `host` itself. */
  readonly isWildcard: boolean;
}

const WILDCARD = '*.';
const ADDRESS = /^\[|(?:^|\.)[0-9]+$/;

/**
 * Reads `api.example.com`, `api.example.com:8443`, `*.example.com`, an IPv4 address or an IPv6 address in brackets. The port
 * is 443 unless said. A wildcard stands in front of two labels or more: `*.com` is everybody's.
 */
export function readDestinationPattern(text: string): Reading<DestinationPattern> {
  const isWildcard = text.startsWith(WILDCARD);
  const authority = readAuthority(isWildcard ? text.slice(WILDCARD.length) : text, 'https');
  if (!authority.ok) return unread('is no host, host:port or *.host');
  const { host, port } = authority.value;
  if (isWildcard && (ADDRESS.test(host) || !host.includes('.'))) {
    return unread('has a wildcard that is not in front of two labels, as in *.example.com');
  }
  return read({ host, port, isWildcard });
}

/** Keys under which patterns are found: the place itself, then ever wider names. */
export function keysOf({ host, port }: Authority): readonly string[] {
  const keys = [keyOf({ host, port, isWildcard: false })];
  if (ADDRESS.test(host)) return keys;
  for (let at = host.indexOf('.'); at !== -1; at = host.indexOf('.', at + 1)) {
    keys.push(keyOf({ host: host.slice(at + 1), port, isWildcard: true }));
  }
  return keys;
}

/** The key of one pattern. */
export function keyOf({ host, port, isWildcard }: DestinationPattern): string {
  return `${isWildcard ? WILDCARD : ''}${host}:${port}`;
}
