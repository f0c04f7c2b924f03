import type { SeededRandom } from './random.ts';

type Make = (random: SeededRandom) => string;

/** Check digits are worked out here by other code than the detectors', from the definitions of each number. */
const two = (value: number): string => String(value).padStart(2, '0');
const sum = (digits: string, weights: readonly number[]): number =>
  weights.reduce((total, weight, at) => total + weight * Number(digits[at]), 0);

export function luhnDigit(body: string): string {
  let total = 0;
  for (const [at, digit] of [...body].toReversed().entries()) {
    const doubled = Number(digit) * (at % 2 === 0 ? 2 : 1);
    total += Math.floor(doubled / 10) + (doubled % 10);
  }
  return String((10 - (total % 10)) % 10);
}

function birth(random: SeededRandom): { year: number; month: string; day: string } {
  return {
    year: random.within(1930, 1999),
    month: two(random.within(1, 12)),
    day: two(random.within(1, 28)),
  };
}

/** Draws bodies until `check` gives one digit. */
function checked(random: SeededRandom, body: () => string, check: (digits: string) => number): string {
  for (let tries = 0; tries < 1000; tries += 1) {
    const digits = body();
    const digit = check(digits);
    if (digit >= 0 && digit <= 9) {
      return digits + digit;
    }
  }
  throw new Error(`no number with seed state ${random.next()}`);
}

const dni = (random: SeededRandom): string => {
  const digits = random.digits(8);
  return digits + 'TRWAGMYFPDXBNJZSQVHLCKE'.charAt(Number(digits) % 23);
};

const steuerId = (random: SeededRandom): string => {
  const order = [...'0123456789'].map((digit) => ({ digit, at: random.next() })).sort((a, b) => a.at - b.at);
  const chosen = order.slice(0, 9).map(({ digit }) => digit);
  chosen.splice(random.within(1, 9), 0, chosen[0] ?? '1');
  const body = chosen.join('').startsWith('0') ? chosen.toReversed().join('') : chosen.join('');
  let product = 10;
  for (const digit of body) {
    const step = (Number(digit) + product) % 10 || 10;
    product = (step * 2) % 11;
  }
  return body.startsWith('0') ? steuerId(random) : body + ((11 - product) % 10);
};

const codiceFiscale = (random: SeededRandom): string => {
  const born = birth(random);
  const month = 'ABCDEHLMPRST'.charAt(Number(born.month) - 1);
  const body = `${random.of('BCDFGLMNPRSTV', 6)}${String(born.year).slice(2)}${month}${born.day}${random.of('ABCDEFGHIL', 1)}${random.digits(3)}`;
  const odd = '1 0 5 7 9 13 15 17 19 21 2 4 18 20 11 3 6 8 12 14 16 10 22 25 24 23'.split(' ').map(Number);
  let total = 0;
  for (const [at, character] of [...body].entries()) {
    const value = /\d/.test(character) ? Number(character) : character.charCodeAt(0) - 65;
    total += at % 2 === 0 ? (odd[value] ?? 0) : value;
  }
  return body + String.fromCharCode(65 + (total % 26));
};

const nir = (random: SeededRandom): string => {
  const body = `${random.pick(['1', '2'])}${random.digits(2)}${two(random.within(1, 12))}${two(random.within(1, 95))}${random.digits(6)}`;
  return body + two(97 - Number(BigInt(body) % 97n));
};

const personnummer = (random: SeededRandom): string => {
  const born = birth(random);
  const body = `${String(born.year).slice(2)}${born.month}${born.day}${random.digits(3)}`;
  return `${body.slice(0, 6)}-${body.slice(6)}${luhnDigit(body)}`;
};

const fnr = (random: SeededRandom): string => {
  const born = birth(random);
  const body = (): string => `${born.day}${born.month}${String(born.year).slice(2)}${random.digits(3)}`;
  const mod = (digits: string, weights: readonly number[]): number => (11 - (sum(digits, weights) % 11)) % 11;
  const digits = checked(
    random,
    () => checked(random, body, (nine) => mod(nine, [3, 7, 6, 1, 8, 9, 4, 5, 2])),
    (ten) => mod(ten, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]),
  );
  return `${digits.slice(0, 6)} ${digits.slice(6)}`;
};

const hetu = (random: SeededRandom): string => {
  const born = birth(random);
  const date = `${born.day}${born.month}${String(born.year).slice(2)}`;
  const order = random.digits(3);
  return `${date}-${order}${'0123456789ABCDEFHJKLMNPRSTUVWXY'.charAt(Number(date + order) % 31)}`;
};

