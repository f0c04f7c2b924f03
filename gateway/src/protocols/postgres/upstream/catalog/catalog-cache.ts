/** Catalogs of databases, shared by the sessions of the process for a short time. */
import type { ServerRoutines } from '../server-routines.ts';
import type { ServerCatalog } from './server-catalog.ts';

/** How long a catalog is used, in milliseconds: what others renamed since is still known by its old name so long. */
export const CATALOG_AGE_MS = 30_000;
/** Rows of all catalogs together; the oldest go first. */
const MOST_WEIGHT = 2_000_000;
const MOST_CATALOGS = 256;

/** What is known of a database. */
export interface Knowledge {
  readonly catalog: ServerCatalog;
  readonly routines: ServerRoutines;
}

/** What was known of a database at one moment. */
export interface KnownAt extends Knowledge {
  /** When asking began, in milliseconds since the epoch. */
  readonly atMs: number;
  /** How often the structure had changed through the gateway when asking began. */
  readonly generation: number;
}

/** Which database, as which login. */
export interface CatalogPlace {
  /** Host and port. */
  readonly resource: string;
  readonly database: string;
  readonly user: string;
}

/** Keeps catalogs; loads one at a time for a database. */
export class CatalogCache {
  readonly #nowMs: () => number;
  readonly #kept = new Map<string, KnownAt>();
  readonly #loading = new Map<string, { readonly generation: number; readonly known: Promise<KnownAt> }>();
  readonly #generations = new Map<string, number>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Whether what was known then may still be judged by: young, and nothing has changed the structure since. */
  isCurrent(place: CatalogPlace, known: KnownAt, ageMs: number = CATALOG_AGE_MS): boolean {
    return this.#nowMs() - known.atMs < ageMs && known.generation === this.#generation(keyOf(place));
  }

  /**
   * What is known, current or asked for anew; what another session began to ask for is waited for, if it will be current.
   * @param ageMs how old it may be
   */
  async get(
    place: CatalogPlace,
    load: () => Promise<Knowledge>,
    ageMs: number = CATALOG_AGE_MS,
  ): Promise<KnownAt> {
    const key = keyOf(place);
    const shared = this.#loading.get(key);
    const theirs = shared?.generation === this.#generation(key) ? shared.known : undefined;
    const known = (await theirs?.catch(() => undefined)) ?? this.#kept.get(key);
    if (known !== undefined && this.isCurrent(place, known, ageMs)) return known;
    const loading = { generation: this.#generation(key), known: this.#load(key, load) };
    this.#loading.set(key, loading);
    try {
      return await loading.known;
    } finally {
      if (this.#loading.get(key) === loading) this.#loading.delete(key);
    }
  }

  /** The structure of a database was changed through the gateway: nothing that was known before is current. */
  forget(place: CatalogPlace): void {
    const key = keyOf(place);
    this.#kept.delete(key);
    this.#generations.set(key, this.#generation(key) + 1);
  }

  #generation(key: string): number {
    return this.#generations.get(key) ?? 0;
  }

  async #load(key: string, load: () => Promise<Knowledge>): Promise<KnownAt> {
    const asked = { atMs: this.#nowMs(), generation: this.#generation(key) };
    const known = { ...(await load()), ...asked };
    if (asked.generation === this.#generation(key)) this.#keep(key, known);
    return known;
  }

  #keep(key: string, kept: KnownAt): void {
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    let weight = 0;
    for (const { catalog } of this.#kept.values()) weight += catalog.weight;
    for (const [oldest, { catalog }] of this.#kept) {
      if (weight <= MOST_WEIGHT && this.#kept.size <= MOST_CATALOGS) return;
      if (oldest === key) return;
      this.#kept.delete(oldest);
      weight -= catalog.weight;
    }
  }
}

/** A session's place is asked for at each of its messages. */
const keys = new WeakMap<CatalogPlace, string>();

function keyOf(place: CatalogPlace): string {
  const known = keys.get(place);
  if (known !== undefined) return known;
  const { resource, database, user } = place;
  const key = JSON.stringify([resource, database, user]);
  keys.set(place, key);
  return key;
}
