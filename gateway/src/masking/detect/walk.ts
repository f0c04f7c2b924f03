import { AT, BYTE_CLASS, COLON, DASH, DIGIT, EQUALS, SEPARATOR, TOKEN, UPPER, WORD } from './byte-class.ts';
import type { Detector } from './detector.ts';
import { askSchemes, type SchemesByLength, schemesByLength } from './digit-scheme.ts';
import { LONGEST_TOKEN, TOKEN_OVERLAP } from './limits.ts';
import { NumberRun } from './number-run.ts';
import { isUuid } from './plain-shape.ts';
import type { ScanInput } from './scan-input.ts';

/** Most separators between two groups of one number: `+49 (0) 30`. */
const WIDEST_GAP = 3;

/** Detectors by the place at which they want to be asked, each with its number in the scanner. */
export interface Dispatch {
  readonly atSign: readonly Placed[];
  readonly colon: readonly Placed[];
  readonly dash: readonly Placed[];
  readonly equals: readonly Placed[];
  readonly numbers: readonly Placed[];
  readonly schemes: SchemesByLength;
  readonly word: readonly Placed[];
  readonly token: readonly Placed[];
  readonly text: readonly Placed[];
  /** Fewest digits and token bytes that any of them asks for. */
  readonly fewestDigits: number;
  /** The same of those whose runs hold a dot. */
  readonly fewestDottedDigits: number;
  readonly fewestTokenBytes: number;
}

interface Placed {
  readonly index: number;
  readonly detector: Detector;
}

/** The shortest identity number has nine. */
const FEWEST_SCHEME_DIGITS = 9;

const run = new NumberRun();

/** Sorts detectors by place. */
export function dispatchOf(detectors: readonly Detector[]): Dispatch {
  const placed = detectors.map((detector, index) => ({ index, detector }));
  const at = (place: keyof Detector): Placed[] =>
    placed.filter(({ detector }) => detector[place] !== undefined);
  const least = (values: readonly (number | undefined)[]): number =>
    Math.min(Number.POSITIVE_INFINITY, ...values.map((value) => value ?? 1));
  const numbers = at('numbers');
  const token = at('token');
  const schemes = placed.flatMap(({ index, detector: { scheme } }) =>
    scheme === undefined ? [] : [{ index, scheme }],
  );
  return {
    atSign: at('atSign'),
    colon: at('colon'),
    dash: at('dash'),
    equals: at('equals'),
    numbers,
    schemes: schemesByLength(schemes),
    word: at('word'),
    token,
    text: at('text'),
    fewestDigits: least([
      ...numbers
        .filter(({ detector }) => detector.isDotted !== true)
        .map(({ detector }) => detector.fewestDigits),
      ...schemes.flatMap(({ scheme }) => scheme.lengths),
    ]),
    fewestDottedDigits: least(
      numbers
        .filter(({ detector }) => detector.isDotted === true)
        .map(({ detector }) => detector.fewestDigits),
    ),
    fewestTokenBytes: least(token.map(({ detector }) => detector.fewestTokenBytes)),
  };
}

/** Goes once over the text of `input` and asks each detector at its places. */
export function walk(input: ScanInput, dispatch: Dispatch): void {
  const { bytes, end } = input;
  let tokenStart = -1;
  let position = input.start;
  run.clear();
  while (position < end) {
    const kind = BYTE_CLASS[bytes[position] ?? 0] ?? 0;
    if ((kind & TOKEN) === 0) {
      if (tokenStart !== -1) {
        askToken(input, dispatch, tokenStart, position);
      }
      tokenStart = -1;
    } else if (tokenStart === -1) {
      tokenStart = position;
    }
    if ((kind & WORD) !== 0) {
      position = readWord(input, dispatch, position);
      continue;
    }
    if ((kind & SEPARATOR) === 0 && run.count > 0) {
      flush(input, dispatch);
    }
    if ((kind & (AT | COLON | DASH | EQUALS)) !== 0) {
      askSign(input, dispatch, position, kind);
    }
    position += 1;
  }
  if (tokenStart !== -1) {
    askToken(input, dispatch, tokenStart, end);
  }
  flush(input, dispatch);
  for (const { index, detector } of dispatch.text) {
    input.current = index;
    detector.text?.(input);
  }
}

