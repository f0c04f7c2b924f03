import { generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CertificateFields, readCertificate, type Signer, writeCertificate } from './certificate.ts';
import { certificateFault, SOURCE_ADDRESS, sourceAddressOption } from './check-certificate.ts';
import { ed25519Blob } from './private-key-file.ts';
import { publicKeyLine, readPublicKey, readPublicKeyLine } from './public-key.ts';
import { wireString } from './wire.ts';

function pair(): Signer {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  return {
    publicKey: ed25519Blob(raw),
    sign: (data) => Buffer.concat([wireString('ssh-ed25519'), wireString(sign(null, data, privateKey))]),
  };
}

const authority = pair();
const client = pair();
const NOW = 1_800_000_000_000;
const FIELDS: CertificateFields = {
  kind: 'user',
  serial: 7n,
  keyId: 'cred_0000000000000000 ada',
  principals: ['ada'],
  validAfter: BigInt(NOW / 1000 - 60),
  validBefore: BigInt(NOW / 1000 + 60),
  criticalOptions: new Map(),
  extensions: new Map(),
};

function make(fields: Partial<CertificateFields> = {}, signer: Signer = authority): Buffer {
  return writeCertificate(
    { ...FIELDS, ...fields },
    { key: client.publicKey, nonce: Buffer.alloc(32, 1), signer },
  );
}

function faultOf(blob: Buffer, nowMs = NOW, sourceAddress = '10.0.0.7'): string | undefined {
  const certificate = readCertificate(blob);
  if (certificate === undefined) return 'it cannot be read';
  return certificateFault(certificate, {
    kind: 'user',
    isAuthority: (key) => key.equals(authority.publicKey),
    nowMs,
    isPrincipal: (name) => name === 'ada',
    sourceAddress,
  });
}

const options = fc
  .uniqueArray(fc.tuple(fc.string({ maxLength: 20 }), fc.uint8Array({ maxLength: 20 })), {
    maxLength: 5,
    selector: ([name]) => Buffer.from(name).toString(),
  })
  .map(
    (entries) => new Map(entries.map(([name, value]) => [Buffer.from(name).toString(), Buffer.from(value)])),
  );

describe('a certificate', () => {
  it('reads as it was written, whatever is in it', () => {
    const any = fc.record({
      kind: fc.constantFrom('user' as const, 'host' as const),
      serial: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      keyId: fc.string().map((text) => Buffer.from(text).toString()),
      principals: fc.array(
        fc.string().map((text) => Buffer.from(text).toString()),
        { maxLength: 5 },
      ),
      validAfter: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      validBefore: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      criticalOptions: options,
      extensions: options,
    });
    fc.assert(
      fc.property(any, (fields) => {
        const read = readCertificate(make(fields));
        expect(read).toMatchObject({ kind: fields.kind, serial: fields.serial, keyId: fields.keyId });
        expect(read?.principals).toEqual(fields.principals);
        expect(read?.validBefore).toBe(fields.validBefore);
        expect(new Map(read?.criticalOptions)).toEqual(fields.criticalOptions);
        expect(read?.key.equals(client.publicKey)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('P11: proves nothing once a single bit of it is another one', () => {
    const blob = make();
    expect(faultOf(blob)).toBeUndefined();
    fc.assert(
      fc.property(fc.nat(blob.length * 8 - 1), (bit) => {
        const changed = Buffer.from(blob);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(faultOf(changed)).toBeDefined();
      }),
      { numRuns: 300 },
    );
  });

  it('P10: random bytes, cut off or longer ones are none, and throw nothing', () => {
    const blob = make();
    for (let length = 0; length < blob.length; length += 1) {
      expect(readCertificate(blob.subarray(0, length))).toBeUndefined();
    }
    expect(readCertificate(Buffer.concat([blob, Buffer.from([0])]))).toBeUndefined();
    expect(readCertificate(Buffer.alloc(20_000))).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(readCertificate(Buffer.from(bytes))).toBeUndefined();
        expect(readPublicKey(Buffer.from(bytes))).toBeUndefined();
      }),
    );
  });

  it('P11: is taken for its kind, authority, time, principal and address only', () => {
    expect(faultOf(make({ kind: 'host' }))).toContain('hosts');
    expect(faultOf(make({}, pair()))).toContain('authority');
    expect(faultOf(make(), NOW - 61_000)).toContain('not valid yet');
    expect(faultOf(make(), NOW + 60_000)).toContain('expired');
    expect(faultOf(make({ principals: [] }))).toContain('somebody else');
    expect(faultOf(make({ principals: ['bob', 'Ada', 'ada '] }))).toContain('somebody else');
    const from = (...ranges: string[]): Partial<CertificateFields> => ({
      criticalOptions: new Map([[SOURCE_ADDRESS, sourceAddressOption(ranges)]]),
    });
    expect(faultOf(make(from('10.0.0.0/8')))).toBeUndefined();
    expect(faultOf(make(from('10.0.0.8', '192.168.0.0/16')))).toContain('address');
    expect(faultOf(make(from('10.0.0.0/8', 'nonsense')))).toContain('address');
    expect(faultOf(make(from('0.0.0.0/0')), NOW, '::1')).toContain('address');
    const unknown = new Map([['force-command', wireString('true')]]);
    expect(faultOf(make({ criticalOptions: unknown }))).toContain('critical option');
    expect(faultOf(make({ extensions: unknown }))).toBeUndefined();
  });
});

describe('a public key', () => {
  it('is read from its line, and from no other', () => {
    const line = publicKeyLine('ssh-ed25519', client.publicKey, 'me');
    expect(readPublicKeyLine(line)?.blob.equals(client.publicKey)).toBe(true);
    expect(readPublicKeyLine(`${line}\n`)?.type).toBe('ssh-ed25519');
    for (const text of [
      '',
      'ssh-ed25519',
      `ssh-rsa ${line.split(' ')[1]}`,
      `${line}\n${line}`,
      `x ${line}`,
    ]) {
      expect(readPublicKeyLine(text), text).toBeUndefined();
    }
  });

  it('proves a signature of its own, over these bytes', () => {
    const data = Buffer.from('data');
    const key = readPublicKey(client.publicKey);
    const signature = client.sign(data);
    expect(key?.isSignedBy(data, signature)).toBe(true);
    expect(key?.isSignedBy(Buffer.from('other'), signature)).toBe(false);
    expect(key?.isSignedBy(data, authority.sign(data))).toBe(false);
    expect(key?.isSignedBy(data, signature.subarray(0, -1))).toBe(false);
    expect(key?.isSignedBy(data, Buffer.concat([signature, Buffer.from([0])]))).toBe(false);
    expect(key?.isSignedBy(data, Buffer.alloc(0))).toBe(false);
  });
});
