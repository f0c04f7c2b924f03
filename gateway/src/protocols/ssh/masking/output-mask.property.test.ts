import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DetectorSet } from '../../../masking/detector-set.ts';
import { FindingMasks } from '../../../masking/finding-masks.ts';
import { ValueDigests } from '../../../masking/replace/digest.ts';
import { MaskingKeys } from '../../../masking/replace/masking-keys.ts';
import { OutputMask, WINDOW } from './output-mask.ts';

const keys = new MaskingKeys([{ id: 'k', bytes: Buffer.alloc(32, 7) }]);
const tools = {
  detectors: new DetectorSet({ phoneRegion: 'US' }),
  pseudonyms: undefined,
  digests: new ValueDigests(keys, 'box'),
};
const masks = new FindingMasks(
  [{ kind: 'mask', rule: 'r', columns: [], detect: tools.detectors.names, method: 'redact' }],
  tools,
);

function masked(pieces: readonly Buffer[]): Buffer {
  const mask = new OutputMask(masks, () => undefined);
  const out = pieces.map((piece) => Buffer.from(mask.push(piece)));
  return Buffer.concat([...out, mask.end()]);
}

function cutAt(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const cuts = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return cuts.slice(1).map((cut, index) => bytes.subarray(cuts[index], cut));
}

const VALUES = [
  'alice.smith@example.com',
  '4111 1111 1111 1111',
  '4111-1111-1111-1111',
  'DE89 3704 0044 0532 0130 00',
  '+49 30 901820',
  'postgres://shop:s3cret-word@db.internal/shop',
  'password="a: b > c"',
  'born: 12 March 1985',
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln',
  '-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\nx9\n-----END RSA PRIVATE KEY-----',
  '-----BEGIN PRIVATE KEY-----',
  'LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpNSUlFb3dJQkFBS0NBUUVBeDk5',
  'PuTTY-User-Key-File-3: ssh-ed25519',
];
const PIECES = [
  '> ',
  '? ',
  '# ',
  ': ',
  '$ ',
  '\n',
  '\r\n',
  '\r',
  ' ',
  '"',
  '=',
  'a',
  '1',
  'name',
  '(',
  ') ',
  '-',
];
const HIDDEN = [
  '\u001b[31m',
  '\u001b[m\u001b[K',
  '\0',
  '\b',
  'a\b',
  '\u001b]0;',
  '\u0007',
  '\u009b1m',
  '\u200b',
];
const text = fc
  .array(fc.oneof(fc.constantFrom(...VALUES), fc.constantFrom(...PIECES), fc.constantFrom(...HIDDEN)), {
    maxLength: 24,
  })
  .map((parts) => Buffer.from(parts.join('')));
const bytes = fc.oneof(
  text,
  fc.tuple(text, fc.uint8Array({ maxLength: 40 }), text).map((parts) => Buffer.concat(parts)),
);
const places = fc.array(fc.nat(), { maxLength: 12 });

describe('the mask of a stream of output', () => {
  it('P5: what comes out does not depend on how the bytes came', () => {
    fc.assert(
      fc.property(bytes, places, (source, cuts) => {
        const whole = masked([source]).toString('latin1');
        expect(masked(cutAt(source, cuts)).toString('latin1')).toBe(whole);
        expect(masked([...source].map((byte) => Buffer.from([byte]))).toString('latin1')).toBe(whole);
      }),
      { numRuns: 1_500 },
    );
  });

  it('P5: nor where a line is longer than what is held', () => {
    const fill = fc.constantFrom('x ', 'ab1-', 'Zm9vYmFy', '4', '\u001b[1mx\u001b[m ', 'é ', ': ');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fill, fc.integer({ min: 100, max: WINDOW }), fc.constantFrom(...VALUES)), {
          minLength: 1,
          maxLength: 4,
        }),
        places,
        (parts, cuts) => {
          const source = Buffer.from(
            parts.map(([unit, size, value]) => `${unit.repeat(size / unit.length)} ${value} `).join(''),
          );
          const whole = masked([source]);
          expect(masked(cutAt(source, cuts)).equals(whole)).toBe(true);
          const small = Array.from({ length: Math.ceil(source.length / 997) }, (_, index) =>
            source.subarray(index * 997, (index + 1) * 997),
          );
          expect(masked(small).equals(whole)).toBe(true);
          expect(whole.includes('alice.smith@example.com')).toBe(false);
          expect(whole.includes('s3cret-word')).toBe(false);
        },
      ),
      { numRuns: 60 },
    );
  }, 60_000);

  it('P5: colours, overstrikes and bytes that are no text hide no value', () => {
    const between = fc.constantFrom(
      ...[
        '\u001b[31m',
        '\u001b[1;31m',
        '\u001b[m\u001b[K',
        '\u001b(B',
        '\u001b]8;;x\u0007',
        '\u009b31m',
        '\0',
        '\u0001',
      ],
      ...['\u001b[38;5;1m', '\u007f', 'x\b', '_\b'],
    );
    const values = fc.constantFrom('alice.smith@example.com', '4111111111111111', 'DE89370400440532013000');
    fc.assert(
      fc.property(
        values,
        fc.array(fc.tuple(fc.nat(), between), { minLength: 1, maxLength: 5 }),
        (value, where) => {
          const signs = [...value];
          for (const [place, hidden] of where) {
            const at = place % signs.length;
            signs[at] = hidden + (signs[at] ?? '');
          }
          const out = masked([Buffer.from(`to ${signs.join('')} and on\n`)]).toString();
          expect(out).toMatch(/\[(email|card|iban)\]/);
          expect(out).not.toContain('smith');
          expect(out.replace(/\u001b\[[0-9;]*m/g, '')).not.toMatch(/[0-9]{4}/);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('P10: random bytes are masked in bounded memory and never thrown at', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 4_000 }), { maxLength: 30 }), (pieces) => {
        expect(() => masked(pieces.map((piece) => Buffer.from(piece)))).not.toThrow();
      }),
      { numRuns: 200 },
    );
  });
});
