import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { recordedParameters } from './recorded-parameters.ts';

describe('recordedParameters', () => {
  it('shows text as text, binary as hexadecimal, NULL as null, and what was cut', () => {
    const values = [Buffer.from('a'), Buffer.from([0, 255]), undefined, Buffer.alloc(2000, 'x')];
    expect(recordedParameters(values, ['text', 'binary', 'text', 'text'])).toEqual({
      parameters: ['a', '\\x00ff', null, `${'x'.repeat(1024)}… (2000 bytes)`],
    });
    expect(recordedParameters([], [])).toEqual({ parameters: [] });
  });

  it('P10: is bounded for any number of values, and tells all of them by a digest', () => {
    for (const value of [Buffer.alloc(200, 1), Buffer.alloc(0), undefined]) {
      const values = Array.from({ length: 65_535 }, () => value);
      const record = recordedParameters(values, []);
      expect(JSON.stringify(record).length).toBeLessThan(900_000);
      expect(record).toMatchObject({ parametersCut: true, parametersCount: 65_535 });
    }
    const bytes = Buffer.from([0, 0, 0, 1, 0x61, 0xff, 0xff, 0xff, 0xff]);
    const many = [Buffer.from('a'), ...Array.from({ length: 9_000 }, () => undefined)];
    const all = Buffer.concat([
      bytes.subarray(0, 5),
      ...Array.from({ length: 9_000 }, () => bytes.subarray(5)),
    ]);
    expect(recordedParameters(many, [])['parametersSha256']).toBe(
      createHash('sha256').update(all).digest('hex'),
    );
  });
});
