import { isIPv4, isIPv6 } from 'node:net';

/** The peer's address for records and policy: IPv4 mapped into IPv6 (RFC 4291 section 2.5.5.2) becomes plain IPv4. */
export function normalizeAddress(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return mapped !== undefined && isIPv4(mapped) ? mapped : address;
}

/**
 * What connection limits count by: an IPv4 address, or the /64 network of an IPv6 address, because one host commands
 * all addresses of its /64 (RFC 4291 section 2.5.4).
 */
export function limitKey(address: string): string {
  const bytes = addressBytes(normalizeAddress(address).replace(/%.*$/, ''));
  if (bytes === undefined || bytes.length === 4) return normalizeAddress(address);
  return `${Buffer.from(bytes.subarray(0, 8)).toString('hex')}::/64`;
}

/** The 4 or 16 bytes of an IP address in text form, most significant first; undefined if it is none. */
export function addressBytes(text: string): Uint8Array | undefined {
  if (isIPv4(text)) return Uint8Array.from(text.split('.'), Number);
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const [left = '', right] = text.split('::');
  const head = groupBytes(left);
  if (right === undefined) return Uint8Array.from(head);
  const tail = groupBytes(right);
  return Uint8Array.from([...head, ...new Uint8Array(16 - head.length - tail.length), ...tail]);
}

function groupBytes(groups: string): readonly number[] {
  if (groups === '') return [];
  return groups.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
