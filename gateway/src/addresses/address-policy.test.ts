import { describe, expect, it } from 'vitest';
import { createAddressPolicy } from './address-policy.ts';

const PUBLIC = createAddressPolicy([]);

describe('P3: without a list only hosts of the public internet are reached', () => {
  it.each([
    ['8.8.8.8'],
    ['1.1.1.1'],
    ['9.255.255.255'],
    ['11.0.0.0'],
    ['100.63.255.255'],
    ['100.128.0.0'],
    ['126.255.255.255'],
    ['128.0.0.0'],
    ['169.253.255.255'],
    ['169.255.0.0'],
    ['172.15.255.255'],
    ['172.32.0.0'],
    ['192.0.1.0'],
    ['192.167.255.255'],
    ['192.169.0.0'],
    ['198.17.255.255'],
    ['198.20.0.0'],
    ['223.255.255.255'],
    ['2606:4700:4700::1111'],
    ['2001:4860:4860::8888'],
    ['2a00:1450:4001:830::200e'],
  ])('%s is one', (address) => {
    expect(PUBLIC.refusal(address)).toBeUndefined();
  });

  it.each([
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'unspecified'],
    ['10.0.0.1', 'private'],
    ['10.255.255.255', 'private'],
    ['100.64.0.0', 'shared by customers of a provider (RFC 6598)'],
    ['100.127.255.255', 'shared by customers of a provider (RFC 6598)'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['169.254.0.1', 'link-local'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.0.0.8', 'for protocols (RFC 6890)'],
    ['192.0.2.1', 'for documentation'],
    ['192.88.99.1', 'relays of 6to4'],
    ['192.168.0.1', 'private'],
    ['198.18.0.1', 'for benchmarks'],
    ['198.19.255.255', 'for benchmarks'],
    ['198.51.100.7', 'for documentation'],
    ['203.0.113.7', 'for documentation'],
    ['224.0.0.1', 'multicast'],
    ['239.255.255.255', 'multicast'],
    ['240.0.0.1', 'reserved'],
    ['255.255.255.255', 'broadcast'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['::ffff:8.8.8.8', 'IPv4 inside of IPv6'],
    ['::ffff:a9fe:a9fe', 'IPv4 inside of IPv6'],
    ['::ffff:0:7f00:1', 'IPv4 inside of IPv6'],
    ['::7f00:1', 'IPv4 inside of IPv6'],
    ['64:ff9b::a00:1', 'IPv4 inside of IPv6 (NAT64)'],
    ['64:ff9b:1::a00:1', 'IPv4 inside of IPv6 (NAT64)'],
    ['2002:7f00:1::', 'IPv4 inside of IPv6 (6to4)'],
    ['2001:0:1::1', 'IPv4 inside of IPv6 (Teredo)'],
    ['2a00:1450:4001:830:0:5efe:a00:1', 'IPv4 inside of IPv6 (ISATAP)'],
    ['2a00:1450:4001:830:200:5efe:a00:1', 'IPv4 inside of IPv6 (ISATAP)'],
    ['2001:db8::1', 'for documentation'],
    ['2001:10::1', 'for protocols (RFC 2928)'],
    ['3fff::1', 'for documentation'],
    ['fe80::1', 'link-local'],
    ['febf:ffff::1', 'link-local'],
    ['fec0::1', 'private'],
    ['fc00::1', 'private'],
    ['fdff::1', 'private'],
    ['ff02::1', 'multicast'],
    ['100::1', 'not of the public internet'],
    ['4000::1', 'not of the public internet'],
    ['5f00::1', 'not of the public internet'],
  ])('%s is not: %s', (address, what) => {
    expect(PUBLIC.refusal(address)).toBe(what);
  });

  it.each([
    ['169.254.169.254'],
    ['169.254.170.2'],
    ['169.254.170.23'],
    ['168.63.129.16'],
    ['100.100.100.200'],
    ['192.0.0.192'],
    ['fd00:ec2::254'],
    ['fd00:0ec2:0:0::0254'],
    ['fd20:ce::254'],
    ['fe80::a9fe:a9fe'],
  ])('%s is a metadata service', (address) => {
    expect(PUBLIC.refusal(address)).toBe('a metadata service');
  });

  it.each([
    ['0x7f.1'],
    ['2130706433'],
    ['017700000001'],
    ['127.1'],
    ['010.0.0.1'],
    ['8.8.8.8 '],
    ['fe80::1%eth0'],
    ['[::1]'],
    ['localhost'],
    [''],
  ])('%j is no address, and so refused', (text) => {
    expect(PUBLIC.refusal(text)).toBe('no IP address');
  });
});

describe('P3: a list of addresses permits what it names', () => {
  it('and nothing beside it', () => {
    const policy = createAddressPolicy(['10.1.0.0/16', 'fd12:3456::/32', '127.0.0.1']);
    expect(policy.refusal('10.1.255.7')).toBeUndefined();
    expect(policy.refusal('10.2.0.1')).toBe('private');
    expect(policy.refusal('fd12:3456::9')).toBeUndefined();
    expect(policy.refusal('fd12:3457::9')).toBe('private');
    expect(policy.refusal('127.0.0.1')).toBeUndefined();
    expect(policy.refusal('127.0.0.2')).toBe('loopback');
    expect(policy.refusal('8.8.8.8')).toBeUndefined();
  });

  it('but no metadata service by a range that holds it', () => {
    const wide = createAddressPolicy(['0.0.0.0/0', '::/0']);
    expect(wide.refusal('10.1.2.3')).toBeUndefined();
    expect(wide.refusal('169.254.169.254')).toBe('a metadata service');
    expect(wide.refusal('fd00:ec2::254')).toBe('a metadata service');
    expect(wide.refusal('168.63.129.16')).toBe('a metadata service');
    const named = createAddressPolicy(['169.254.169.254', 'fd00:ec2::254/128']);
    expect(named.refusal('169.254.169.254')).toBeUndefined();
    expect(named.refusal('fd00:ec2::254')).toBeUndefined();
    expect(named.refusal('169.254.170.2')).toBe('a metadata service');
  });

  it('and knows which it names one by one', () => {
    const policy = createAddressPolicy(['10.0.0.0/8', '127.0.0.1', '::1/128']);
    expect(policy.names('127.0.0.1')).toBe(true);
    expect(policy.names('0:0:0:0:0:0:0:1')).toBe(true);
    expect(policy.names('10.0.0.1')).toBe(false);
    expect(policy.names('127.0.0.2')).toBe(false);
    expect(policy.names('localhost')).toBe(false);
  });

  it('and IPv4 inside of IPv6 only where both are permitted', () => {
    const nat64 = createAddressPolicy(['64:ff9b::/96']);
    expect(nat64.refusal('64:ff9b::808:808')).toBeUndefined();
    expect(nat64.refusal('64:ff9b::a00:1')).toBe('private');
    expect(nat64.refusal('64:ff9b::a9fe:a9fe')).toBe('a metadata service');
    const mapped = createAddressPolicy(['10.0.0.0/8']);
    expect(mapped.refusal('::ffff:10.0.0.1')).toBe('IPv4 inside of IPv6');
    const both = createAddressPolicy(['10.0.0.0/8', '::ffff:0:0/96']);
    expect(both.refusal('::ffff:10.0.0.1')).toBeUndefined();
    expect(both.refusal('::ffff:127.0.0.1')).toBe('loopback');
  });
});
