/** Reads files in the format of OpenSSH's known_hosts (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). Pure. */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Which keys a machine may prove itself by, in Base64 of their wire form. */
export interface KnownKeys {
  readonly trusted: ReadonlySet<string>;
  /** Refused whatever else trusts them. */
  readonly revoked: ReadonlySet<string>;
  /** Who may vouch for the machine. */
  readonly authorities: ReadonlySet<string>;
  /** Types of the trusted ones: only those are asked for. */
  readonly types: ReadonlySet<string>;
}

const DEFAULT_PORT = 22;
const KEY_LINE = /^(?:(@[a-z-]+)[ \t]+)?(\S+)[ \t]+([a-z0-9@.-]+)[ \t]+([A-Za-z0-9+/]+={0,2})(?:[ \t]|$)/;

/** Finds the keys of a host. Lines that cannot be read vouch for nothing. */
export function readKnownHosts(text: string, host: string, port: number): KnownKeys {
  const name = port === DEFAULT_PORT ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
  const trusted = new Set<string>();
  const revoked = new Set<string>();
  const authorities = new Set<string>();
  const types = new Set<string>();
  for (const line of text.split(/\r?\n/)) {
    const [, marker, hosts = '', type = '', key = ''] = KEY_LINE.exec(line.trim()) ?? [];
    if (key === '' || !isFor(hosts, name)) continue;
    if (marker === '@revoked') revoked.add(key);
    else if (marker === '@cert-authority') authorities.add(key);
    else if (marker === undefined) {
      trusted.add(key);
      types.add(type);
    }
  }
  return { trusted, revoked, authorities, types };
}

function isFor(hosts: string, name: string): boolean {
  if (hosts.startsWith('|1|')) return isHashOf(hosts, name);
  let isMatched = false;
  for (const entry of hosts.toLowerCase().split(',')) {
    if (entry.startsWith('!') && isLike(entry.slice(1), name)) return false;
    if (isLike(entry, name)) isMatched = true;
  }
  return isMatched;
}

/** `|1|SALT|HASH`: HMAC-SHA1 of the name, which hides it and proves nothing. */
function isHashOf(hosts: string, name: string): boolean {
  const [, , salt = '', hash = ''] = hosts.split('|');
  const made = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  const known = Buffer.from(hash, 'base64');
  return made.length === known.length && timingSafeEqual(made, known);
}

/** `*` is any run of characters, `?` any one. Linear but for the stars, of which one line has few. */
function isLike(pattern: string, name: string): boolean {
  if (!/[*?]/.test(pattern)) return pattern === name;
  let [at, from, star, mark] = [0, 0, -1, 0];
  while (at < name.length) {
    const wanted = pattern[from];
    if (wanted === '*') {
      [star, mark] = [from, at];
      from += 1;
    } else if (wanted === '?' || (wanted !== undefined && wanted === name[at])) {
      at += 1;
      from += 1;
    } else if (star !== -1) {
      mark += 1;
      [from, at] = [star + 1, mark];
    } else return false;
  }
  while (pattern[from] === '*') from += 1;
  return from === pattern.length;
}
