/** Character references of HTML and XML that could hide what detectors look for. */
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
const REFERENCE = /&(?:#[xX]([0-9a-fA-F]{1,6})|#([0-9]{1,7})|([a-z]{2,8}));?/g;

/** Text with its references undone, and where its bytes stand in the source. */
export interface DecodedText {
  readonly bytes: Buffer;
  /** The place in the source of a place in `bytes`. */
  placeOf(at: number): number;
}

/** Undoes references; undefined where there are none. What it does not know stays as it is. */
export function decodeReferences(source: Buffer): DecodedText | undefined {
  if (!source.includes(0x26)) return undefined;
  const text = source.toString('latin1');
  const parts: Buffer[] = [];
  /** Pairs, rising: from this place in the result on, the source stands that much further. */
  const places: number[] = [0];
  const shifts: number[] = [0];
  let copied = 0;
  let length = 0;
  for (const match of text.matchAll(REFERENCE)) {
    const [whole, hex, decimal, name] = match;
    const character = decodedCharacter(hex, decimal, name);
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

function decodedCharacter(hex?: string, decimal?: string, name?: string): string | undefined {
  if (name !== undefined) return NAMED[name];
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}
