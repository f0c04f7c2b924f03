/** Whether a certificate proves what it says. Pure: time and address are arguments. */
import { isInRange, parseAddressRange } from '../../../addresses/address-range.ts';
import { addressBytes } from '../../../listener/ip-address.ts';
import type { Certificate, CertificateKind } from './certificate.ts';
import { readPublicKey } from './public-key.ts';
import { WireReader, wireString } from './wire.ts';

/** What it is checked against. */
export interface CertificateUse {
  readonly kind: CertificateKind;
  /** Whether this key, in wire form, is one that may vouch. */
  readonly isAuthority: (key: Buffer) => boolean;
  readonly nowMs: number;
  /** Whether this is a name of who is to be proved. */
  readonly isPrincipal: (name: string) => boolean;
  /** Where the client is; absent: there is none, and an option that asks for one refuses. */
  readonly sourceAddress?: string;
}

/** The one critical option that is known: addresses that the certificate may be used from. */
export const SOURCE_ADDRESS = 'source-address';

/** Why it proves nothing here; undefined where it does. A proof of its key is still to come. */
export function certificateFault(certificate: Certificate, use: CertificateUse): string | undefined {
  const { kind, authority, signed, signature, principals } = certificate;
  if (kind !== use.kind) return `it is a certificate for ${kind}s, and one for ${use.kind}s is needed`;
  if (!use.isAuthority(authority)) return 'its authority is not trusted here';
  if (readPublicKey(authority)?.isSignedBy(signed, signature) !== true) return 'its signature is wrong';
  if (readPublicKey(certificate.key) === undefined) return 'its key is of a kind that is not taken';
  const now = BigInt(Math.floor(use.nowMs / 1000));
  if (now < certificate.validAfter) return 'it is not valid yet';
  if (now >= certificate.validBefore) return 'it has expired';
  if (!principals.some(use.isPrincipal)) return 'it is for somebody else';
  for (const [name, value] of certificate.criticalOptions) {
    if (name !== SOURCE_ADDRESS) return 'it has a critical option that is not known here';
    if (!isFrom(value, use.sourceAddress)) return 'it may not be used from this address';
  }
  return undefined;
}

/** The value of `source-address`. */
export function sourceAddressOption(ranges: readonly string[]): Buffer {
  return wireString(ranges.join(','));
}

/** A range that cannot be read makes the whole option one that nobody is within. */
function isFrom(value: Buffer, address: string | undefined): boolean {
  const bytes = address === undefined ? undefined : addressBytes(address);
  if (bytes === undefined) return false;
  try {
    const reader = new WireReader(value);
    const ranges = reader.text().split(',').map(parseAddressRange);
    reader.end();
    return (
      ranges.every((range) => range !== undefined) && ranges.some((range) => range && isInRange(bytes, range))
    );
  } catch {
    return false;
  }
}
