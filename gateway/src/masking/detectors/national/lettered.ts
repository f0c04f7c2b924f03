import { isWordByte } from '../../detect/byte-class.ts';
import type { Detector } from '../../detect/detector.ts';
import type { ScanInput } from '../../detect/scan-input.ts';
import { isDate } from '../checksums.ts';
import { cnResidentDigits, isCnResidentId } from './other-continents.ts';

const DNI_LETTERS = 'TRWAGMYFPDXBNJZSQVHLCKE';
const DASH = 0x2d;
const SPACE = 0x20;

/** DNI and NIE (Spain): the letter is the number modulo 23; the X, Y, Z of a NIE count as 0, 1, 2. */
export const esDni: Detector = {
  name: 'es-dni',
  word(input, start, end) {
    if (end - start === 9 && isDni(input.slice(start, end))) {
      input.hit(start, end);
    }
  },
  fewestDigits: 7,
  numbers(input, run) {
    for (let group = 0; group < run.count; group += 1) {
      const end = run.endOf(group);
      const isLettered = input.at(end) === DASH && !isWordByte(input.at(end + 2));
      const isNie = run.length(group) === 7 && input.at(run.startOf(group) - 1) === DASH;
      const start = run.startOf(group) - (isNie ? 2 : 0);
      if (isLettered && (isNie ? !isWordByte(input.at(start - 1)) : run.length(group) === 8)) {
        const text = input.slice(start, end + 2);
        if (isDni(text.replaceAll('-', ''))) {
          input.hit(start, end + 2);
        }
      }
    }
  },
};

function isDni(text: string): boolean {
  const match = /^([XYZ]?)(\d{7,8})([A-Z])$/.exec(text.toUpperCase());
  if (match === null || text.length !== 9) {
    return false;
  }
  const [, foreign = '', digits = '', letter] = match;
  const number = Number((foreign === '' ? '' : String('XYZ'.indexOf(foreign))) + digits);
  return DNI_LETTERS[number % 23] === letter;
}

const CF_ODD = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
/** Six letters, year, month letter, day, place, check letter; digits may be replaced by letters (omocodia). */
const CF = /^[A-Z]{6}[0-9LMNP-V]{2}[ABCDEHLMPRST][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]$/;

/** Codice fiscale (Italy, DM 23/12/1976): the check letter is a sum modulo 26. */
export const itCodiceFiscale: Detector = {
  name: 'it-codice-fiscale',
  word(input, start, end) {
    if (end - start !== 16) {
      return;
    }
    const text = input.slice(start, end).toUpperCase();
    if (!CF.test(text)) {
      return;
    }
    let sum = 0;
    for (let at = 0; at < 15; at += 1) {
      const code = text.charCodeAt(at);
      const value = code < 0x41 ? code - 0x30 : code - 0x41;
      sum += at % 2 === 0 ? (CF_ODD[value] ?? 0) : value;
    }
    if (sum % 26 === text.charCodeAt(15) - 0x41) {
      input.hit(start, end);
    }
  },
};

/** Prefixes of HMRC's manual (NIM39110) that are not given, and letters that do not occur. */
const NINO = /^(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]$/;

/** National Insurance number (UK): no check digit, so the groups of `AB 12 34 56 C` or words are needed. */
export const ukNino: Detector = {
  name: 'uk-nino',
  word(input, start, end) {
    const isForm = end - start === 9 && NINO.test(input.slice(start, end).toUpperCase());
    if (isForm && input.isAbout('national-id', start)) {
      input.hit(start, end);
    }
  },
  fewestDigits: 6,
  numbers(input, run) {
    for (let group = 0; group + 2 < run.count; group += 1) {
      const start = run.startOf(group) - 3;
      const end = run.endOf(group + 2) + 2;
      const isApart = run.grouping(group, group + 2) === 0x222 && input.at(start + 2) === SPACE;
      if (isApart && !isWordByte(input.at(start - 1)) && !isWordByte(input.at(end))) {
        const text = input.slice(start, end);
        if (/^.. \d\d \d\d \d\d .$/.test(text) && NINO.test(text.replaceAll(' ', '').toUpperCase())) {
          input.hit(start, end);
        }
      }
    }
  },
};

const HETU = /^(\d{2})(\d{2})(\d{2})([-+A-FU-Y])(\d{3})([0-9A-Y])$/;
const HETU_CHECK = '0123456789ABCDEFHJKLMNPRSTUVWXY';

/** Henkilötunnus (Finland): a date, a sign of the century, an order and a check sign modulo 31. */
export const fiHetu: Detector = {
  name: 'fi-hetu',
  word(input, start, end) {
    if (end - start === 11) {
      reportHetu(input, start, end);
    } else if (end - start === 4 && !isWordByte(input.at(start - 8))) {
      reportHetu(input, start - 7, end);
    }
  },
  fewestDigits: 10,
  numbers(input, run) {
    for (let group = 0; group + 1 < run.count; group += 1) {
      if (run.grouping(group, group + 1) === 0x64) {
        reportHetu(input, run.startOf(group), run.endOf(group + 1));
      }
    }
  },
};

function reportHetu(input: ScanInput, start: number, end: number): void {
  const match = HETU.exec(input.slice(start, end).toUpperCase());
  if (match === null) {
    return;
  }
  const [, day = '', month = '', year = '', , order = '', check = ''] = match;
  const isBorn = isDate(Number(year), Number(month), Number(day));
  if (isBorn && HETU_CHECK[Number(day + month + year + order) % 31] === check) {
    input.hit(start, end);
  }
}

/** Resident identity number (China), with a digit or an X at its end. */
export const cnResidentId: Detector = {
  ...cnResidentDigits,
  word(input, start, end) {
    const text = end - start === 18 ? input.slice(start, end).toUpperCase() : '';
    if (/^\d{17}X$/.test(text) && isCnResidentId(Array.from(text.slice(0, 17), Number), 10)) {
      input.hit(start, end);
    }
  },
};
