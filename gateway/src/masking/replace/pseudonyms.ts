import { MaskingError } from '../errors.ts';
import { dayNumber, dayText } from './calendar-day.ts';
import { KeyedHash } from './keyed-hash.ts';
import type { MaskingKeys } from './masking-keys.ts';
import { permuteDigits, permuteRange } from './permute.ts';
import { RecentValues } from './recent-values.ts';
import { kindOfText, type ValueKind } from './value-kind.ts';

const BASE32 = Buffer.from('abcdefghijklmnopqrstuvwxyz234567', 'latin1');
const OPAQUE_LENGTH = 16;
const opaqueText = Buffer.alloc(OPAQUE_LENGTH);
/** RFC 2606: no host of this name can ever exist, so that no mail to a pseudonym arrives anywhere. */
const MAIL_DOMAIN = 'masked.invalid';
const FIRST_DAY = dayNumber(1900, 1, 1);
const LAST_DAY = dayNumber(2099, 12, 31);

/**
 * Keyed pseudonyms of one domain: equal values have equal pseudonyms in all columns and tables of it, so that joins,
 * groups and look-ups still work; without the key nothing leads back. A pseudonym has the shape of its value.
 *
 * What counts as equal (normalisation): e-mail addresses and UUIDs whatever their case; numbers by their digits,
 * whatever their separators; other text after Unicode NFC and without spaces around.
 */
export class Pseudonyms {
  readonly #active: KeyedHash;
  readonly #keys: readonly KeyedHash[];
  /** By the active key: columns hold few values many times, or the same ones in many rows of a join. */
  readonly #recent = new Map<ValueKind | 'by form', RecentValues>();

  /** @param domain what shares pseudonyms: by default a resource by its name. */
  constructor(keys: MaskingKeys, domain: string) {
    const [active, ...others] = keys.derive('pseudonym', domain).map(({ bytes }) => new KeyedHash(bytes));
    if (active === undefined) {
      throw new MaskingError('ERR_MASKING_KEY', 'there is no masking key', { source: 'internal' });
    }
    this.#active = active;
    this.#keys = [active, ...others];
  }

