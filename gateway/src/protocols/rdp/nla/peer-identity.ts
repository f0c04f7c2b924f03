/** What NLA binds to of a TLS connection: the key and the hash of the server's certificate. */
import { createHash, X509Certificate } from 'node:crypto';
import { DerReader, onlyContent } from './der/der-reader.ts';
import { TAG } from './der/tags.ts';
import { malformed } from './errors.ts';

/** The server of a TLS connection, as both of its sides see it. */
export interface PeerIdentity {
  /** SubjectPublicKey: of RSA, the RSAPublicKey of PKCS #1. */
  readonly publicKey: Buffer;
  /** `tls-server-end-point` (RFC 5929 section 4.1). */
  readonly endPointHash: Buffer;
}

/**
 * Reads them from a certificate.
 *
 * @param certificate DER
 * @throws NlaFault, or the error of `node:crypto`, where it is none
 */
export function peerIdentityOf(certificate: Uint8Array): PeerIdentity {
  const { publicKey } = new X509Certificate(certificate);
  const parts = new DerReader(onlyContent(publicKey.export({ type: 'spki', format: 'der' }), TAG.sequence));
  parts.content(TAG.sequence);
  const bits = parts.content(TAG.bitString);
  if (bits[0] !== 0) throw malformed('a key that does not end with a byte');
  return {
    publicKey: Buffer.from(bits.subarray(1)),
    endPointHash: createHash(signatureHash(Buffer.from(certificate)))
      .update(certificate)
      .digest(),
  };
}

/** Object identifiers of signatures, contents in hexadecimal, that hash by more than SHA-256. */
const LONGER_HASHES: ReadonlyMap<string, string> = new Map([
  // RSA (PKCS #1 v1.5) and ECDSA with SHA-384 and SHA-512.
  ['2a864886f70d01010c', 'sha384'],
  ['2a864886f70d01010d', 'sha512'],
  ['2a8648ce3d040303', 'sha384'],
  ['2a8648ce3d040304', 'sha512'],
]);

/** The hash of the signature, but SHA-256 for older ones. */
function signatureHash(certificate: Buffer): string {
  const parts = new DerReader(onlyContent(certificate, TAG.sequence));
  parts.content(TAG.sequence);
  const algorithm = parts.enter(TAG.sequence).content(TAG.objectIdentifier);
  return LONGER_HASHES.get(algorithm.toString('hex')) ?? 'sha256';
}
