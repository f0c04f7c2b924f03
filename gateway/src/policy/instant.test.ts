import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDate, parseInstant } from './instant.ts';
import { createWallClock, daysSinceEpoch, instantOf, isTimeZone, weekdayOf } from './wall-clock.ts';

describe('an instant', () => {
  it.each([
    ['2026-12-31T12:00Z', '2026-12-31T12:00:00Z'],
    ['2026-12-31T12:00:01.5+01:00', '2026-12-31T11:00:01.500Z'],
    ['2026-12-31T00:00-09:30', '2026-12-31T09:30:00Z'],
  ])('reads %s', (text, expected) => {
    expect(parseInstant(text, 'start')).toBe(Date.parse(expected));
  });

  it('takes a date to its end or from its start, in the zone that is named', () => {
    expect(parseInstant('2026-12-31', 'end')).toBe(Date.parse('2027-01-01T00:00:00Z'));
    expect(parseInstant('2026-12-31', 'start')).toBe(Date.parse('2026-12-31T00:00:00Z'));
    expect(parseInstant('2026-12-31', 'end', 'Europe/Berlin')).toBe(Date.parse('2026-12-31T23:00:00Z'));
  });

  it('reads a local time only where a zone is named', () => {
    expect(parseInstant('2026-07-01T08:00', 'start')).toBeUndefined();
    expect(parseInstant('2026-07-01T08:00', 'start', 'Europe/Berlin')).toBe(
      Date.parse('2026-07-01T06:00:00Z'),
    );
  });

  it('takes the first of a time that occurs twice, and the end of a gap for one that does not occur', () => {
    expect(parseInstant('2026-10-25T02:30', 'start', 'Europe/Berlin')).toBe(
      Date.parse('2026-10-25T00:30:00Z'),
    );
    expect(parseInstant('2026-03-29T02:30', 'start', 'Europe/Berlin')).toBe(
      Date.parse('2026-03-29T01:30:00Z'),
    );
  });

  it.each([
    '2026-02-30',
    '2025-02-29',
    '2026-13-01',
    '2026-12-31T25:00Z',
    '2026-12-31T12:00+15:00',
    'soon',
    '',
  ])('refuses %j', (text) => {
    expect(parseInstant(text, 'start', 'UTC')).toBeUndefined();
  });

  it('knows leap days', () => {
    expect(parseDate('2024-02-29')).toBeDefined();
    expect(parseDate('2000-02-29')).toBeDefined();
    expect(parseDate('1900-02-29')).toBeUndefined();
  });
});

describe('the wall clock', () => {
  it('counts days and weekdays as the runtime does', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1600-01-01'), max: new Date('2400-01-01'), noInvalidDate: true }),
        (date) => {
          const days = daysSinceEpoch(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate());
          expect(days).toBe(Math.floor(date.getTime() / 86_400_000));
          expect(weekdayOf(days)).toBe((date.getUTCDay() + 6) % 7);
        },
      ),
    );
  });

  it('finds the instant of any local time that a clock shows once', () => {
    const zones = fc.constantFrom(
      'Europe/Berlin',
      'America/New_York',
      'Asia/Kolkata',
      'Australia/Lord_Howe',
      'UTC',
    );
    const minutes = fc.integer({ min: 29_000_000, max: 31_000_000 });
    fc.assert(
      fc.property(zones, minutes, (zone, minute) => {
        const clock = createWallClock(zone);
        const wall = clock(minute * 60_000);
        const localMs = daysSinceEpoch(wall.year, wall.month, wall.day) * 86_400_000 + wall.minute * 60_000;
        expect(clock(instantOf(localMs, zone))).toEqual(wall);
      }),
      { numRuns: 200 },
    );
  });

  it('knows which zones there are', () => {
    expect(isTimeZone('Europe/Berlin')).toBe(true);
    expect(isTimeZone('Europe/Atlantis')).toBe(false);
    expect(isTimeZone('')).toBe(false);
  });
});
