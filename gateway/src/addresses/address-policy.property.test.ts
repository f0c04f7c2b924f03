import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAddressPolicy } from './address-policy.ts';

const PUBLIC = createAddressPolicy([]);

/** Node's own reading of the same registries, as far as whole ranges of IPv4 go. */
const REFUSED = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  REFUSED.addSubnet(network, prefix);
}
REFUSED.addAddress('168.63.129.16');

const byte = fc.nat({ max: 255 });
/** Every second one near the edges of a range. */
const ipv4 = fc.oneof(
  fc.tuple(byte, byte, byte, byte),
  fc.tuple(
    fc.constantFrom(
      0,
      9,
      10,
      11,
      99,
      100,
      101,
      126,
      127,
      128,
      168,
      169,
      170,
      172,
      192,
      198,
      203,
      223,
      224,
      255,
    ),
    fc.constantFrom(
      0,
      15,
      16,
      17,
      18,
      19,
      20,
      31,
      32,
      51,
      63,
      64,
      88,
      127,
      128,
      167,
      168,
      169,
      253,
      254,
      255,
    ),
    fc.constantFrom(0, 1, 2, 3, 98, 99, 100, 101, 113, 114, 169, 255),
    byte,
  ),
);
const group = (high: number, low: number): string => ((high << 8) | low).toString(16);

describe('addresses of any kind', () => {
  it('P3: of IPv4 are judged as another implementation of the registries does', () => {
    fc.assert(
      fc.property(ipv4, (bytes) => {
        const address = bytes.join('.');
        expect(PUBLIC.refusal(address) !== undefined).toBe(REFUSED.check(address));
      }),
      { numRuns: 2000 },
    );
  });

  it('P3: of IPv4 stay refused in every form of IPv6 that leads to them, whatever ranges of IPv6 are listed', () => {
    const open = createAddressPolicy(['::/0']);
    fc.assert(
      fc.property(ipv4, fc.nat({ max: 5 }), ([a, b, c, d], form) => {
        const tail = `${group(a, b)}:${group(c, d)}`;
        const forms = [
          `::ffff:${tail}`,
          `::ffff:0:${tail}`,
          `64:ff9b::${tail}`,
          `64:ff9b:1::${tail}`,
          `2002:${tail}::1`,
          `2a00:1450:1:2:0:5efe:${tail}`,
        ];
        const address = forms[form] ?? '';
        expect(PUBLIC.refusal(address)).toBeDefined();
        expect(open.refusal(address)).toBe(PUBLIC.refusal([a, b, c, d].join('.')));
      }),
    );
  });

  it('are read alike however they are written', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const groups = Array.from({ length: 8 }, (_, index) =>
          group(bytes[2 * index] ?? 0, bytes[2 * index + 1] ?? 0),
        );
        const long = groups.map((one) => one.padStart(4, '0').toUpperCase()).join(':');
        const short = new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
        expect(PUBLIC.refusal(short)).toBe(PUBLIC.refusal(long));
      }),
    );
  });

  it('P3: no list refuses what another permits beside it', () => {
    fc.assert(
      fc.property(ipv4, ipv4, fc.nat({ max: 32 }), (address, base, prefix) => {
        const bits = base.reduce((sum, one) => sum * 256 + one, 0);
        const first = prefix === 0 ? 0 : Math.floor(bits / 2 ** (32 - prefix)) * 2 ** (32 - prefix);
        const network = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join('.');
        const text = address.join('.');
        if (PUBLIC.refusal(text) !== undefined) return;
        expect(createAddressPolicy([`${network}/${prefix}`]).refusal(text)).toBeUndefined();
      }),
    );
  });
});
