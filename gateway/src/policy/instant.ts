import { daysSinceEpoch, instantOf } from './wall-clock.ts';

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DATE_TIME =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?(Z|[+-]\d{2}:\d{2})?$/;
const DAY_MS = 86_400_000;

/** Form of a calendar date, for the JSON Schema. */
export const DATE_PATTERN: RegExp = /^\d{4}-\d{2}-\d{2}$/;

/** Form of a date or date-time, for the JSON Schema. */
export const INSTANT_PATTERN: RegExp =
  /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?$/;

/** Days since 1970-01-01 of a `YYYY-MM-DD`; undefined when there is no such day. */
export function parseDate(text: string): number | undefined {
  const match = DATE.exec(text);
  return match ? dayOf(Number(match[1]), Number(match[2]), Number(match[3])) : undefined;
}

/**
 * Reads an ISO 8601 date-time as milliseconds since the epoch.
 *
 * A time without offset is local to `timezone`; without that it cannot be read. A date without time means its first
 * instant for `edge: 'start'` and the first instant of the next day for `edge: 'end'`, in `timezone` or else UTC.
 * Undefined when the text is no such time.
 */
export function parseInstant(text: string, edge: 'start' | 'end', timezone?: string): number | undefined {
  const days = parseDate(text);
  if (days !== undefined) {
    const localMs = (edge === 'end' ? days + 1 : days) * DAY_MS;
    return timezone === undefined ? localMs : instantOf(localMs, timezone);
  }
  const match = DATE_TIME.exec(text);
  const localMs = match ? localMsOf(match) : undefined;
  if (!match || localMs === undefined) {
    return undefined;
  }
  const offsetMinutes = match[8] === undefined ? undefined : offsetOf(match[8]);
  if (offsetMinutes !== undefined) {
    return localMs - offsetMinutes * 60_000;
  }
  return match[8] === undefined && timezone !== undefined ? instantOf(localMs, timezone) : undefined;
}

function localMsOf(match: RegExpExecArray): number | undefined {
  const [hour, minute, second] = [Number(match[4]), Number(match[5]), Number(match[6] ?? 0)];
  const days = dayOf(Number(match[1]), Number(match[2]), Number(match[3]));
  if (days === undefined || hour > 23 || minute > 59 || second > 59) {
    return undefined;
  }
  const millis = Number((match[7] ?? '').padEnd(3, '0'));
  return days * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000 + millis;
}

function offsetOf(text: string): number | undefined {
  if (text === 'Z') {
    return 0;
  }
  const [hours, minutes] = [Number(text.slice(1, 3)), Number(text.slice(4, 6))];
  const sign = text.startsWith('-') ? -1 : 1;
  return hours <= 14 && minutes <= 59 ? sign * (hours * 60 + minutes) : undefined;
}

function dayOf(year: number, month: number, day: number): number | undefined {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return day >= 1 && day <= (lengths[month - 1] ?? 0) ? daysSinceEpoch(year, month, day) : undefined;
}
