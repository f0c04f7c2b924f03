import { createHash } from 'node:crypto';

/** What an X.509 signature says about its hash: the OID of the algorithm, in hex of its DER content octets. */
const HASHES: Readonly<Record<string, string>> = {
  '2a864886f70d010104': 'sha256', // md5WithRSA, see below
  '2a864886f70d010105': 'sha256', // sha1WithRSA, see below
  '2a864886f70d01010e': 'sha224',
  '2a864886f70d01010b': 'sha256',
  '2a864886f70d01010c': 'sha384',
  '2a864886f70d01010d': 'sha512',
  '2a8648ce3d0401': 'sha256', // ecdsa-with-SHA1
  '2a8648ce3d040301': 'sha224',
  '2a8648ce3d040302': 'sha256',
  '2a8648ce3d040303': 'sha384',
  '2a8648ce3d040304': 'sha512',
};

const RSASSA_PSS = '2a864886f70d01010a';

/** Hash OIDs inside RSASSA-PSS parameters (RFC 4055 section 2.1). SHA-1, the default, is replaced as above. */
const PSS_HASHES: Readonly<Record<string, string>> = {
  '2b0e03021a': 'sha256',
  '608648016503040204': 'sha224',
  '608648016503040201': 'sha256',
  '608648016503040202': 'sha384',
  '608648016503040203': 'sha512',
};

/**
 * The `tls-server-end-point` channel binding of a server certificate in DER (RFC 5929 section 4.1): its hash by the
 * hash of its own signature, MD5 and SHA-1 replaced by SHA-256. Undefined where the RFC defines none (Ed25519) or the
 * certificate cannot be read.
 */
export function tlsServerEndPoint(certificate: Uint8Array): Buffer | undefined {
  const algorithm = signatureHash(Buffer.from(certificate));
  return algorithm === undefined ? undefined : createHash(algorithm).update(certificate).digest();
}

/** Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { OID, parameters }, signature } (RFC 5280). */
function signatureHash(der: Buffer): string | undefined {
  const certificate = readElement(der, SEQUENCE);
  const tbs = readElement(certificate?.content, SEQUENCE);
  const algorithm = readElement(tbs?.rest, SEQUENCE);
  const identifier = readElement(algorithm?.content, OBJECT_IDENTIFIER);
  if (identifier === undefined) return undefined;
  const oid = identifier.content.toString('hex');
  return oid === RSASSA_PSS ? pssHash(identifier.rest) : HASHES[oid];
}

/** RSASSA-PSS-params ::= SEQUENCE { [0] EXPLICIT SEQUENCE { OID } DEFAULT sha1, … } (RFC 4055 section 3.1). */
function pssHash(parameters: Buffer): string | undefined {
  const sequence = readElement(parameters, SEQUENCE);
  if (sequence === undefined) return undefined;
  if (sequence.content[0] !== CONTEXT_0) return 'sha256';
  const algorithm = readElement(readElement(sequence.content, CONTEXT_0)?.content, SEQUENCE);
  const identifier = readElement(algorithm?.content, OBJECT_IDENTIFIER);
  return identifier === undefined ? undefined : PSS_HASHES[identifier.content.toString('hex')];
}

const SEQUENCE = 0x30;
const OBJECT_IDENTIFIER = 0x06;
const CONTEXT_0 = 0xa0;

interface Element {
  readonly content: Buffer;
  readonly rest: Buffer;
}

/** The first DER element (X.690 section 8.1) if it has the tag and lies within the bytes. */
function readElement(bytes: Buffer | undefined, tag: number): Element | undefined {
  const short = bytes?.[1];
  if (bytes === undefined || short === undefined || bytes[0] !== tag) return undefined;
  if (short < 0x80) return cut(bytes, 2, short);
  const count = short & 0x7f;
  if (count < 1 || count > 4 || bytes.length < 2 + count) return undefined;
  return cut(bytes, 2 + count, bytes.readUIntBE(2, count));
}

function cut(bytes: Buffer, start: number, length: number): Element | undefined {
  const end = start + length;
  if (end > bytes.length) return undefined;
  return { content: bytes.subarray(start, end), rest: bytes.subarray(end) };
}
