import type { Replacement } from '../replace/replace.ts';
import { replaceInText } from '../replace/replace-findings.ts';
import {
  DEEPEST,
  type DocumentMasks,
  type MaskedDocument,
  NameHints,
  type PathStates,
  replacementAt,
  rootStates,
  Splicer,
  stepInto,
  UNREADABLE,
  Unreadable,
  unreadable,
} from './document-masks.ts';
import { JsonReader } from './json-reader.ts';
import { replaceJsonString, replaceJsonTree, replaceJsonWord } from './replace-json-leaf.ts';

const QUOTE = 0x22;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

/** Where a value stands. */
interface Place {
  readonly states: PathStates;
  readonly hints: number;
  /** A replacement that holds for everything within. */
  readonly forced: Replacement | undefined;
  /** The whole around it is replaced: it is only read. */
  readonly isReplaced: boolean;
  readonly depth: number;
}

/**
 * Masks values of a JSON text by path and by content; all else stays byte for byte. Each member of a name that occurs
 * twice is masked, names are read with their escapes undone, and what is found in a name is replaced as well.
 *
 * @returns `UNREADABLE` for text that is no JSON, has something behind it, or nests deeper than 256.
 */
export function maskJson(source: Buffer, masks: DocumentMasks): MaskedDocument {
  try {
    return new JsonMasker(source, masks).run();
  } catch (error) {
    if (error instanceof Unreadable) {
      return UNREADABLE;
    }
    throw error;
  }
}

class JsonMasker {
  readonly #reader: JsonReader;
  readonly #masks: DocumentMasks;
  readonly #splicer: Splicer;
  readonly #names: NameHints;

  constructor(source: Buffer, masks: DocumentMasks) {
    this.#reader = new JsonReader(source);
    this.#masks = masks;
    this.#splicer = new Splicer(source);
    this.#names = new NameHints(masks.hints);
  }

  run(): Buffer | undefined {
    const { hints } = this.#masks;
    this.#value({ states: rootStates(this.#masks), hints, forced: undefined, isReplaced: false, depth: 0 });
    return this.#reader.peek() === -1 ? this.#splicer.finish() : unreadable();
  }

  #value(place: Place): void {
    const byte = this.#reader.peek();
    const how = place.forced ?? replacementAt(this.#masks, place.states);
    if (byte !== OPEN_OBJECT && byte !== OPEN_ARRAY) {
      this.#leaf(place, how);
      return;
    }
    if (place.depth >= DEEPEST) {
      unreadable();
    }
    // Pseudonyms and partial values are made of each leaf; the other methods take the place of the whole.
    const isWhole = how !== undefined && how.method !== 'pseudonym' && how.method !== 'partial';
    const start = this.#reader.at;
    const inner = { ...place, forced: how, isReplaced: place.isReplaced || isWhole, depth: place.depth + 1 };
    if (byte === OPEN_OBJECT) {
      this.#members(inner);
    } else {
      this.#elements(inner);
    }
    if (isWhole && !place.isReplaced) {
      this.#splicer.replace(start, this.#reader.at, replaceJsonTree(how));
    }
  }

  #members(place: Place): void {
    const reader = this.#reader;
    reader.expect(OPEN_OBJECT);
    if (reader.takes(CLOSE_OBJECT)) {
      return;
    }
    do {
      reader.peek();
      const start = reader.at;
      const isEscaped = reader.skipString();
      const name = reader.textOf(start, reader.at, isEscaped);
      if (!place.isReplaced) {
        this.#findInString(start, isEscaped ? name : undefined, this.#masks.hints);
      }
      reader.expect(0x3a);
      this.#value({
        ...place,
        states: stepInto(this.#masks, place.states, name),
        hints: this.#names.of(name),
      });
    } while (reader.takes(0x2c));
    reader.expect(CLOSE_OBJECT);
  }

  #elements(place: Place): void {
    const reader = this.#reader;
    reader.expect(OPEN_ARRAY);
    if (reader.takes(CLOSE_ARRAY)) {
      return;
    }
    let index = 0;
    do {
      this.#value({ ...place, states: stepInto(this.#masks, place.states, index) });
      index += 1;
    } while (reader.takes(0x2c));
    reader.expect(CLOSE_ARRAY);
  }

  #leaf({ hints, isReplaced }: Place, how: Replacement | undefined): void {
    const reader = this.#reader;
    const start = reader.at;
    const { pseudonyms } = this.#masks;
    if (reader.peek() !== QUOTE) {
      const word = reader.word();
      if (!isReplaced && how !== undefined) {
        this.#splicer.replace(start, reader.at, replaceJsonWord(word, how, pseudonyms));
      } else if (!isReplaced) {
        this.#findInWord(start, word, hints);
      }
      return;
    }
    const isEscaped = reader.skipString();
    if (isReplaced) {
      return;
    }
    if (how !== undefined) {
      const text = reader.textOf(start, reader.at, isEscaped);
      this.#splicer.replace(start, reader.at, replaceJsonString(text, how, pseudonyms));
    } else {
      this.#findInString(start, isEscaped ? reader.textOf(start, reader.at, true) : undefined, hints);
    }
  }

  /** Looks into the string before the reader. One without escapes is scanned where it stands. */
  #findInString(start: number, unescaped: string | undefined, hints: number): void {
    const { scanner } = this.#masks;
    const { at, source } = this.#reader;
    const spans =
      unescaped === undefined
        ? scanner?.scanBytes(source, start + 1, at - 1, hints)
        : scanner?.scanText(unescaped, hints);
    if (spans === undefined) {
      return;
    }
    if (unescaped !== undefined) {
      this.#splicer.replace(start, at, JSON.stringify(replaceInText(unescaped, spans, this.#masks)));
      return;
    }
    // What is put in may hold a quote; what stays holds none, and no escape.
    for (const span of spans) {
      const found = source.toString('utf8', span.start, span.end);
      const text = replaceInText(found, [{ ...span, start: 0, end: found.length }], this.#masks);
      this.#splicer.replace(span.start, span.end, JSON.stringify(text).slice(1, -1));
    }
  }

  /** A number in which something is found is replaced whole: what is left would be another number. */
  #findInWord(start: number, word: string, hints: number): void {
    const spans = this.#masks.scanner?.scanText(word, hints);
    const [span] = spans ?? [];
    if (span !== undefined) {
      const how = this.#masks.howFound(span.detector);
      this.#splicer.replace(start, this.#reader.at, replaceJsonWord(word, how, this.#masks.pseudonyms));
    }
  }
}
