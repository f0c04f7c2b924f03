import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { maskingSchema } from './config.ts';

const schema = maskingSchema(z.strictObject({ file: z.string() }));

describe('the settings of masking', () => {
  it('have defaults without keys', () => {
    expect(schema.parse(undefined)).toEqual({ keys: [], patterns: [], mostBytes: 4_194_304 });
  });

  it('name where keys come from and what own detectors look for', () => {
    const settings = {
      keys: [{ id: '2026-11', from: { file: '/run/secrets/masking' } }],
      phoneRegion: 'DE',
      patterns: [{ name: 'customer-number', pattern: 'K-[0-9]{4}' }],
    };
    expect(schema.parse(settings)).toEqual({
      ...settings,
      patterns: [{ ...settings.patterns[0], ignoreCase: false }],
      mostBytes: 4_194_304,
    });
  });

  it.each([
    { keys: [{ id: 'a', from: 'the key itself' }] },
    { keys: [{ id: 'a b', from: { file: 'x' } }] },
    { phoneRegion: 'Germany' },
    { patterns: [{ name: 'Own', pattern: 'x' }] },
    { mostBytes: 1 },
    { other: true },
  ])('%j is refused', (settings) => {
    expect(schema.safeParse(settings).success).toBe(false);
  });
});