  /** Pseudonym of a text by the active key; the kind is seen from its form unless it is known. */
  text(value: string, kind?: ValueKind): string {
    const recent = this.#recentOf(kind ?? 'by form');
    const known = recent.get(value);
    if (known !== undefined) {
      return known;
    }
    const made = pseudonymOf(this.#active, value, kind ?? kindOfText(value));
    recent.set(value, made);
    return made;
  }

  /** Pseudonyms by all keys, the active one's first: a look-up by an old pseudonym still finds its value. */
  allTexts(value: string, kind: ValueKind = kindOfText(value)): readonly string[] {
    return this.#keys.map((key) => pseudonymOf(key, value, kind));
  }

  /**
   * Pseudonym of a whole number that fits the same column: the sign stays, a value of 16 bits stays one; of wider
   * columns those below 2^31 stay below it, so that `int` and `bigint` columns still join. One to one.
   */
  integer(value: bigint, bits: 16 | 32 | 64): bigint {
    const key = this.#active;
    if (value < 0n) {
      return -1n - this.integer(-1n - value, bits);
    }
    if (bits === 16) {
      return permuteRange(key, value, 0n, 0x7fffn);
    }
    return value <= 0x7fff_ffffn
      ? permuteRange(key, value, 0n, 0x7fff_ffffn)
      : permuteRange(key, value, 0x8000_0000n, 0x7fff_ffff_ffff_ffffn);
  }

  /** Pseudonym of the 16 bytes of a UUID, itself a UUID of version 8 (RFC 9562). */
  uuid(value: Uint8Array): Buffer {
    return uuidBytes(this.#active, Buffer.from(value).toString('hex'));
  }

  /** Pseudonym of bytes that are no text; 16 bytes. */
  bytes(value: Uint8Array): Buffer {
    return mac(this.#active, 'bytes', value).subarray(0, 16);
  }

  #recentOf(kind: ValueKind | 'by form'): RecentValues {
    let recent = this.#recent.get(kind);
    if (recent === undefined) {
      recent = new RecentValues();
      this.#recent.set(kind, recent);
    }
    return recent;
  }
}

function mac(key: KeyedHash, kind: ValueKind | 'bytes', value: string | Uint8Array): Buffer {
  return key.digest(`${kind}\0`, value);
}

function pseudonymOf(key: KeyedHash, value: string, kind: ValueKind): string {
  switch (kind) {
    case 'email':
      return `${opaque(key, 'email', value.normalize('NFC').trim().toLowerCase())}@${MAIL_DOMAIN}`;
    case 'digits':
    case 'card':
      return inPlace(value, /\d/g, (digits) => permuteDigits(key, digits));
    case 'uuid':
      return uuidText(key, value);
    case 'date':
      return dateText(key, value) ?? `pn-${opaque(key, 'text', normaliseText(value))}`;
    case 'ip':
      return addressText(key, value);
    case 'mac':
      return hardwareText(key, value);
    case 'iban':
      return ibanText(key, value);
    case 'code':
      return inPlace(value, /[A-Za-z0-9]/g, (code) => sameClasses(key, code));
    case 'opaque':
    case 'text':
      return `pn-${opaque(key, 'text', normaliseText(value))}`;
  }
}

function normaliseText(value: string): string {
  return value.normalize('NFC').trim();
}

/** 80 bits as 16 letters and digits: two of a billion values share one with a chance of one in a million. */
function opaque(key: KeyedHash, kind: ValueKind, value: string): string {
  const digest = mac(key, kind, value);
  for (let at = 0; at < OPAQUE_LENGTH; at += 1) {
    opaqueText[at] = BASE32[(digest[at] ?? 0) & 31] ?? 0;
  }
  return opaqueText.toString('latin1');
}

/** Replaces the characters that `pattern` finds, all together, and leaves the others in their places. */
function inPlace(value: string, pattern: RegExp, replace: (characters: string) => string): string {
  const replaced = replace((value.match(pattern) ?? []).join(''));
  let at = 0;
  return value.replace(pattern, () => {
    at += 1;
    return replaced.charAt(at - 1);
  });
}

/** Other letters for letters and other digits for digits. Not one to one, but no two codes of a form will meet. */
function sameClasses(key: KeyedHash, code: string): string {
  const stream = mac(key, 'code', code.toUpperCase());
  return Array.from(code, (character, at) => {
    const byte = stream.readUInt16BE((at * 2) % 30) + at;
    if (/\d/.test(character)) {
      return String(byte % 10);
    }
    const letter = String.fromCharCode(0x41 + (byte % 26));
    return character === character.toUpperCase() ? letter : letter.toLowerCase();
  }).join('');
}

function uuidBytes(key: KeyedHash, hex: string): Buffer {
  const bytes = mac(key, 'uuid', hex).subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes;
}

function uuidText(key: KeyedHash, value: string): string {
  const hex = uuidBytes(key, value.replace(/[^0-9a-f]/gi, '').toLowerCase()).toString('hex');
  const text = inPlace(value, /[0-9a-f]/gi, () => hex);
  return /[A-F]/.test(value) && !/[a-f]/.test(value) ? text.toUpperCase() : text;
}

function dateText(key: KeyedHash, value: string): string | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(value.trim());
  const number = match === null ? -1 : dayNumber(Number(match[1]), Number(match[2]), Number(match[3]));
  return number < FIRST_DAY || number > LAST_DAY || dayText(number) !== value.trim()
    ? undefined
    : dayText(Number(permuteRange(key, BigInt(number), BigInt(FIRST_DAY), BigInt(LAST_DAY))));
}

function addressText(key: KeyedHash, value: string): string {
  const parts = value.trim().split('.');
  if (parts.length !== 4 || value.includes(':')) {
    // Unique local addresses (RFC 4193) reach nobody.
    const hex = `fd${mac(key, 'ip', value.trim().toLowerCase()).toString('hex', 0, 15)}`;
    return (hex.match(/.{4}/g) ?? []).join(':');
  }
  const number = parts.reduce((sum, part) => sum * 256n + BigInt(Number(part) & 255), 0n);
  const mapped = permuteRange(key, number, 0n, 0xffff_ffffn);
  return [24n, 16n, 8n, 0n].map((shift) => String((mapped >> shift) & 255n)).join('.');
}

function hardwareText(key: KeyedHash, value: string): string {
  const bytes = mac(key, 'mac', value.replace(/[^0-9a-f]/gi, '').toLowerCase()).subarray(0, 6);
  // Locally administered, one host: no vendor gave this address out (IEEE 802c).
  bytes[0] = ((bytes[0] ?? 0) & 0xfc) | 0x02;
  const hex = bytes.toString('hex');
  return inPlace(value, /[0-9a-f]/gi, () => (/[A-F]/.test(value) ? hex.toUpperCase() : hex));
}

/** The country stays, and the check digits are right again (ISO 13616). */
function ibanText(key: KeyedHash, value: string): string {
  const compact = value.replace(/[^A-Za-z0-9]/g, '').toUpperCase();
  const account = sameClasses(key, compact.slice(4));
  let rest = 0;
  for (const character of `${account}${compact.slice(0, 2)}00`) {
    for (const digit of String(Number.parseInt(character, 36))) {
      rest = (rest * 10 + Number(digit)) % 97;
    }
  }
  const text = compact.slice(0, 2) + String(98 - rest).padStart(2, '0') + account;
  return inPlace(value, /[A-Za-z0-9]/g, () => text);
}
