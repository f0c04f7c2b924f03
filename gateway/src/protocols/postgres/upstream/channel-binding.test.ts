import { createHash, X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAuthority, type SignatureKind } from '../../../../test/e2e/upstream/certificate-authority.ts';
import { tlsServerEndPoint } from './channel-binding.ts';

function certificate(kind: SignatureKind): Buffer {
  return new X509Certificate(createAuthority('ca', kind).issue({ commonName: 'server' }).cert).raw;
}

test.each<[SignatureKind, string]>([
  ['ecdsa-sha256', 'sha256'],
  ['ecdsa-sha384', 'sha384'],
  ['rsa-sha512', 'sha512'],
  ['rsa-sha1', 'sha256'],
  ['rsa-pss-sha384', 'sha384'],
])('RFC 5929 section 4.1: a certificate signed with %s is hashed with %s', (kind, hash) => {
  const der = certificate(kind);
  expect(tlsServerEndPoint(der)).toEqual(createHash(hash).update(der).digest());
});

test('RFC 5929 section 4.1: a signature without a hash has no channel binding', () => {
  expect(tlsServerEndPoint(certificate('ed25519'))).toBeUndefined();
});

test('P10: bytes that are no certificate have no channel binding and throw nothing', () => {
  const der = certificate('ecdsa-sha256');
  for (let length = 0; length < der.length; length += 1) {
    expect(tlsServerEndPoint(der.subarray(0, length))).toBeUndefined();
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(tlsServerEndPoint(bytes)).toBeUndefined();
    }),
  );
});
