import { describe, expect, it } from 'vitest';
import { type CalendarDefinition, createCalendar, parseTimeOfDay, parseWeekdays } from './calendar.ts';
import { parseDate } from './instant.ts';

const office: CalendarDefinition = {
  timezone: 'Europe/Berlin',
  days: new Set([0, 1, 2, 3, 4]),
  fromMinute: 8 * 60,
  toMinute: 18 * 60,
  except: new Set([parseDate('2026-12-24') ?? 0]),
};

function contains(definition: CalendarDefinition, instant: string): boolean {
  return createCalendar('test', definition).contains(Date.parse(instant));
}

describe('a calendar', () => {
  it.each([
    ['2026-07-01T06:00:00Z', true, 'first minute in summer time'],
    ['2026-07-01T05:59:59Z', false, 'a second earlier'],
    ['2026-07-01T15:59:59Z', true, 'last second in summer time'],
    ['2026-07-01T16:00:00Z', false, 'the end is exclusive'],
    ['2026-01-14T07:00:00Z', true, 'first minute in winter time'],
    ['2026-01-14T06:59:00Z', false, 'an hour later than in summer'],
    ['2026-07-04T10:00:00Z', false, 'a Saturday'],
    ['2026-12-24T10:00:00Z', false, 'an exception'],
  ])('at %s: %s (%s)', (instant, expected) => {
    expect(contains(office, instant)).toBe(expected);
  });

  it('counts a window past midnight to the day on which it begins', () => {
    const night = {
      ...office,
      days: new Set([4]),
      fromMinute: 22 * 60,
      toMinute: 6 * 60,
      except: new Set<number>(),
    };
    expect(contains(night, '2026-07-03T21:00:00Z')).toBe(true);
    expect(contains(night, '2026-07-04T03:59:00Z')).toBe(true);
    expect(contains(night, '2026-07-04T04:00:00Z')).toBe(false);
    expect(contains(night, '2026-07-03T03:00:00Z')).toBe(false);
  });

  it('answers anew when the minute changes', () => {
    const calendar = createCalendar('test', office);
    expect(calendar.contains(Date.parse('2026-07-01T15:59:30Z'))).toBe(true);
    expect(calendar.contains(Date.parse('2026-07-01T16:00:30Z'))).toBe(false);
    expect(calendar.contains(Date.parse('2026-07-01T15:59:40Z'))).toBe(true);
  });

  it('reads weekdays and ranges, over the weekend too', () => {
    expect(parseWeekdays('mon..fri')).toEqual([0, 1, 2, 3, 4]);
    expect(parseWeekdays('sat..mon')).toEqual([5, 6, 0]);
    expect(parseWeekdays('sun')).toEqual([6]);
    expect(parseWeekdays('mon..xyz')).toBeUndefined();
    expect(parseWeekdays('mon..tue..wed')).toBeUndefined();
  });

  it('reads times of day up to 24:00', () => {
    expect(parseTimeOfDay('08:30')).toBe(510);
    expect(parseTimeOfDay('24:00')).toBe(1440);
    expect(parseTimeOfDay('24:01')).toBeUndefined();
    expect(parseTimeOfDay('12:60')).toBeUndefined();
    expect(parseTimeOfDay('8:30')).toBeUndefined();
  });
});
