/** Values as COPY writes them in text format and CSV (PostgreSQL documentation, COPY, File Formats). */
import type { CopyDialect } from './copy-facts.ts';

const LETTERS: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };
const SIGNS = new Map(Object.entries(LETTERS).map(([letter, sign]) => [sign, letter]));

/** The value of a field as it stands in the data; undefined for NULL. */
export function decodeField(raw: Buffer, dialect: CopyDialect): Buffer | undefined {
  const { csv, nullText } = dialect;
  if (raw.equals(nullText)) return undefined;
  if (csv === undefined) return raw.includes(0x5c) ? unescapeText(raw) : raw;
  if (!raw.includes(csv.quote)) return raw;
  const value: number[] = [];
  let isQuoted = false;
  for (let at = 0; at < raw.length; at += 1) {
    const byte = raw[at] ?? 0;
    const next = raw[at + 1];
    if (isQuoted && byte === csv.escape && (next === csv.quote || next === csv.escape)) {
      value.push(next);
      at += 1;
    } else if (byte === csv.quote) isQuoted = !isQuoted;
    else value.push(byte);
  }
  return Buffer.from(value);
}

function unescapeText(raw: Buffer): Buffer {
  const text = raw.toString('latin1');
  const plain = text.replaceAll(
    /\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|(.))/gs,
    (_, octal?: string, hex?: string, sign = '') => {
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      return LETTERS[sign] ?? sign;
    },
  );
  return Buffer.from(plain, 'latin1');
}

/** Text as a field; `wasQuoted` keeps CSV quotes where the replaced value had them. */
export function encodeField(text: string, dialect: CopyDialect, wasQuoted: boolean): string {
  const { csv, delimiter } = dialect;
  const separator = String.fromCharCode(delimiter);
  if (csv === undefined) {
    let output = '';
    for (const sign of text) {
      const letter = SIGNS.get(sign);
      output +=
        sign === '\\' || sign === separator
          ? `\\${sign === separator && letter !== undefined ? letter : sign}`
          : letter === undefined
            ? sign
            : `\\${letter}`;
    }
    return output;
  }
  const quote = String.fromCharCode(csv.quote);
  const escape = String.fromCharCode(csv.escape);
  const isSpecial = [separator, quote, '\n', '\r'].some((sign) => text.includes(sign));
  const isMistakable = text === '\\.' || Buffer.from(text, 'utf8').equals(dialect.nullText);
  if (!isSpecial && !isMistakable && !wasQuoted) return text;
  let output = quote;
  for (const sign of text) output += sign === quote || sign === escape ? escape + sign : sign;
  return output + quote;
}
