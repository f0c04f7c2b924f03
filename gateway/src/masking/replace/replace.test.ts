import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dayNumber, dayText } from './calendar-day.ts';
import { ValueDigests } from './digest.ts';
import { KeyedHash } from './keyed-hash.ts';
import { MaskingKeys } from './masking-keys.ts';
import { partial } from './partial.ts';
import { permuteDigits, permuteRange } from './permute.ts';
import { Pseudonyms } from './pseudonyms.ts';
import { replaceFinding, replaceValue } from './replace.ts';
import { kindOfText } from './value-kind.ts';

const one = { id: 'one', bytes: Buffer.alloc(32, 1) };
const other = { id: 'two', bytes: Buffer.alloc(32, 2) };
const pseudonyms = new Pseudonyms(new MaskingKeys([one]), 'pg-prod');

describe('partial', () => {
  it.each([
    ['alice@example.com', 'email', 'a***@***.com'],
    ['a@b.io', 'email', '***@***'],
    ['4111 1111 1111 1111', 'card', '***1111'],
    ['+49 30 901820', 'digits', '***20'],
    ['DE89370400440532013000', 'iban', 'DE***00'],
    ['192.168.1.77', 'ip', '192.*.*.*'],
    ['10.0.0.1', 'ip', '10.*.*.*'],
    ['100.1.1', 'ip', '*.*.*.*'],
    ['2001:db8::1', 'ip', '***'],
    ['1985-03-12', 'date', '1985-**-**'],
    ['Alice Smith', 'text', 'A***'],
    ['Ann', 'text', '***'],
    ['', 'text', '***'],
    ['hunter2hunter2', 'opaque', '***'],
    ['😀😀😀😀abcdefgh', 'text', '😀😀😀😀a***'],
  ] as const)('P5: %s as %s becomes %s', (value, kind, expected) => {
    expect(partial(value, kind)).toBe(expected);
  });

  it('P5: never shows more than half of the letters and digits, whatever it is told to keep', () => {
    const kinds = fc.constantFrom(
      'text',
      'email',
      'digits',
      'card',
      'iban',
      'code',
      'ip',
      'date',
      'uuid',
      'mac',
    );
    const count = (text: string): number => (text.match(/[\p{L}\p{N}]/gu) ?? []).length;
    const value = fc.oneof(fc.string({ unit: 'grapheme' }), fc.emailAddress(), fc.ipV4(), fc.uuid());
    fc.assert(
      fc.property(value, kinds, fc.nat(100), fc.nat(100), fc.boolean(), (text, kind, first, last, isTold) => {
        const shown = partial(text, kind, isTold ? { first, last } : undefined);
        expect(count(shown) * 2).toBeLessThanOrEqual(count(text));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('permutations', () => {
  const key = new KeyedHash(Buffer.alloc(32, 7));

  it.each([1, 2, 3])('P5: of all texts of %i digits none meets another', (length) => {
    const all = Array.from({ length: 10 ** length }, (_, value) => String(value).padStart(length, '0'));
    const mapped = new Set(all.map((digits) => permuteDigits(key, digits)));
    expect(mapped.size).toBe(all.length);
    expect([...mapped].every((digits) => new RegExp(`^\\d{${length}}$`).test(digits))).toBe(true);
  });

  it('map a range onto itself, one to one', () => {
    const mapped = Array.from({ length: 1001 }, (_, value) =>
      permuteRange(key, BigInt(value - 500), -500n, 500n),
    );
    expect(new Set(mapped).size).toBe(1001);
    expect(mapped.every((value) => value >= -500n && value <= 500n)).toBe(true);
  });

  it('keep the length of any digits', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 80 }), (digits) => {
        expect(permuteDigits(key, digits)).toMatch(new RegExp(`^\\d{${digits.length}}$`));
      }),
      { numRuns: 50 },
    );
  });
});

describe('the calendar', () => {
  it('counts days there and back', () => {
    let before = dayNumber(1899, 12, 31);
    for (let number = dayNumber(1900, 1, 1); number <= dayNumber(2100, 3, 1); number += 1) {
      const [year = 0, month = 0, day = 0] = dayText(number).split('-').map(Number);
      expect(dayNumber(year, month, day)).toBe(before + 1);
      before += 1;
    }
    expect(dayText(dayNumber(2000, 2, 29))).toBe('2000-02-29');
    expect(dayText(dayNumber(1999, 12, 31) + 1)).toBe('2000-01-01');
  });
});

describe('pseudonyms', () => {
  it.each([
    ['alice@example.com', /^[a-z2-7]{16}@masked\.invalid$/],
    [
      '550e8400-e29b-41d4-a716-446655440000',
      /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    ],
    ['536-22-8726', /^\d{3}-\d{2}-\d{4}$/],
    ['+49 (30) 901820', /^\+\d{2} \(\d{2}\) \d{6}$/],
    ['1985-03-12', /^(?:19|20)\d{2}-\d{2}-\d{2}$/],
    ['192.168.1.77', /^\d{1,3}(?:\.\d{1,3}){3}$/],
    ['00:1A:2B:3C:4D:5E', /^[0-9A-F]2|[0-9A-F]{2}(?::[0-9A-F]{2}){5}$/],
    ['Alice Smith', /^pn-[a-z2-7]{16}$/],
    ['DE89370400440532013000', /^DE\d{20}$/],
  ])('%s keeps its shape', (value, shape) => {
    const pseudonym = pseudonyms.text(value);
    expect(pseudonym).toMatch(shape);
    expect(pseudonym).not.toBe(value);
    expect(kindOfText(pseudonym)).toBe(kindOfText(value));
  });

  it('are the same wherever a value stands, however it is written', () => {
    expect(pseudonyms.text('ALICE@example.com ')).toBe(pseudonyms.text('alice@example.com', 'email'));
    expect(pseudonyms.text('536228726')).toBe(pseudonyms.text('536-22-8726').replaceAll('-', ''));
    expect(pseudonyms.text('4111 1111 1111 1111', 'card').replaceAll(' ', '')).toBe(
      pseudonyms.text('4111111111111111'),
    );
    expect(pseudonyms.text('\u0041\u030a')).toBe(pseudonyms.text('\u00c5'));
    const uuid = '550E8400-E29B-41D4-A716-446655440000';
    expect(pseudonyms.text(uuid).toLowerCase()).toBe(pseudonyms.text(uuid.toLowerCase()));
    expect(pseudonyms.uuid(Buffer.from(uuid.replaceAll('-', ''), 'hex')).toString('hex')).toBe(
      pseudonyms.text(uuid).replaceAll('-', '').toLowerCase(),
    );
  });

  it('of whole numbers fit the column, keep the sign, and are the same in int and bigint', () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.constantFrom(16, 32, 64), (any, bits) => {
        const value = BigInt.asIntN(bits, any);
        const mapped = pseudonyms.integer(value, bits);
        expect(BigInt.asIntN(bits, mapped)).toBe(mapped);
        expect(mapped < 0n).toBe(value < 0n);
        if (bits === 32) expect(pseudonyms.integer(value, 64)).toBe(mapped);
      }),
      { numRuns: 300 },
    );
  });

  it('P5: differ by resource and by key; old keys stay known after a rotation', () => {
    const rotated = new Pseudonyms(new MaskingKeys([other, one]), 'pg-prod');
    const elsewhere = new Pseudonyms(new MaskingKeys([one]), 'pg-test');
    const value = 'alice@example.com';
    expect(elsewhere.text(value)).not.toBe(pseudonyms.text(value));
    expect(rotated.text(value)).not.toBe(pseudonyms.text(value));
    expect(rotated.allTexts(value)).toEqual([rotated.text(value), pseudonyms.text(value)]);
  });

  it('P5: never throw and never give a telling value back, for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 6 }), (value) => {
        const pseudonym = pseudonyms.text(value);
        expect(pseudonym === value && /[^\d]/.test(value)).toBe(false);
      }),
    );
  });
});

