/** What one session judges by, asked for anew when it is too old, on a connection of its own. */
import type {
  CatalogRelation,
  CatalogType,
  ColumnOrigin,
  ResultCatalog,
} from '../../masking/result-catalog.ts';
import {
  CATALOG_AGE_MS,
  type CatalogCache,
  type CatalogPlace,
  type Knowledge,
  type KnownAt,
} from './catalog-cache.ts';

/** After this time the next catalog is asked for while the old one is still good, so that nobody has to wait for it. */
const RENEW_AHEAD_MS = CATALOG_AGE_MS / 2;
/** How old a catalog may be that does not know a name; asking anew for each such name would let clients drive the load (P10). */
const UNKNOWN_NAME_AGE_MS = 5_000;
/** How long nobody asks after asking has failed. */
const PAUSE_MS = 1_000;

/** What a live catalog needs. */
export interface LiveCatalogOptions {
  readonly cache: CatalogCache;
  readonly place: CatalogPlace;
  readonly nowMs: () => number;
  /** Asks the server, on another connection; is told whether this session has just changed the structure, and may do so again. */
  readonly load: (isChanging: boolean) => Promise<Knowledge>;
  /** Is told what is known now; `undefined`: nothing, because the server could not be asked. */
  readonly onRenewed: (known: Knowledge | undefined) => void;
  readonly onFailed: (error: unknown) => void;
}

/** The catalog of a session's database as of a moment ago: nothing is judged by one that is too old (P3). */
export class LiveCatalog implements ResultCatalog {
  readonly #options: LiveCatalogOptions;
  #known: KnownAt | undefined;
  #renewing: Promise<void> | undefined;
  #pausedUntilMs = 0;
  /** Whether this session has changed the structure since it was asked for. */
  #isChanging = false;

  constructor(known: KnownAt | undefined, options: LiveCatalogOptions) {
    this.#known = known;
    this.#options = options;
  }

  /** Whether statements may be judged; begins to ask for the next catalog before the time is over. */
  get isCurrent(): boolean {
    if (this.#isYoung(RENEW_AHEAD_MS)) return true;
    if (this.#options.nowMs() < this.#pausedUntilMs) return true;
    if (!this.#isYoung(CATALOG_AGE_MS)) return false;
    void this.renew();
    return true;
  }

  /** Whether it is worth asking again because of a name that is not known. */
  get mayKnowMore(): boolean {
    return this.#options.nowMs() >= this.#pausedUntilMs && !this.#isYoung(UNKNOWN_NAME_AGE_MS);
  }

  #isYoung(ageMs: number): boolean {
    const { cache, place } = this.#options;
    return this.#known !== undefined && cache.isCurrent(place, this.#known, ageMs);
  }

  /** Asks anew. Never rejects: where that fails nothing is known, so that masks fail closed. */
  renew(): Promise<void> {
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #renew(): Promise<void> {
    const { cache, place, load, nowMs, onRenewed, onFailed } = this.#options;
    const isChanging = this.#isChanging;
    this.#isChanging = false;
    try {
      const known = await cache.get(place, () => load(isChanging), UNKNOWN_NAME_AGE_MS);
      this.#known = known;
      onRenewed(known);
    } catch (error) {
      this.#pausedUntilMs = nowMs() + PAUSE_MS;
      if (this.#isYoung(CATALOG_AGE_MS)) return;
      this.#known = undefined;
      onFailed(error);
      onRenewed(undefined);
    }
  }

  /** The structure was changed by this session: nobody of this database may go on with what was known. */
  forget(): void {
    this.#isChanging = true;
    this.#options.cache.forget(this.#options.place);
  }

  column(tableOid: number, attributeNumber: number): ColumnOrigin | undefined {
    return this.#known?.catalog.column(tableOid, attributeNumber);
  }

  type(oid: number): CatalogType | undefined {
    return this.#known?.catalog.type(oid);
  }

  relation(schema: string, name: string): CatalogRelation | undefined {
    return this.#known?.catalog.relation(schema, name);
  }
}
