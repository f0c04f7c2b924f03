import type { Scanner } from '../../../../masking/detect/scanner.ts';
import type { Span } from '../../../../masking/detect/span.ts';

/** Character references of HTML and XML, and escapes of scripts in it, that could hide what detectors look for. */
const NAMED: Readonly<Record<string, string>> = {
  commat: '@',
  period: '.',
  colon: ':',
  lowbar: '_',
  dash: '-',
  hyphen: '-',
  plus: '+',
  sol: '/',
  num: '#',
  lpar: '(',
  rpar: ')',
  nbsp: ' ',
  amp: '&',
  equals: '=',
};
const REFERENCE =
  /&(?:#[xX](?<hex>[0-9a-fA-F]{1,6})|#(?<decimal>[0-9]{1,7})|(?<name>[a-z]{2,8}));?|\\(?:u(?<unit>[0-9a-fA-F]{4})|u\{(?<point>[0-9a-fA-F]{1,6})\}|x(?<byte>[0-9a-fA-F]{2}))/g;
const AMPERSAND = 0x26;
const BACKSLASH = 0x5c;

/** Text with its references undone, and where its bytes stand in the source. */
export interface DecodedText {
  readonly bytes: Buffer;
  /** The place in the source of a place in `bytes`. */
  placeOf(at: number): number;
}

/** What detectors find in decoded text, where it stands in the source. */
export function scanDecoded(scanner: Scanner, decoded: DecodedText, hints: number): readonly Span[] {
  const found = scanner.scanBytes(decoded.bytes, 0, undefined, hints) ?? [];
  return found.map((span) => ({
    ...span,
    start: decoded.placeOf(span.start),
    end: decoded.placeOf(span.end),
  }));
}

/** Undoes references; undefined where there are none. What it does not know stays as it is. */
export function decodeReferences(source: Buffer): DecodedText | undefined {
  if (!source.includes(AMPERSAND) && !source.includes(BACKSLASH)) return undefined;
  const text = source.toString('latin1');
  const parts: Buffer[] = [];
  /** Pairs, rising: from this place in the result on, the source stands that much further. */
  const places: number[] = [0];
  const shifts: number[] = [0];
  let copied = 0;
  let length = 0;
  for (const match of text.matchAll(REFERENCE)) {
    const [whole] = match;
    const character = decodedCharacter(match.groups ?? {});
    if (character === undefined) continue;
    const before = source.subarray(copied, match.index);
    const bytes = Buffer.from(character);
    parts.push(before, bytes);
    copied = match.index + whole.length;
    length += before.length + bytes.length;
    places.push(length);
    shifts.push(copied - length);
  }
  if (parts.length === 0) return undefined;
  parts.push(source.subarray(copied));
  return {
    bytes: Buffer.concat(parts),
    placeOf: (at) => {
      let low = 0;
      let high = places.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if ((places[middle] ?? 0) <= at) low = middle;
        else high = middle - 1;
      }
      return at + (shifts[low] ?? 0);
    },
  };
}

function decodedCharacter(groups: Readonly<Record<string, string | undefined>>): string | undefined {
  const { name, decimal, hex, unit, point, byte } = groups;
  if (name !== undefined) return NAMED[name];
  const digits = hex ?? unit ?? point ?? byte;
  const code = digits === undefined ? Number(decimal) : Number.parseInt(digits, 16);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}
