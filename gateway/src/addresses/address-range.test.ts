import { describe, expect, it } from 'vitest';
import { addressBytes } from '../listener/ip-address.ts';
import { isInRange, parseAddressRange } from './address-range.ts';

const isIn = (address: string, range: string): boolean => {
  const bytes = addressBytes(address);
  const parsed = parseAddressRange(range);
  if (bytes === undefined || parsed === undefined) throw new Error('the test is wrong');
  return isInRange(bytes, parsed);
};

describe('a range of addresses', () => {
  it.each([
    ['10.1.0.0/16', '10.1.255.255', true],
    ['10.1.0.0/16', '10.2.0.0', false],
    ['10.1.0.0/17', '10.1.127.255', true],
    ['10.1.0.0/17', '10.1.128.0', false],
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.3', '10.1.2.2', false],
    ['10.1.2.3/32', '10.1.2.3', true],
    ['0.0.0.0/0', '255.255.255.255', true],
    ['0.0.0.0/0', '::1', false],
    ['::/0', '10.1.2.3', false],
    ['fd00::/8', 'fdff:ffff::1', true],
    ['fd00::/8', 'fe00::1', false],
    ['2001:db8::/33', '2001:db8:7fff::', true],
    ['2001:db8::/33', '2001:db8:8000::', false],
  ])('%s holds %s: %s', (range, address, expected) => {
    expect(isIn(address, range)).toBe(expected);
  });

  it.each([
    ['10.1.2.3/8'],
    ['fd00::1/8'],
    ['10.0.0.0/33'],
    ['::/129'],
    ['10.0.0.0/08'],
    ['10.0.0.0/-1'],
    ['10.0.0.0/'],
    ['10.0.0.0/8/8'],
    ['10.0.0/8'],
    ['0x0a.0.0.0/8'],
    ['10.0.0.0/255.0.0.0'],
    ['fe80::%1/64'],
    [''],
    ['/0'],
  ])('%j is none', (text) => {
    expect(parseAddressRange(text)).toBeUndefined();
  });
});
