/** Public keys of SSH and what they prove: Ed25519 (RFC 8709), ECDSA (RFC 5656), RSA with SHA-2 (RFC 4253, RFC 8332). */
import { createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto';
import { MalformedError, WireReader, wireString } from './wire.ts';

/** A public key. */
export interface PublicKey {
  /** As in its wire form: `ssh-ed25519`, … */
  readonly type: string;
  /** Wire form (RFC 4253 section 6.6). */
  readonly blob: Buffer;
  /** Whether it signed the data. @param signature wire form: algorithm and signature */
  isSignedBy(data: Buffer, signature: Buffer): boolean;
}

/** Longest wire form that is looked at: RSA with 16,384 bits has 2 KiB. */
const MOST_BYTES = 4096;
const MIN_RSA_BYTES = 256;

interface Curve {
  readonly jwk: string;
  readonly hash: string;
  readonly size: number;
}

const CURVES: ReadonlyMap<string, Curve> = new Map([
  ['nistp256', { jwk: 'P-256', hash: 'sha256', size: 32 }],
  ['nistp384', { jwk: 'P-384', hash: 'sha384', size: 48 }],
  ['nistp521', { jwk: 'P-521', hash: 'sha512', size: 66 }],
]);

const RSA_HASHES: ReadonlyMap<string, string> = new Map([
  ['rsa-sha2-256', 'sha256'],
  ['rsa-sha2-512', 'sha512'],
]);

/** Reads a key in wire form; undefined for what is none, is too weak, or is of another kind. Never throws. */
export function readPublicKey(blob: Buffer): PublicKey | undefined {
  if (blob.length > MOST_BYTES) return undefined;
  try {
    const reader = new WireReader(blob);
    const type = reader.text();
    const key = readFields(type, reader, blob);
    reader.end();
    return key;
  } catch {
    // Of the wire form, or of OpenSSL: a point that is on no curve.
    return undefined;
  }
}

/** Reads one line of a `.pub` file: type, Base64, comment. Undefined for anything else. */
export function readPublicKeyLine(line: string): PublicKey | undefined {
  const [, type, encoded = ''] = /^(\S+) ([A-Za-z0-9+/]+={0,2})(?: [^\r\n]*)?\r?\n?$/.exec(line) ?? [];
  const key = encoded.length > 2 * MOST_BYTES ? undefined : readPublicKey(Buffer.from(encoded, 'base64'));
  return key?.type === type ? key : undefined;
}

/** A line of a `.pub` file. */
export function publicKeyLine(type: string, blob: Uint8Array, comment = ''): string {
  const line = `${type} ${Buffer.from(blob).toString('base64')}`;
  return comment === '' ? line : `${line} ${comment}`;
}

/** Reads the fields behind the type, as they stand in a key and in a certificate alike. @throws MalformedError */
export function readKeyFields(type: string, reader: WireReader): Buffer {
  const parts = [wireString(type)];
  // An mpint is a string as well; what is in it is looked at when the key is read.
  const fields = type === 'ssh-ed25519' ? 1 : type === 'ssh-rsa' || type.startsWith('ecdsa-') ? 2 : 0;
  if (fields === 0) throw new MalformedError('a key of an unknown kind');
  for (let index = 0; index < fields; index += 1) parts.push(wireString(reader.bytes()));
  return Buffer.concat(parts);
}

function readFields(type: string, reader: WireReader, blob: Buffer): PublicKey | undefined {
  if (type === 'ssh-ed25519') return ed25519(reader, blob);
  if (type === 'ssh-rsa') return rsa(reader, blob);
  const name = /^ecdsa-sha2-(nistp\d{3})$/.exec(type)?.[1];
  const curve = name === undefined ? undefined : CURVES.get(name);
  if (name === undefined || curve === undefined || reader.text() !== name) return undefined;
  return ecdsa({ type, curve, reader, blob });
}

function ed25519(reader: WireReader, blob: Buffer): PublicKey | undefined {
  const x = reader.bytes();
  if (x.length !== 32) return undefined;
  const key = keyOf({ kty: 'OKP', crv: 'Ed25519', x: x.toString('base64url') });
  return {
    type: 'ssh-ed25519',
    blob,
    isSignedBy: proof(['ssh-ed25519'], (data, signature) => verify(null, data, key, signature)),
  };
}

function ecdsa(of: {
  readonly type: string;
  readonly curve: Curve;
  readonly reader: WireReader;
  readonly blob: Buffer;
}): PublicKey | undefined {
  const { type, curve, reader, blob } = of;
  const { size } = curve;
  const point = reader.bytes();
  // Uncompressed (SEC 1 section 2.3.3).
  if (point.length !== 1 + 2 * size || point[0] !== 4) return undefined;
  const key = keyOf({
    kty: 'EC',
    crv: curve.jwk,
    x: point.subarray(1, 1 + size).toString('base64url'),
    y: point.subarray(1 + size).toString('base64url'),
  });
  const check = (data: Buffer, signature: Buffer): boolean => {
    const reader = new WireReader(signature);
    const halves = [reader.unsigned(), reader.unsigned()];
    reader.end();
    if (halves.some((half) => half.length > size)) return false;
    const fixed = halves.map((half) => Buffer.concat([Buffer.alloc(size - half.length), half]));
    return verify(curve.hash, data, { key, dsaEncoding: 'ieee-p1363' }, Buffer.concat(fixed));
  };
  return { type, blob, isSignedBy: proof([type], check) };
}

function rsa(reader: WireReader, blob: Buffer): PublicKey | undefined {
  const e = reader.unsigned();
  const n = reader.unsigned();
  if (n.length < MIN_RSA_BYTES) return undefined;
  const key = keyOf({ kty: 'RSA', e: e.toString('base64url'), n: n.toString('base64url') });
  const check = (data: Buffer, signature: Buffer, algorithm: string): boolean =>
    verify(RSA_HASHES.get(algorithm), data, key, signature);
  return { type: 'ssh-rsa', blob, isSignedBy: proof([...RSA_HASHES.keys()], check) };
}

/** Takes the wire form of a signature apart; what cannot be taken apart proves nothing. */
function proof(
  algorithms: readonly string[],
  check: (data: Buffer, signature: Buffer, algorithm: string) => boolean,
): PublicKey['isSignedBy'] {
  return (data, signature) => {
    try {
      const reader = new WireReader(signature);
      const algorithm = reader.text();
      const raw = reader.bytes();
      reader.end();
      return algorithms.includes(algorithm) && check(data, raw, algorithm);
    } catch {
      return false;
    }
  };
}

function keyOf(jwk: JsonWebKey): KeyObject {
  return createPublicKey({ key: jwk, format: 'jwk' });
}
