/** Options of {@link AnalysisCache}. */
export interface AnalysisCacheOptions {
  /** Bound on the estimated size of all entries. */
  readonly maxBytes: number;
}

/** What an analysis depends on besides the text. */
export interface AnalysisKey {
  readonly text: string;
  readonly epoch: number;
  readonly major: number;
  /** Tells sessions apart whose epochs are counted separately; the same for those that share them. */
  readonly scope?: string;
}

interface Entry<Value> {
  readonly value: Value;
  readonly bytes: number;
}

/** Rough size of what a key and its value keep alive, per UTF-16 unit of text. */
const BYTES_PER_UNIT = 16;
const BYTES_PER_ENTRY = 2_048;

/**
 * Keeps analyses by exact text, epoch and major, least recently used out first. Never by a fingerprint: texts that
 * differ in literals differ in meaning (settings, patterns, always-true conditions).
 */
export class AnalysisCache<Value> {
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(options: AnalysisCacheOptions) {
    this.#maxBytes = options.maxBytes;
  }

  /** Estimated bytes held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The number of entries. */
  get size(): number {
    return this.#entries.size;
  }

  /** The kept value, now the most recently used. */
  get(key: AnalysisKey): Value | undefined {
    const name = nameOf(key);
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    return entry.value;
  }

  /** Keeps a value, unless it alone is over an eighth of the bound. */
  set(key: AnalysisKey, value: Value): void {
    const name = nameOf(key);
    const bytes = BYTES_PER_ENTRY + name.length * BYTES_PER_UNIT;
    this.#drop(name);
    if (bytes > this.#maxBytes / 8) return;
    this.#entries.set(name, { value, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#drop(oldest);
    }
  }

  /** Forgets everything. */
  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  #drop(name: string): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    this.#entries.delete(name);
    this.#bytes -= entry.bytes;
  }
}

/** The parts before the text hold no line feed that could be confused with one of the text: they come first. */
function nameOf(key: AnalysisKey): string {
  return JSON.stringify([key.major, key.epoch, key.scope ?? '']) + key.text;
}