describe('digests', () => {
  it('P5: name their key, are equal for equal values, and differ by resource', () => {
    const digests = new ValueDigests(new MaskingKeys([other, one]), 'pg-prod');
    expect(digests.digest('x')).toMatch(/^two:[0-9a-f]{32}$/);
    expect(digests.digest('x')).toBe(digests.digest(Buffer.from('x')));
    expect(digests.all('x')).toEqual([digests.digest('x'), expect.stringMatching(/^one:/)]);
    expect(new ValueDigests(new MaskingKeys([other]), 'pg-test').digest('x')).not.toBe(digests.digest('x'));
  });
});

describe('masking keys', () => {
  it.each([
    [[], 'there is no masking key'],
    [[{ id: 'short', bytes: Buffer.alloc(31) }], 'needs 32 random ones'],
    [[one, one], 'is there twice'],
    [[{ id: 'a b', bytes: Buffer.alloc(32) }], 'the id of a masking key'],
  ])('are refused where they cannot hide anything (%#)', (keys, reason) => {
    expect(() => new MaskingKeys(keys)).toThrow(reason);
  });
});

describe('methods', () => {
  it.each([
    [{ method: 'null' }, null, ''],
    [{ method: 'redact' }, '[redacted]', '[email]'],
    [{ method: 'fixed', value: 'x' }, 'x', 'x'],
    [{ method: 'fixed' }, '[redacted]', '[email]'],
    [{ method: 'partial' }, 'a***@***.com', 'a***@***.com'],
    [{ method: 'partial', keep: { first: 2, last: 0 } }, 'al***', 'al***'],
  ] as const)('%j of a value and of a finding', (how, value, finding) => {
    expect(replaceValue('alice@example.com', how, undefined)).toBe(value);
    expect(replaceFinding('alice@example.com', 'email', how, undefined)).toBe(finding);
  });

  it('P5: a pseudonym without a key is a redaction', () => {
    expect(replaceValue('alice', { method: 'pseudonym' }, undefined)).toBe('[redacted]');
    expect(replaceFinding('alice', 'email', { method: 'pseudonym' }, undefined)).toBe('[email]');
  });
});
