import { columnHints } from '../detect/hints.ts';
import type { Scanner } from '../detect/scanner.ts';
import type { Replacement } from '../replace/replace.ts';
import type { FindingReplacements } from '../replace/replace-findings.ts';
import type { ValuePath } from './value-path.ts';

/** A document that cannot be read to its end: nothing of it may pass. */
export const UNREADABLE = 'unreadable';

/** Deeper documents are taken as unreadable. */
export const DEEPEST = 256;

/** Names whose hints are remembered. */
const MOST_NAMES = 256;

/** What is masked in the documents of a column. */
export interface DocumentMasks extends FindingReplacements {
  /** Paths with their replacement, strictest first. */
  readonly paths: readonly { readonly path: ValuePath; readonly how: Replacement }[];
  /** Looks for content in all texts, numbers and names; undefined: paths only. */
  readonly scanner: Scanner | undefined;
  /** Hints of the column that holds the documents. */
  readonly hints: number;
}

/** The result of masking: a new document, `undefined` for one that stays byte for byte, or {@link UNREADABLE}. */
export type MaskedDocument = Buffer | undefined | typeof UNREADABLE;

/** Reading failed; caught by the entry points. */
export class Unreadable extends Error {}

/** Says that a document cannot be read. */
export function unreadable(): never {
  throw new Unreadable(UNREADABLE);
}

/** The states of all paths at a place. */
export type PathStates = readonly number[];

export function rootStates(masks: DocumentMasks): PathStates {
  return masks.paths.map(({ path }) => path.start);
}

/** Steps all paths to a member or, with a number, to an element. */
export function stepInto(masks: DocumentMasks, states: PathStates, to: string | number): PathStates {
  return masks.paths.map(({ path }, index) => {
    const state = states[index] ?? 0;
    return state === 0 ? 0 : typeof to === 'number' ? path.intoElement(state, to) : path.intoName(state, to);
  });
}

/** The strictest replacement that means this place. */
export function replacementAt(masks: DocumentMasks, states: PathStates): Replacement | undefined {
  return masks.paths.find(({ path }, index) => path.accepts(states[index] ?? 0))?.how;
}

/** Hints of names, each worked out once. */
export class NameHints {
  readonly #known = new Map<string, number>();
  readonly #base: number;

  constructor(base: number) {
    this.#base = base;
  }

  of(name: string): number {
    const known = this.#known.get(name);
    if (known !== undefined) {
      return known;
    }
    const hints = this.#base | columnHints(name.replaceAll('.', ' '));
    if (this.#known.size < MOST_NAMES) {
      this.#known.set(name, hints);
    }
    return hints;
  }
}

/** Puts a document together from parts of the old one and new ones; copies nothing before something is replaced. */
export class Splicer {
  readonly #source: Buffer;
  readonly #parts: Buffer[] = [];
  #copied = 0;

  constructor(source: Buffer) {
    this.#source = source;
  }

  /** Replaces bytes `start` to `end`; calls go from the beginning to the end. */
  replace(start: number, end: number, text: string | Buffer): void {
    const part = typeof text === 'string' ? Buffer.from(text) : text;
    this.#parts.push(this.#source.subarray(this.#copied, start), part);
    this.#copied = end;
  }

  /** The new document; undefined when nothing was replaced. */
  finish(): Buffer | undefined {
    return this.#parts.length === 0
      ? undefined
      : Buffer.concat([...this.#parts, this.#source.subarray(this.#copied)]);
  }
}
