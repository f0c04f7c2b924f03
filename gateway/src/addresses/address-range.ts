import { addressBytes } from '../listener/ip-address.ts';

/** A range of IP addresses (CIDR, RFC 4632 and RFC 4291 section 2.3). */
export interface AddressRange {
  /** The first address: 4 or 16 bytes, most significant first. */
  readonly first: Uint8Array;
  /** How many bits all its addresses share. */
  readonly prefix: number;
}

const BITS_OF_BYTE = 8;

/**
 * Parses `10.1.0.0/16`, `fd00::/8`, or one address alone. Undefined where it is none, or where bits behind the prefix are
 * set: `10.1.2.3/8` may be meant as one address or as sixteen million.
 */
export function parseAddressRange(text: string): AddressRange | undefined {
  const [address = '', digits, ...rest] = text.split('/');
  const first = addressBytes(address);
  if (first === undefined || rest.length > 0) return undefined;
  const bits = first.length * BITS_OF_BYTE;
  if (digits === undefined) return { first, prefix: bits };
  if (!/^(?:0|[1-9][0-9]{0,2})$/.test(digits) || Number(digits) > bits) return undefined;
  const range = { first, prefix: Number(digits) };
  return first.every((byte, index) => (byte & ~maskOf(range.prefix, index)) === 0) ? range : undefined;
}

/** Whether an address lies in a range. One of IPv4 never lies in a range of IPv6, nor the other way round. */
export function isInRange(address: Uint8Array, { first, prefix }: AddressRange): boolean {
  if (address.length !== first.length) return false;
  return first.every((byte, index) => ((byte ^ (address[index] ?? 0)) & maskOf(prefix, index)) === 0);
}

/** The bits of a byte that belong to the prefix. */
function maskOf(prefix: number, index: number): number {
  const bits = Math.min(BITS_OF_BYTE, Math.max(0, prefix - index * BITS_OF_BYTE));
  return (0xff << (BITS_OF_BYTE - bits)) & 0xff;
}
