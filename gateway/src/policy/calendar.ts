import { createWallClock, daysSinceEpoch, type WallTime, weekdayOf } from './wall-clock.ts';

/** Weekday words of a calendar, Monday first. */
export const WEEKDAYS: readonly string[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** A calendar as resolved from the file: all references checked. */
export interface CalendarDefinition {
  readonly timezone: string;
  /** Weekdays on which a window begins; 0 is Monday. */
  readonly days: ReadonlySet<number>;
  /** Minutes since local midnight, inclusive. */
  readonly fromMinute: number;
  /** Minutes since local midnight, exclusive; up to 1440. Below `fromMinute` the window runs past midnight. */
  readonly toMinute: number;
  /** Days since 1970-01-01 on which no window begins. */
  readonly except: ReadonlySet<number>;
}

/** A compiled calendar. */
export interface Calendar {
  readonly name: string;
  /** Says whether an instant lies inside the calendar. */
  contains(epochMs: number): boolean;
}

/**
 * Compiles a calendar. A window that runs past midnight belongs to the day on which it begins. The answer for the last
 * minute asked is kept: it can change only at a minute of the clock.
 */
export function createCalendar(name: string, definition: CalendarDefinition): Calendar {
  const clock = createWallClock(definition.timezone);
  let knownMinute = Number.NaN;
  let known = false;
  return {
    name,
    contains: (epochMs) => {
      const minute = Math.floor(epochMs / 60_000);
      if (minute !== knownMinute) {
        known = isInside(definition, clock(epochMs));
        knownMinute = minute;
      }
      return known;
    },
  };
}

function isInside(definition: CalendarDefinition, wall: WallTime): boolean {
  const today = daysSinceEpoch(wall.year, wall.month, wall.day);
  const { fromMinute, toMinute } = definition;
  if (fromMinute < toMinute) {
    return beginsOn(definition, today) && wall.minute >= fromMinute && wall.minute < toMinute;
  }
  return (
    (beginsOn(definition, today) && wall.minute >= fromMinute) ||
    (beginsOn(definition, today - 1) && wall.minute < toMinute)
  );
}

function beginsOn(definition: CalendarDefinition, day: number): boolean {
  return definition.days.has(weekdayOf(day)) && !definition.except.has(day);
}

/** Reads `mon` or `mon..fri` as weekday numbers; a range may run over the weekend. Undefined when it is neither. */
export function parseWeekdays(text: string): readonly number[] | undefined {
  const [first = '', last = first, ...rest] = text.split('..');
  const start = WEEKDAYS.indexOf(first);
  const end = WEEKDAYS.indexOf(last);
  if (start === -1 || end === -1 || rest.length > 0) {
    return undefined;
  }
  const length = ((end - start + 7) % 7) + 1;
  return Array.from({ length }, (_, step) => (start + step) % 7);
}

/** Reads `HH:MM` (up to `24:00`) as minutes since midnight; undefined when it is no time of day. */
export function parseTimeOfDay(text: string): number | undefined {
  const match = /^(\d{2}):(\d{2})$/.exec(text);
  const minutes = match ? Number(match[1]) * 60 + Number(match[2]) : Number.NaN;
  return minutes <= 1440 && Number(match?.[2]) <= 59 ? minutes : undefined;
}
