import { createHash, type KeyObject, sign } from 'node:crypto';
import {
  bitString,
  booleanTrue,
  explicit,
  implicit,
  objectIdentifier,
  octetString,
  sequence,
  setOfOne,
  time,
  unsignedInteger,
  utf8String,
} from './der.ts';
import { addressBytes } from './ip-address.ts';

/*
 * Certificates of the two kinds a local CA needs (RFC 5280). By hand, because Node reads certificates but does not make
 * them, and the libraries that do bring a dozen packages for what is one fixed shape.
 */

/** What both kinds of certificate have. */
export interface CertificateFields {
  /** Unsigned, at most 20 bytes (RFC 5280 section 4.1.2.2). */
  readonly serial: Uint8Array;
  /** Common name of the holder. */
  readonly subject: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly publicKey: KeyObject;
}

/** The certificate authority that signs. */
export interface Signer {
  /** Common name in the authority's own certificate. */
  readonly subject: string;
  readonly publicKey: KeyObject;
  /** P-256. */
  readonly privateKey: KeyObject;
}

const COMMON_NAME = '2.5.4.3';
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const EXTENSION = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
} as const;
// RFC 5280 section 4.2.1.3, most significant bit first: digitalSignature is bit 0, keyCertSign 5, cRLSign 6.
const DIGITAL_SIGNATURE = bitString(Buffer.from([0b1000_0000]), 7);
const CERT_AND_CRL_SIGN = bitString(Buffer.from([0b0000_0110]), 1);

/** A self-signed CA certificate that may sign servers but no further CA; PEM. */
export function createCaCertificate(fields: CertificateFields, privateKey: KeyObject): string {
  const noFurtherCa = sequence(booleanTrue(), unsignedInteger(Buffer.from([0])));
  return issue(fields, { ...fields, privateKey }, [
    extension('basicConstraints', noFurtherCa, 'critical'),
    extension('keyUsage', CERT_AND_CRL_SIGN, 'critical'),
    extension('subjectKeyIdentifier', octetString(keyIdentifier(fields.publicKey))),
    extension('authorityKeyIdentifier', authorityKey(fields.publicKey)),
  ]);
}

/** A TLS server certificate for the given DNS names and IP addresses; PEM. */
export function createServerCertificate(
  fields: CertificateFields,
  names: readonly string[],
  signer: Signer,
): string {
  return issue(fields, signer, [
    extension('basicConstraints', sequence(), 'critical'),
    extension('keyUsage', DIGITAL_SIGNATURE, 'critical'),
    extension('extendedKeyUsage', sequence(objectIdentifier(SERVER_AUTH))),
    extension('subjectAltName', sequence(...names.map(generalName))),
    extension('subjectKeyIdentifier', octetString(keyIdentifier(fields.publicKey))),
    extension('authorityKeyIdentifier', authorityKey(signer.publicKey)),
  ]);
}

function issue(fields: CertificateFields, signer: Signer, extensions: readonly Uint8Array[]): string {
  const algorithm = sequence(objectIdentifier(ECDSA_WITH_SHA256));
  const version3 = explicit(0, unsignedInteger(Buffer.from([2])));
  const toBeSigned = sequence(
    version3,
    unsignedInteger(fields.serial),
    algorithm,
    name(signer.subject),
    sequence(time(fields.notBeforeMs), time(fields.notAfterMs)),
    name(fields.subject),
    fields.publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...extensions)),
  );
  const signature = sign('sha256', toBeSigned, { key: signer.privateKey, dsaEncoding: 'der' });
  return toPem(sequence(toBeSigned, algorithm, bitString(signature)));
}

function name(commonName: string): Uint8Array {
  return sequence(setOfOne(sequence(objectIdentifier(COMMON_NAME), utf8String(commonName))));
}

function extension(kind: keyof typeof EXTENSION, value: Uint8Array, critical?: 'critical'): Uint8Array {
  const isCritical = critical === undefined ? [] : [booleanTrue()];
  return sequence(objectIdentifier(EXTENSION[kind]), ...isCritical, octetString(value));
}

/** RFC 5280 section 4.2.1.6: dNSName is [2], iPAddress [7]. */
function generalName(text: string): Uint8Array {
  const address = addressBytes(text);
  return address === undefined ? implicit(2, Buffer.from(text, 'latin1')) : implicit(7, address);
}

function authorityKey(publicKey: KeyObject): Uint8Array {
  return sequence(implicit(0, keyIdentifier(publicKey)));
}

/** RFC 7093 section 2, method 4 (SHA-256 of the SubjectPublicKeyInfo), cut to the usual 20 bytes. */
function keyIdentifier(publicKey: KeyObject): Uint8Array {
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(spki).digest().subarray(0, 20);
}

function toPem(der: Uint8Array): string {
  const base64 = Buffer.from(der).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
}
