import { type AddressRange, isInRange, parseAddressRange } from './address-range.ts';

/** Addresses that are no host of the public internet. */
export interface SpecialRange {
  readonly range: AddressRange;
  /** What they are, in a few words. */
  readonly what: string;
  /** Gives instance credentials to whoever asks: no wider range vouches for it. */
  readonly isMetadata: boolean;
  /** Where an IPv4 address stands in them that the packet ends at: its first byte. */
  readonly embeds?: number;
}

/** All of what is no host of the internet there: unallocated, reserved, or for something else. */
const GLOBAL_UNICAST = rangeOf('2000::/3');

/*
 * The special-purpose registries of IANA (RFC 6890) but for what is globally reachable there, and where clouds answer for
 * the identity of a machine. The narrowest comes first.
 */
const SPECIAL: readonly SpecialRange[] = [
  metadata('169.254.169.254'), // AWS, Azure, Google, Oracle, DigitalOcean and others
  metadata('169.254.170.2'), // credentials of ECS tasks
  metadata('169.254.170.23'), // credentials of EKS pods
  metadata('169.254.0.23'), // Tencent
  metadata('168.63.129.16'), // Azure, among public addresses
  metadata('100.100.100.200'), // Alibaba
  metadata('192.0.0.192'), // Oracle
  metadata('fd00:ec2::254'), // AWS
  metadata('fd00:ec2::23'), // credentials of EKS pods
  metadata('fd20:ce::254'), // Google
  metadata('fe80::a9fe:a9fe'), // OpenStack
  special('255.255.255.255/32', 'broadcast'),
  special('0.0.0.0/8', 'unspecified'),
  special('10.0.0.0/8', 'private'),
  special('100.64.0.0/10', 'shared by customers of a provider (RFC 6598)'),
  special('127.0.0.0/8', 'loopback'),
  special('169.254.0.0/16', 'link-local'),
  special('172.16.0.0/12', 'private'),
  special('192.0.0.0/24', 'for protocols (RFC 6890)'),
  special('192.0.2.0/24', 'for documentation'),
  special('192.88.99.0/24', 'relays of 6to4'),
  special('192.168.0.0/16', 'private'),
  special('198.18.0.0/15', 'for benchmarks'),
  special('198.51.100.0/24', 'for documentation'),
  special('203.0.113.0/24', 'for documentation'),
  special('224.0.0.0/4', 'multicast'),
  special('240.0.0.0/4', 'reserved'),
  special('::/128', 'unspecified'),
  special('::1/128', 'loopback'),
  embedding('::ffff:0:0/96', 'IPv4 inside of IPv6', 12),
  embedding('::ffff:0:0:0/96', 'IPv4 inside of IPv6', 12),
  embedding('::/96', 'IPv4 inside of IPv6', 12),
  embedding('64:ff9b::/96', 'IPv4 inside of IPv6 (NAT64)', 12),
  embedding('64:ff9b:1::/48', 'IPv4 inside of IPv6 (NAT64)', 12),
  embedding('2002::/16', 'IPv4 inside of IPv6 (6to4)', 2),
  special('2001::/32', 'IPv4 inside of IPv6 (Teredo)'),
  special('2001:db8::/32', 'for documentation'),
  special('2001::/23', 'for protocols (RFC 2928)'),
  special('3fff::/20', 'for documentation'),
  special('fe80::/10', 'link-local'),
  special('fec0::/10', 'private'),
  special('fc00::/7', 'private'),
  special('ff00::/8', 'multicast'),
];

const OTHERWISE: SpecialRange = special('::/0', 'not of the public internet');
const ISATAP_MARK = [0x5e, 0xfe];

/** What is special about an address; undefined for a host of the public internet. */
export function specialRangeOf(address: Uint8Array): SpecialRange | undefined {
  const found = SPECIAL.find(({ range }) => isInRange(address, range));
  if (found !== undefined || address.length === 4) return found;
  if (!isInRange(address, GLOBAL_UNICAST)) return OTHERWISE;
  return isIsatap(address) ? embedding('::/0', 'IPv4 inside of IPv6 (ISATAP)', 12) : undefined;
}

/** RFC 5214 section 6.1: `…:[02]00:5efe:` and an IPv4 address, under any prefix. */
function isIsatap(address: Uint8Array): boolean {
  return (
    ((address[8] ?? 0) & 0xfd) === 0 &&
    address[9] === 0 &&
    address[10] === ISATAP_MARK[0] &&
    address[11] === ISATAP_MARK[1]
  );
}

function special(range: string, what: string): SpecialRange {
  return { range: rangeOf(range), what, isMetadata: false };
}

function metadata(address: string): SpecialRange {
  return { range: rangeOf(address), what: 'a metadata service', isMetadata: true };
}

function embedding(range: string, what: string, embeds: number): SpecialRange {
  return { ...special(range, what), embeds };
}

function rangeOf(text: string): AddressRange {
  const range = parseAddressRange(text);
  if (range === undefined) throw new TypeError(`${text} is no range`);
  return range;
}
