/** Days of the months before a month, in a year that begins in March, so that the leap day is its last. */
const BEFORE = [306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275];

/** Number of a day of the Gregorian calendar; 0 is the first of March of the year 0. */
export function dayNumber(year: number, month: number, day: number): number {
  const years = month <= 2 ? year - 1 : year;
  return leapDays(years) + 365 * years + (BEFORE[month - 1] ?? 0) + day - 1;
}

/** The day of a number as `YYYY-MM-DD`; years 1 to 9999. */
export function dayText(number: number): string {
  let years = Math.floor(number / 365.2425);
  while (leapDays(years + 1) + 365 * (years + 1) <= number) {
    years += 1;
  }
  while (leapDays(years) + 365 * years > number) {
    years -= 1;
  }
  const rest = number - leapDays(years) - 365 * years;
  let month = 3;
  for (let candidate = 1; candidate <= 12; candidate += 1) {
    const before = BEFORE[candidate - 1] ?? 0;
    if (before <= rest && before >= (BEFORE[month - 1] ?? 0)) {
      month = candidate;
    }
  }
  const day = rest - (BEFORE[month - 1] ?? 0) + 1;
  const year = month <= 2 ? years + 1 : years;
  return [String(year).padStart(4, '0'), String(month).padStart(2, '0'), String(day).padStart(2, '0')].join(
    '-',
  );
}

function leapDays(years: number): number {
  return Math.floor(years / 4) - Math.floor(years / 100) + Math.floor(years / 400);
}
