/** Date and time of day as a clock on the wall of some time zone shows them. */
export interface WallTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31. */
  readonly day: number;
  /** Minutes since local midnight, 0 to 1439. */
  readonly minute: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Says whether the runtime knows an IANA time zone by this name. */
export function isTimeZone(name: string): boolean {
  try {
    return formatterOf(name) !== undefined;
  } catch {
    return false;
  }
}

/** Makes a reader of wall time in an IANA time zone. Throws RangeError for an unknown zone. */
export function createWallClock(timezone: string): (epochMs: number) => WallTime {
  const formatter = formatterOf(timezone);
  return (epochMs) => {
    const parts: Record<string, number> = {};
    for (const part of formatter.formatToParts(epochMs)) {
      parts[part.type] = Number(part.value);
    }
    return {
      year: parts['year'] ?? 0,
      month: parts['month'] ?? 0,
      day: parts['day'] ?? 0,
      minute: (parts['hour'] ?? 0) * 60 + (parts['minute'] ?? 0),
    };
  };
}

function formatterOf(timezone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
}

/** Days from 1970-01-01 to a date of the proleptic Gregorian calendar. */
export function daysSinceEpoch(year: number, month: number, day: number): number {
  const shiftedYear = month <= 2 ? year - 1 : year;
  const shiftedMonth = (month + 9) % 12;
  const leaps = Math.floor(shiftedYear / 4) - Math.floor(shiftedYear / 100) + Math.floor(shiftedYear / 400);
  return 365 * shiftedYear + leaps + Math.floor((153 * shiftedMonth + 2) / 5) + day - 719_469;
}

/** Weekday of a day counted from 1970-01-01: 0 is Monday, 6 is Sunday. */
export function weekdayOf(days: number): number {
  return (((days + 3) % 7) + 7) % 7;
}

/**
 * The instant at which the clock of a zone shows a local time. A time skipped in spring gives the instant after the
 * gap; a time that occurs twice in autumn gives the first.
 */
export function instantOf(localMs: number, timezone: string): number {
  const clock = createWallClock(timezone);
  const offsetAt = (epochMs: number): number => {
    const wall = clock(epochMs);
    const local = daysSinceEpoch(wall.year, wall.month, wall.day) * DAY_MS + wall.minute * MINUTE_MS;
    return local - Math.floor(epochMs / MINUTE_MS) * MINUTE_MS;
  };
  const before = localMs - offsetAt(localMs - DAY_MS);
  const after = localMs - offsetAt(localMs + DAY_MS);
  const earliest = Math.min(before, after);
  const latest = Math.max(before, after);
  return earliest + offsetAt(earliest) === localMs ? earliest : latest;
}
