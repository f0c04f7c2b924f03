/** Certificates of OpenSSH (PROTOCOL.certkeys): read, and written. */
import { readKeyFields } from './public-key.ts';
import { MalformedError, WireReader, wireString, wireUint32, wireUint64 } from './wire.ts';

/** What a certificate is for. */
export type CertificateKind = 'user' | 'host';

/** What an authority vouches for. */
export interface CertificateFields {
  readonly kind: CertificateKind;
  readonly serial: bigint;
  /** For people, and for logs. */
  readonly keyId: string;
  /** Users, or hosts. Empty would mean all of them: such a certificate is never taken here. */
  readonly principals: readonly string[];
  /** Seconds since the epoch; the first that counts. */
  readonly validAfter: bigint;
  /** Seconds since the epoch; the first that does not count any more. */
  readonly validBefore: bigint;
  /** Names and their values, in wire form. Whoever does not know one refuses the certificate. */
  readonly criticalOptions: ReadonlyMap<string, Buffer>;
  readonly extensions: ReadonlyMap<string, Buffer>;
}

/** A certificate as it was read. Nothing of it is proved. */
export interface Certificate extends CertificateFields {
  /** Of the certificate: `ssh-ed25519-cert-v01@openssh.com`, … */
  readonly type: string;
  /** Wire form of the key that it is for. */
  readonly key: Buffer;
  /** Wire form of the key of who signed. */
  readonly authority: Buffer;
  /** What was signed. */
  readonly signed: Buffer;
  readonly signature: Buffer;
}

/** Who signs: the gateway's own authority. */
export interface Signer {
  /** Wire form. */
  readonly publicKey: Buffer;
  /** Wire form: algorithm and signature. */
  sign(data: Buffer): Buffer;
}

/** Longest certificate that is looked at. */
const MOST_BYTES = 16 * 1024;
const MOST_PRINCIPALS = 256;
const MOST_OPTIONS = 64;
const SUFFIX = '-cert-v01@openssh.com';
const KINDS: readonly CertificateKind[] = ['user', 'host'];

/** The name that certificates of a type of keys have. */
export function certificateType(keyType: string): string {
  return keyType + SUFFIX;
}

/** The type of the keys that a certificate of this name is for; undefined where it names none. */
export function certifiedType(type: string): string | undefined {
  return type.endsWith(SUFFIX) ? type.slice(0, -SUFFIX.length) : undefined;
}

/** Reads a certificate in wire form; undefined for what is none. Never throws. */
export function readCertificate(blob: Buffer): Certificate | undefined {
  if (blob.length > MOST_BYTES) return undefined;
  try {
    return read(blob);
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}

/** Writes a certificate for a key, in wire form. @param nonce random: nobody may know before what is signed */
export function writeCertificate(
  fields: CertificateFields,
  of: { readonly key: Buffer; readonly nonce: Buffer; readonly signer: Signer },
): Buffer {
  const reader = new WireReader(of.key);
  const type = reader.text();
  const signed = Buffer.concat([
    wireString(certificateType(type)),
    wireString(of.nonce),
    of.key.subarray(reader.position),
    wireUint64(fields.serial),
    wireUint32(KINDS.indexOf(fields.kind) + 1),
    wireString(fields.keyId),
    wireString(Buffer.concat(fields.principals.map(wireString))),
    wireUint64(fields.validAfter),
    wireUint64(fields.validBefore),
    wireString(writeOptions(fields.criticalOptions)),
    wireString(writeOptions(fields.extensions)),
    wireString(''),
    wireString(of.signer.publicKey),
  ]);
  return Buffer.concat([signed, wireString(of.signer.sign(signed))]);
}

function read(blob: Buffer): Certificate {
  const reader = new WireReader(blob);
  const type = reader.text();
  const keyType = certifiedType(type);
  if (keyType === undefined) throw new MalformedError('no certificate');
  reader.bytes();
  const key = readKeyFields(keyType, reader);
  const serial = reader.uint64();
  const kind = KINDS[reader.uint32() - 1];
  if (kind === undefined) throw new MalformedError('a certificate of an unknown kind');
  const keyId = reader.text();
  const principals = readPrincipals(reader.bytes());
  const validAfter = reader.uint64();
  const validBefore = reader.uint64();
  const criticalOptions = readOptions(reader.bytes());
  const extensions = readOptions(reader.bytes());
  reader.bytes();
  const authority = reader.bytes();
  const signed = blob.subarray(0, reader.position);
  const signature = reader.bytes();
  reader.end();
  const fields = { kind, serial, keyId, principals, validAfter, validBefore, criticalOptions, extensions };
  return { type, key, authority, signed, signature, ...fields };
}

function readPrincipals(bytes: Buffer): readonly string[] {
  const reader = new WireReader(bytes);
  const principals: string[] = [];
  while (!reader.isAtEnd) {
    principals.push(reader.text());
    if (principals.length > MOST_PRINCIPALS) throw new MalformedError('too many principals');
  }
  return principals;
}

/** Names have to be in order, and none twice: what two readers would read differently is refused. */
function readOptions(bytes: Buffer): ReadonlyMap<string, Buffer> {
  const reader = new WireReader(bytes);
  const options = new Map<string, Buffer>();
  let last: string | undefined;
  while (!reader.isAtEnd) {
    const name = reader.text();
    if (last !== undefined && Buffer.compare(Buffer.from(last), Buffer.from(name)) >= 0) {
      throw new MalformedError('options out of order');
    }
    options.set(name, reader.bytes());
    if (options.size > MOST_OPTIONS) throw new MalformedError('too many options');
    last = name;
  }
  return options;
}

function writeOptions(options: ReadonlyMap<string, Buffer>): Buffer {
  const sorted = [...options].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return Buffer.concat(sorted.flatMap(([name, value]) => [wireString(name), wireString(value)]));
}
