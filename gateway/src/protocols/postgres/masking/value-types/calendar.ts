/** Dates in PostgreSQL's binary form: days, or microseconds, from 2000-01-01 (proleptic Gregorian). */

const DAYS_TO_2000 = 730_426;
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const DAY_US = 86_400_000_000n;

/** Days from 2000-01-01 of an ISO date in years 1 to 9999; undefined for anything else. */
export function parseDay(text: string): number | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (match === null) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  // Days before March 1st of `shifted`, with years that begin in March so that leap days come last.
  const shifted = month > 2 ? year : year - 1;
  const ordinal = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day;
  return 365 * shifted + leaps(shifted) + ordinal - DAYS_TO_2000;
}

/** Inverse of {@link parseDay}; undefined outside of years 1 to 9999 (also for infinity). */
export function formatDay(days: number): string | undefined {
  const first = parseDay('0001-01-01') ?? 0;
  const last = parseDay('9999-12-31') ?? 0;
  if (days < first || days > last) return undefined;
  let year = Math.min(9999, Math.max(1, 2000 + Math.floor(days / 365.2425)));
  while (startOf(year) > days) year -= 1;
  while (year < 9999 && startOf(year + 1) <= days) year += 1;
  let rest = days - startOf(year);
  let month = 1;
  while (rest >= daysIn(year, month)) {
    rest -= daysIn(year, month);
    month += 1;
  }
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(rest + 1, 2)}`;
}

/** Microseconds from 2000-01-01 of `YYYY-MM-DD HH:MM:SS[.f][+00]`; undefined for anything else. */
export function parseInstant(text: string): bigint | undefined {
  const match = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,6}))?(?:Z|\+00(?::?00)?)?$/.exec(
    text,
  );
  const day = match === null ? undefined : parseDay(match[1] ?? '');
  if (match === null || day === undefined) return undefined;
  const [hour, minute, second] = [Number(match[2]), Number(match[3]), Number(match[4])];
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const micros = BigInt((match[5] ?? '').padEnd(6, '0'));
  return BigInt(day) * DAY_US + BigInt((hour * 60 + minute) * 60 + second) * 1_000_000n + micros;
}

/** Inverse of {@link parseInstant}, without zone; undefined outside of years 1 to 9999. */
export function formatInstant(micros: bigint): string | undefined {
  const within = ((micros % DAY_US) + DAY_US) % DAY_US;
  const day = formatDay(Number((micros - within) / DAY_US));
  if (day === undefined) return undefined;
  const seconds = Number(within / 1_000_000n);
  const fraction = String(within % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '');
  const time = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${day} ${time.map((part) => pad(part, 2)).join(':')}${fraction === '' ? '' : `.${fraction}`}`;
}

function startOf(year: number): number {
  return parseDay(`${pad(year, 4)}-01-01`) ?? 0;
}

function daysIn(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && isLeap ? 29 : (MONTH_DAYS[month - 1] ?? 0);
}

function leaps(year: number): number {
  return Math.floor(year / 4) - Math.floor(year / 100) + Math.floor(year / 400);
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
