/**
 * Which pseudonyms were shown to whom, and what they stand for: a pseudonym cannot be turned back, so that whoever is to
 * look something up by one has to be remembered with it. In memory alone, bounded, and for each run by itself.
 */

/** What a pseudonym stands for; `several` where values that the server tells apart share it. */
export type Issued = { readonly value: string } | 'several' | undefined;

/** Most that is held (P10): what was shown longest ago is forgotten first. */
export interface IssuedBounds {
  readonly runs: number;
  /** Of each run. */
  readonly pseudonyms: number;
  /** Longer values are not remembered, in UTF-16 units. */
  readonly length: number;
}

const DEFAULT_BOUNDS: IssuedBounds = { runs: 256, pseudonyms: 10_000, length: 256 };

/** The pseudonyms of one resource that were shown. */
export class IssuedPseudonyms {
  readonly #bounds: IssuedBounds;
  readonly #runs = new Map<string, Map<string, string | undefined>>();

  constructor(bounds: Partial<IssuedBounds> = {}) {
    this.#bounds = { ...DEFAULT_BOUNDS, ...bounds };
  }

  /** A run was shown a pseudonym. */
  note(run: string, pseudonym: string, value: string): void {
    if (value.length > this.#bounds.length) return;
    const known = this.#of(run);
    const before = known.get(pseudonym);
    const isSame = !known.has(pseudonym) || before === value;
    known.delete(pseudonym);
    known.set(pseudonym, isSame ? value : undefined);
    dropOldest(known, this.#bounds.pseudonyms);
  }

  /** What a pseudonym stands for that the run was shown. */
  of(run: string, pseudonym: string): Issued {
    const known = this.#runs.get(run);
    if (known?.has(pseudonym) !== true) return undefined;
    const value = known.get(pseudonym);
    return value === undefined ? 'several' : { value };
  }

  #of(run: string): Map<string, string | undefined> {
    const known = this.#runs.get(run) ?? new Map<string, string | undefined>();
    this.#runs.delete(run);
    this.#runs.set(run, known);
    dropOldest(this.#runs, this.#bounds.runs);
    return known;
  }
}

function dropOldest(map: Map<string, unknown>, most: number): void {
  if (map.size <= most) return;
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}
