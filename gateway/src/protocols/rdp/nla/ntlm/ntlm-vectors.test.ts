import { describe, expect, it } from 'vitest';
import { md4 } from '../md4.ts';
import { Rc4 } from '../rc4.ts';
import { AV } from './av-pairs.ts';
import { channelBindings } from './channel-bindings.ts';
import { fileTime } from './file-time.ts';
import { directionKeys, ntHash, responseKey } from './keys.ts';
import { lmv2Response, ntlmv2Response } from './response.ts';
import { NtlmSealing } from './sealing.ts';

const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le');
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('MD4 (RFC 1320, appendix A.5)', () => {
  it.each([
    ['', '31d6cfe0d16ae931b73c59d7e0c089c0'],
    ['a', 'bde52cb31de33e46245e05fbdbd6fb24'],
    ['abc', 'a448017aaf21d8525fc10ae87aa6729d'],
    ['message digest', 'd9130a8164549fe818874806e1c7014b'],
    ['abcdefghijklmnopqrstuvwxyz', 'd79e1c308aa5bbcdeea8ed63df412da9'],
    ['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', '043f8582f241db351ce627e153e7f0e4'],
    [
      '12345678901234567890123456789012345678901234567890123456789012345678901234567890',
      'e33b4ddc9c38f2199c3e7b164fcc0536',
    ],
  ])('of %j', (text, digest) => {
    expect(md4(Buffer.from(text)).toString('hex')).toBe(digest);
  });
});

describe('RC4 (RFC 6229)', () => {
  it.each([
    ['0102030405', 'b2396305f03dc027ccc3524a0a1118a8'],
    ['0102030405060708090a0b0c0d0e0f10', '9ac7cc9a609d1ef7b2932899cde41b97'],
  ])('first bytes of the key stream of %s', (key, stream) => {
    expect(new Rc4(hex(key)).apply(Buffer.alloc(16)).toString('hex')).toBe(stream);
  });

  it('goes on where it stopped', () => {
    const whole = new Rc4(hex('0102030405')).apply(Buffer.alloc(16));
    const parts = new Rc4(hex('0102030405'));
    expect(Buffer.concat([parts.apply(Buffer.alloc(5)), parts.apply(Buffer.alloc(11))])).toEqual(whole);
  });
});

describe('NTLMv2 (MS-NLMP 4.2.4)', () => {
  const parts = {
    key: responseKey(ntHash('Password'), 'User', 'Domain'),
    serverChallenge: hex('0123456789abcdef'),
    clientChallenge: Buffer.alloc(8, 0xaa),
    timestamp: Buffer.alloc(8),
    attributes: new Map([
      [AV.domainName, utf16('Domain')],
      [AV.computerName, utf16('Server')],
    ]),
  };
  const sessionKey = Buffer.alloc(16, 0x55);

  it('4.2.2.1.2: NTOWFv1, which is the NT hash', () => {
    expect(ntHash('Password').toString('hex')).toBe('a4f49c406510bdcab6824ee7c30fd852');
  });

  it('4.2.4.1.1: NTOWFv2', () => {
    expect(parts.key.toString('hex')).toBe('0c868a403bfd7a93a3001ef22ef02e3f');
  });

  it('4.2.4.1.2, 4.2.4.2.2: session base key, NTLMv2 response', () => {
    const { ntResponse, sessionBaseKey } = ntlmv2Response(parts);
    expect(ntResponse.subarray(0, 16).toString('hex')).toBe('68cd0ab851e51c96aabc927bebef6a1c');
    expect(sessionBaseKey.toString('hex')).toBe('8de40ccadbc14a82f15cb0ad0de95ca3');
  });

  it('4.2.4.2.1: LMv2 response', () => {
    expect(lmv2Response(parts).toString('hex')).toBe('86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa');
  });

  it('4.2.4.2.3: encrypted session key', () => {
    const { sessionBaseKey } = ntlmv2Response(parts);
    expect(new Rc4(sessionBaseKey).apply(sessionKey).toString('hex')).toBe(
      'c5dad2544fc9799094ce1ce90bc9d03e',
    );
  });

  it('4.2.4.4: signing key, sealing key, sealed message', () => {
    const keys = directionKeys(sessionKey, 'client-to-server');
    expect(keys.signing.toString('hex')).toBe('4788dc861b4782f35d43fd98fe1a2d39');
    expect(keys.sealing.toString('hex')).toBe('59f600973cc4960a25480a7c196e4c58');
    const sealed = new NtlmSealing(sessionKey, 'client').seal(utf16('Plaintext'));
    expect(sealed.subarray(0, 16).toString('hex')).toBe('010000007fb38ec5c55d497600000000');
    expect(sealed.subarray(16).toString('hex')).toBe('54e50165bf1936dc996020c1811b0f06fb5f');
  });

  it('upper-cases names letter by letter, as Windows does', () => {
    const hash = ntHash('x');
    expect(responseKey(hash, 'straße', '')).toEqual(responseKey(hash, 'STRAßE', ''));
    expect(responseKey(hash, 'ärger', '')).toEqual(responseKey(hash, 'ÄRGER', ''));
    expect(responseKey(hash, 'a', 'domain')).not.toEqual(responseKey(hash, 'a', 'DOMAIN'));
  });

  it('names a channel as MD5 of the bindings structure of GSS-API', () => {
    // Computed by hand with openssl over the 20 bytes of the head and `tls-server-end-point:` + 32 times 0x11.
    expect(channelBindings(Buffer.alloc(32, 0x11)).toString('hex')).toBe('187b8ed16257050635bf9bbd99eb5e29');
  });

  it('writes times of Windows', () => {
    expect(fileTime(0).readBigUInt64LE()).toBe(116_444_736_000_000_000n);
    expect(fileTime(1.5).readBigUInt64LE()).toBe(116_444_736_000_010_000n);
  });
});
