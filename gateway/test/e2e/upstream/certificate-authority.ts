import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A certificate with its key, both PEM. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
}

/** What a certificate says. */
export interface Request {
  readonly commonName: string;
  readonly dnsNames?: readonly string[];
  readonly addresses?: readonly (readonly [number, number, number, number])[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

/** How the authority signs: decides the hash of the channel binding. */
export type SignatureKind =
  | 'ecdsa-sha256'
  | 'ecdsa-sha384'
  | 'rsa-sha512'
  | 'rsa-sha1'
  | 'rsa-pss-sha384'
  | 'ed25519';

/** A certificate authority made for one test run. */
export interface Authority {
  readonly cert: string;
  issue(request: Request): Issued;
}

const DAY_MS = 86_400_000;

/** Makes an authority with a self-signed certificate. */
export function createAuthority(name: string, kind: SignatureKind = 'ecdsa-sha256'): Authority {
  const signer = createSigner(kind);
  const cert = buildCertificate(
    { commonName: name },
    { issuer: name, publicKey: signer.publicKey, isAuthority: true },
    signer,
  );
  return {
    cert,
    issue(request) {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      return {
        cert: buildCertificate(request, { issuer: name, publicKey, isAuthority: false }, signer),
        key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      };
    },
  };
}

interface Signer {
  readonly publicKey: KeyObject;
  readonly algorithm: Buffer;
  sign(bytes: Buffer): Buffer;
}

function createSigner(kind: SignatureKind): Signer {
  if (kind === 'ed25519') {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    return {
      publicKey,
      algorithm: sequence(oid(1, 3, 101, 112)),
      sign: (bytes) => sign(null, bytes, privateKey),
    };
  }
  if (kind === 'ecdsa-sha256' || kind === 'ecdsa-sha384') {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const [hash, arc] = kind === 'ecdsa-sha256' ? (['sha256', 2] as const) : (['sha384', 3] as const);
    const algorithm = sequence(oid(1, 2, 840, 10045, 4, 3, arc));
    return { publicKey, algorithm, sign: (bytes) => sign(hash, bytes, privateKey) };
  }
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  if (kind === 'rsa-pss-sha384') {
    const key = createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }));
    return {
      publicKey,
      algorithm: pssSha384(),
      sign: (bytes) => sign('sha384', bytes, { key, padding: 6, saltLength: 48 }),
    };
  }
  const [hash, arc] = kind === 'rsa-sha512' ? (['sha512', 13] as const) : (['sha1', 5] as const);
  const algorithm = sequence(oid(1, 2, 840, 113549, 1, 1, arc), der(0x05));
  return { publicKey, algorithm, sign: (bytes) => sign(hash, bytes, privateKey) };
}

/** RFC 4055 section 3.1: hash SHA-384, MGF1 with SHA-384, salt of 48 bytes. */
function pssSha384(): Buffer {
  const sha384 = sequence(oid(2, 16, 840, 1, 101, 3, 4, 2, 2), der(0x05));
  const mgf1 = sequence(oid(1, 2, 840, 113549, 1, 1, 8), sha384);
  const parameters = sequence(der(0xa0, sha384), der(0xa1, mgf1), der(0xa2, integer(Buffer.from([48]))));
  return sequence(oid(1, 2, 840, 113549, 1, 1, 10), parameters);
}

function buildCertificate(
  request: Request,
  subject: { readonly issuer: string; readonly publicKey: KeyObject; readonly isAuthority: boolean },
  signer: Signer,
): string {
  const now = Date.now();
  const notBefore = request.notBefore ?? new Date(now - DAY_MS);
  const notAfter = request.notAfter ?? new Date(now + 30 * DAY_MS);
  const tbs = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    signer.algorithm,
    distinguishedName(subject.issuer),
    sequence(time(notBefore), time(notAfter)),
    distinguishedName(request.commonName),
    subject.publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions(request, subject.isAuthority))),
  );
  const whole = sequence(tbs, signer.algorithm, bitString(signer.sign(tbs)));
  const base64 = whole.toString('base64').replace(/.{64}/g, '$&\n').trimEnd();
  return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
}

function extensions(request: Request, isAuthority: boolean): Buffer[] {
  const names = [
    ...(request.dnsNames ?? []).map((name) => der(0x82, Buffer.from(name))),
    ...(request.addresses ?? []).map((address) => der(0x87, Buffer.from(address))),
  ];
  const basic = sequence(
    oid(2, 5, 29, 19),
    der(0x01, Buffer.from([0xff])),
    der(0x04, isAuthority ? sequence(der(0x01, Buffer.from([0xff]))) : sequence()),
  );
  if (names.length === 0) return [basic];
  return [basic, sequence(oid(2, 5, 29, 17), der(0x04, sequence(...names)))];
}

function distinguishedName(commonName: string): Buffer {
  return sequence(der(0x31, sequence(oid(2, 5, 4, 3), der(0x0c, Buffer.from(commonName)))));
}

function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '');
  return der(0x18, Buffer.from(digits));
}

function oid(first: number, second: number, ...rest: number[]): Buffer {
  const base128 = (arc: number): number[] => {
    const digits = [arc & 0x7f];
    for (let high = arc >>> 7; high > 0; high >>>= 7) digits.unshift((high & 0x7f) | 0x80);
    return digits;
  };
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function integer(bytes: Buffer): Buffer {
  return der(0x02, bytes);
}

function bitString(bytes: Buffer): Buffer {
  return der(0x03, Buffer.from([0]), bytes);
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, ...parts);
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(length);
  const trimmed = size.subarray(size.findIndex((byte) => byte !== 0));
  return Buffer.concat([Buffer.from([tag, 0x80 | trimmed.length]), trimmed, content]);
}