function readWord(input: ScanInput, dispatch: Dispatch, start: number): number {
  const { bytes, end } = input;
  let position = start;
  let digits = 0;
  for (; position < end; position += 1) {
    const kind = BYTE_CLASS[bytes[position] ?? 0] ?? 0;
    if ((kind & WORD) === 0) {
      break;
    }
    digits += kind & DIGIT;
  }
  if (digits === position - start) {
    if (run.count > 0 && start - run.end > WIDEST_GAP) {
      flush(input, dispatch);
    } else if (run.isFull) {
      askNumbers(input, dispatch);
      run.shift();
    }
    run.add(start, position);
    return position;
  }
  flush(input, dispatch);
  if (digits > 0) {
    for (const { index, detector } of dispatch.word) {
      input.current = index;
      detector.word?.(input, start, position, digits);
    }
  }
  return position;
}

function flush(input: ScanInput, dispatch: Dispatch): void {
  if (run.digits >= Math.min(dispatch.fewestDigits, dispatch.fewestDottedDigits)) {
    askNumbers(input, dispatch);
  }
  run.clear();
}

function askNumbers(input: ScanInput, dispatch: Dispatch): void {
  if (run.digits >= FEWEST_SCHEME_DIGITS && dispatch.schemes.length > 1) {
    askSchemes(input, run, dispatch.schemes);
  }
  for (const { index, detector } of dispatch.numbers) {
    if (run.digits >= (detector.fewestDigits ?? 1)) {
      input.current = index;
      detector.numbers?.(input, run);
    }
  }
}

function askToken(input: ScanInput, dispatch: Dispatch, start: number, end: number): void {
  if (end - start < dispatch.fewestTokenBytes || !isTelling(input, start, end)) {
    return;
  }
  // A long token is looked at in pieces that overlap; each handler sees its end, and the text of the piece.
  for (
    let piece = start;
    piece === start || piece + TOKEN_OVERLAP < end;
    piece += LONGEST_TOKEN - TOKEN_OVERLAP
  ) {
    for (const { index, detector } of dispatch.token) {
      if (end - piece >= (detector.fewestTokenBytes ?? 1)) {
        input.current = index;
        detector.token?.(input, piece, end);
      }
    }
  }
}

function askSign(input: ScanInput, dispatch: Dispatch, position: number, kind: number): void {
  if ((kind & DASH) !== 0 && input.at(position - 1) === 0x2d) {
    return;
  }
  const asked =
    (kind & AT) !== 0
      ? dispatch.atSign
      : (kind & COLON) !== 0
        ? dispatch.colon
        : (kind & EQUALS) !== 0
          ? dispatch.equals
          : dispatch.dash;
  for (const { index, detector } of asked) {
    input.current = index;
    if ((kind & AT) !== 0) {
      detector.atSign?.(input, position);
    } else if ((kind & COLON) !== 0) {
      detector.colon?.(input, position);
    } else if ((kind & EQUALS) !== 0) {
      detector.equals?.(input, position);
    } else {
      detector.dash?.(input, position);
    }
  }
}

/** A token of lower case letters only is a word or a path; a UUID is an identity of a thing. */
function isTelling(input: ScanInput, start: number, end: number): boolean {
  for (let position = start; position < end; position += 1) {
    if (((BYTE_CLASS[input.bytes[position] ?? 0] ?? 0) & (DIGIT | UPPER)) !== 0) {
      return !isUuid(input.bytes, start, end);
    }
  }
  return false;
}
