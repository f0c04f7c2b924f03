import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressBytes, limitKey, normalizeAddress } from './ip-address.ts';

describe('an address', () => {
  it.each([
    ['127.0.0.1', '7f000001'],
    ['255.255.255.255', 'ffffffff'],
    ['::', '0'.repeat(32)],
    ['::1', `${'0'.repeat(31)}1`],
    ['2001:db8::', `20010db8${'0'.repeat(24)}`],
    ['2001:db8:1:2:3:4:5:6', '20010db8000100020003000400050006'],
    ['::ffff:10.0.0.1', `${'0'.repeat(20)}ffff0a000001`],
    ['64:ff9b::10.0.0.1', `0064ff9b${'0'.repeat(16)}0a000001`],
  ])('%s has the bytes %s', (text, hex) => {
    expect(Buffer.from(addressBytes(text) ?? []).toString('hex')).toBe(hex);
  });

  it.each(['', 'localhost', '1.2.3', '1.2.3.4.5', '256.0.0.1', ':::', '1::2::3', 'fe80::1%eth0', '01.2.3.4'])(
    '%j is none',
    (text) => {
      expect(addressBytes(text)).toBeUndefined();
    },
  );

  it('has as many bytes as its kind, however it is written', () => {
    const sized = (size: number) => (text: string) => {
      expect(addressBytes(text)).toHaveLength(size);
    };
    fc.assert(fc.property(fc.ipV6(), sized(16)));
    fc.assert(fc.property(fc.ipV4(), sized(4)));
  });

  it('mapped into IPv6 is the plain one', () => {
    expect(normalizeAddress('::ffff:10.1.2.3')).toBe('10.1.2.3');
    expect(normalizeAddress('::FFFF:10.1.2.3')).toBe('10.1.2.3');
    expect(normalizeAddress('2001:db8::1')).toBe('2001:db8::1');
  });
});

describe('connection limits', () => {
  it('count an IPv6 network of 64 bits as one, as one host has all of it', () => {
    expect(limitKey('2001:db8:0:1::1')).toBe(limitKey('2001:db8:0:1:ffff:ffff:ffff:ffff'));
    expect(limitKey('2001:db8:0:1::1')).not.toBe(limitKey('2001:db8:0:2::1'));
    expect(limitKey('fe80::1%eth0')).toBe(limitKey('fe80::2%eth1'));
  });

  it('count each IPv4 address for itself, mapped or not', () => {
    expect(limitKey('::ffff:10.0.0.1')).toBe(limitKey('10.0.0.1'));
    expect(limitKey('10.0.0.1')).not.toBe(limitKey('10.0.0.2'));
  });
});
