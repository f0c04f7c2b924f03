import { describe, expect, it } from 'vitest';
import { parseDurationMs, parseSizeBytes } from './duration.ts';

describe('durations and sizes', () => {
  it('reads a whole number with its unit', () => {
    expect(parseDurationMs('500ms')).toBe(500);
    expect(parseDurationMs('15s')).toBe(15_000);
    expect(parseDurationMs('15m')).toBe(900_000);
    expect(parseDurationMs('2h')).toBe(7_200_000);
    expect(parseDurationMs('1d')).toBe(86_400_000);
    expect(parseSizeBytes('10MiB')).toBe(10 * 1024 * 1024);
    expect(parseSizeBytes('10MB')).toBe(10_000_000);
  });

  it.each(['', '15', '0s', '-1s', '1.5s', '15 s', '15S', '1e3s', '9999999999s'])('refuses %j', (text) => {
    expect(parseDurationMs(text)).toBeUndefined();
    expect(parseSizeBytes(text)).toBeUndefined();
  });
});