const pesel = (random: SeededRandom): string => {
  const born = birth(random);
  const body = `${String(born.year).slice(2)}${born.month}${born.day}${random.digits(4)}`;
  return `PESEL ${body}${(10 - (sum(body, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)) % 10}`;
};

const cpf = (random: SeededRandom): string => {
  let digits = random.digits(9);
  for (const length of [9, 10]) {
    const total = [...digits].reduce((before, digit, at) => before + Number(digit) * (length + 1 - at), 0);
    digits += ((total * 10) % 11) % 10;
  }
  return `${digits.slice(0, 3)}.${digits.slice(3, 6)}.${digits.slice(6, 9)}-${digits.slice(9)}`;
};

const rrn = (random: SeededRandom): string => {
  const born = birth(random);
  const body = `${String(born.year).slice(2)}${born.month}${born.day}${random.digits(3)}`;
  const check = two(97 - (Number(body) % 97));
  return `${body.slice(0, 2)}.${body.slice(2, 4)}.${body.slice(4, 6)}-${body.slice(6)}.${check}`;
};

const residentId = (random: SeededRandom): string => {
  const born = birth(random);
  const body = `${random.within(110000, 659999)}${born.year}${born.month}${born.day}${random.digits(3)}`;
  const weights = Array.from({ length: 17 }, (_, at) => 2 ** (17 - at) % 11);
  return body + '10X98765432'.charAt(sum(body, weights) % 11);
};

/** Verhoeff by the rules of the dihedral group instead of its table. */
const aadhaar = (random: SeededRandom): string => {
  const times = (one: number, other: number): number =>
    one < 5
      ? other < 5
        ? (one + other) % 5
        : 5 + ((one + other) % 5)
      : other < 5
        ? 5 + ((one - other + 5) % 5)
        : (one - other + 5) % 5;
  const move = '1576283094';
  const body = `${random.within(2, 9)}${random.digits(10)}`;
  for (let digit = 0; digit < 10; digit += 1) {
    let check = 0;
    for (const [at, character] of [...`${body}${digit}`].toReversed().entries()) {
      let moved = Number(character);
      for (let turn = 0; turn < at % 8; turn += 1) {
        moved = Number(move[moved]);
      }
      check = times(check, moved);
    }
    if (check === 0) {
      return `${body}${digit}`.replace(/(.{4})(?=.)/g, '$1 ');
    }
  }
  throw new Error('every body has a check digit');
};

/** A value of each identity number as people write it; a label before it where the detector needs one. */
export const nationalValues: Readonly<Record<string, Make>> = {
  'us-ssn': (random) =>
    `${random.within(100, 665)}-${two(random.within(1, 99))}-${random.within(1000, 9999)}`,
  'us-itin': (random) => `9${random.digits(2)}-${random.within(70, 88)}-${random.digits(4)}`,
  'ca-sin': (random) => {
    const body = `${random.within(1, 7)}${random.digits(7)}`;
    return `SIN ${body}${luhnDigit(body)}`;
  },
  'de-steuer-id': (random) => steuerId(random).replace(/(..)(...)(...)(...)/, '$1 $2 $3 $4'),
  'fr-nir': nir,
  'es-dni': dni,
  'it-codice-fiscale': codiceFiscale,
  'nl-bsn': (random) =>
    `BSN ${checked(
      random,
      () => `${random.within(1, 9)}${random.digits(7)}`,
      (body) => sum(body, [9, 8, 7, 6, 5, 4, 3, 2]) % 11,
    )}`,
  'be-rrn': rrn,
  'ch-ahv': (random) => {
    const body = `756${random.digits(9)}`;
    const check = (10 - (sum(body, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3]) % 10)) % 10;
    return (body + check).replace(/(...)(....)(....)(..)/, '$1.$2.$3.$4');
  },
  'uk-nino': (random) =>
    `${random.of('ABCEHJKLMPRSW', 1)}${random.of('ABCEHJLMPRSW', 1)} ${random.digits(2)} ${random.digits(2)} ${random.digits(2)} ${random.of('ABCD', 1)}`,
  'uk-nhs': (random) =>
    `NHS number ${checked(
      random,
      () => `${random.within(4, 7)}${random.digits(8)}`,
      (body) => (11 - (sum(body, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 11,
    ).replace(/(...)(...)(....)/, '$1 $2 $3')}`,
  'se-personnummer': personnummer,
  'no-fnr': fnr,
  'dk-cpr': (random) => {
    const born = birth(random);
    return `CPR ${born.day}${born.month}${String(born.year).slice(2)}-${random.digits(4)}`;
  },
  'fi-hetu': hetu,
  'pl-pesel': pesel,
  'br-cpf': cpf,
  'in-aadhaar': aadhaar,
  'cn-resident-id': residentId,
};
