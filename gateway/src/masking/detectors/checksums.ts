/** Luhn's formula (ISO/IEC 7812-1, annex B) over the first `count` digits. */
export function isLuhn(digits: Uint8Array, count: number): boolean {
  let sum = 0;
  for (let at = count - 1, double = false; at >= 0; at -= 1, double = !double) {
    const digit = digits[at] ?? 0;
    sum += double ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit;
  }
  return sum % 10 === 0;
}

/** Sum of digits times weights; digits beyond the weights do not count. */
export function weighted(digits: ArrayLike<number>, weights: readonly number[]): number {
  let sum = 0;
  for (let at = 0; at < weights.length; at += 1) {
    sum += (digits[at] ?? 0) * (weights[at] ?? 0);
  }
  return sum;
}

/** Digits `from` to `to` (exclusive) as a number; at most 15 digits. */
export function numberOf(digits: ArrayLike<number>, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at += 1) {
    value = value * 10 + (digits[at] ?? 0);
  }
  return value;
}

/** ISO/IEC 7064 MOD 11,10 over all of the first `count` digits, the last of which is the check digit. */
export function isMod11And10(digits: Uint8Array, count: number): boolean {
  let product = 10;
  for (let at = 0; at < count - 1; at += 1) {
    const sum = ((digits[at] ?? 0) + product) % 10;
    product = ((sum === 0 ? 10 : sum) * 2) % 11;
  }
  return (11 - product) % 10 === digits[count - 1];
}

const VERHOEFF_TIMES: readonly (readonly number[])[] = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
  [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
  [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
  [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
  [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
  [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
  [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
  [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
  [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
];
const VERHOEFF_MOVE = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];

/** Verhoeff's check (1969, dihedral group D5) over the first `count` digits. */
export function isVerhoeff(digits: Uint8Array, count: number): boolean {
  let check = 0;
  for (let at = 0; at < count; at += 1) {
    let digit = digits[count - 1 - at] ?? 0;
    for (let turn = at % 8; turn > 0; turn -= 1) {
      digit = VERHOEFF_MOVE[digit] ?? 0;
    }
    check = VERHOEFF_TIMES[check]?.[digit] ?? 0;
  }
  return check === 0;
}

/** Says whether year, month and day are a date of the Gregorian calendar; a year below 100 is taken as a leap year. */
export function isDate(year: number, month: number, day: number): boolean {
  const isLeap = year < 100 || (year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0));
  const days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
  return days !== undefined && day >= 1 && day <= days;
}
