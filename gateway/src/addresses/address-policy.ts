/** Which addresses the gateway connects to when somebody else chose the name: hosts of the public internet, and what is listed. */
import { addressBytes } from '../listener/ip-address.ts';
import { type AddressRange, isInRange, parseAddressRange } from './address-range.ts';
import { type SpecialRange, specialRangeOf } from './special-addresses.ts';

/** Says why an address is refused. */
export interface AddressPolicy {
  /** Why no connection is made to it, in a few words; undefined: it may be. @param address in text form, no zone */
  refusal(address: string): string | undefined;
  /** Whether the list has this very address, and not only a range that holds it. */
  names(address: string): boolean;
}

const IPV4_BYTES = 4;

/**
 * Makes a policy. A metadata service needs itself in the list: a range that happens to hold it does not vouch for it. An
 * IPv6 address that leads to an IPv4 address needs both to be permitted.
 *
 * @param allowed ranges of addresses that are permitted beside the public internet
 * @throws TypeError for what is no range: the config was checked
 */
export function createAddressPolicy(allowed: readonly string[]): AddressPolicy {
  const ranges = allowed.map((text) => {
    const range = parseAddressRange(text);
    if (range === undefined) throw new TypeError(`${text} is no range of addresses`);
    return range;
  });
  return {
    refusal(address) {
      const bytes = addressBytes(address);
      return bytes === undefined ? 'no IP address' : refusalOf(bytes, ranges);
    },
    names(address) {
      const bytes = addressBytes(address);
      return bytes !== undefined && ranges.some((range) => isAlone(range) && isInRange(bytes, range));
    },
  };
}

function refusalOf(address: Uint8Array, allowed: readonly AddressRange[]): string | undefined {
  const special = specialRangeOf(address);
  if (special === undefined) return undefined;
  if (!isListed(address, special, allowed)) return special.what;
  if (special.embeds === undefined) return undefined;
  return refusalOf(address.subarray(special.embeds, special.embeds + IPV4_BYTES), allowed);
}

function isListed(
  address: Uint8Array,
  { isMetadata }: SpecialRange,
  allowed: readonly AddressRange[],
): boolean {
  return allowed.some((range) => {
    if (isMetadata && !isAlone(range)) return false;
    return isInRange(address, range);
  });
}

/** A range of one address. */
function isAlone({ first, prefix }: AddressRange): boolean {
  return prefix === first.length * 8;
}
