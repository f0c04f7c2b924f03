/**
 * Numbers that pass the check of their kind and yet cannot belong to anybody: reserved, never issued, or test ranges.
 */
import type { Random } from './random.ts';

/** Countries the shop delivers to. */
export type Country = 'DE' | 'FR' | 'GB' | 'US';

/** Card issuers' published test numbers, all but the end of them. */
const TEST_CARD_PREFIXES = ['4111111111', '4242424242', '5555555555'] as const;

const CAPITALS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** The digit that makes `digits` + digit pass the Luhn check (ISO/IEC 7812-1 annex B). */
export function luhnDigit(digits: string): string {
  const sum = [...digits].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 0 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return String((10 - (sum % 10)) % 10);
}

/** Remainder of a long decimal number. */
export function remainder(digits: string, modulus: number): number {
  return [...digits].reduce((rest, digit) => (rest * 10 + Number(digit)) % modulus, 0);
}

/** The number an IBAN's check is computed on: rearranged, letters as two digits (ISO 13616-1 section 7). */
export function ibanNumber(iban: string): string {
  const rearranged = iban.slice(4) + iban.slice(0, 4);
  return [...rearranged].map((character) => String(Number.parseInt(character, 36))).join('');
}

/** A 16-digit card number, Luhn-valid, with a test prefix. */
export function cardNumber(random: Random): string {
  const digits = random.pick(TEST_CARD_PREFIXES) + random.digits(5);
  return digits + luhnDigit(digits);
}

/** An IBAN with valid check digits at a bank that does not exist; none for countries without IBANs. */
export function iban(random: Random, country: Country): string | null {
  if (country === 'US') return null;
  const account = {
    DE: `00000000${random.digits(10)}`,
    FR: frenchAccount(random),
    GB: `TEST00${random.digits(12)}`,
  }[country];
  const check = 98 - remainder(ibanNumber(`${country}00${account}`), 97);
  return `${country}${String(check).padStart(2, '0')}${account}`;
}

/** A phone number from the ranges that regulators keep free for film and television. */
export function phoneNumber(random: Random, country: Country): string {
  switch (country) {
    case 'DE':
      return `+49 30 23125 ${random.digits(3)}`;
    case 'FR':
      return `+33 6 39 98 ${random.digits(2)} ${random.digits(2)}`;
    case 'GB':
      return `+44 7700 900${random.digits(3)}`;
    case 'US':
      return `+1 ${random.integer(201, 989)}-555-01${random.digits(2)}`;
  }
}

/** A social security or tax number in the form of the country. */
export function nationalId(random: Random, country: Country, born: string): string {
  switch (country) {
    case 'DE':
      return germanTaxId(random);
    case 'FR':
      return frenchSocialSecurity(random, born);
    case 'GB':
      // Prefix QQ is never allocated; it is what the government's own examples use.
      return `QQ${random.digits(6)}${random.text(1, 'ABCD')}`;
    case 'US':
      // No area above 899 is ever issued, and groups below 50 are not used for taxpayer numbers either.
      return `9${random.digits(2)}-${String(random.integer(1, 49)).padStart(2, '0')}-${random.digits(4)}`;
  }
}

/** Identification numbers that begin with 0 are for tests; the last digit checks (ISO 7064 MOD 11,10). */
function germanTaxId(random: Random): string {
  const repeated = random.integer(1, 9);
  const others = [...'123456789']
    .filter((digit) => Number(digit) !== repeated)
    .map((digit) => ({ digit, rank: random.integer(0, 1_000_000) }))
    .sort((a, b) => a.rank - b.rank)
    .slice(0, 7)
    .map(({ digit }) => digit);
  const digits = ['0', String(repeated), String(repeated), ...others].join('');
  const product = [...digits].reduce((current, digit) => {
    const sum = (Number(digit) + current) % 10;
    return ((sum === 0 ? 10 : sum) * 2) % 11;
  }, 10);
  const check = 11 - product;
  return digits + String(check === 10 ? 0 : check);
}

/** Department 00 does not exist; the two last digits check the thirteen before (97 minus the remainder). */
function frenchSocialSecurity(random: Random, born: string): string {
  const digits = `${random.integer(1, 2)}${born.slice(2, 4)}${born.slice(5, 7)}00${random.digits(6)}`;
  return digits + String(97 - remainder(digits, 97)).padStart(2, '0');
}

/** Bank 00000 does not exist; the RIB key checks bank, branch and account (weights 89, 15, 3). */
function frenchAccount(random: Random): string {
  const branch = random.digits(5);
  const account = random.digits(11);
  const weighted = 15 * Number(branch) + 3 * Number(account);
  return `00000${branch}${account}${String(97 - (weighted % 97)).padStart(2, '0')}`;
}

/** A key in the form of its service, with FAKE where the secret would begin. */
export function fakeToken(random: Random, prefix: string, length: number): string {
  return `${prefix}FAKE${random.text(length - 4, `${CAPITALS}${CAPITALS.toLowerCase()}0123456789`)}`;
}
