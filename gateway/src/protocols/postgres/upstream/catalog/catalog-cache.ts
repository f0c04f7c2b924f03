/** Catalogs of databases, shared by the sessions of the process for a short time. */
import type { ServerCatalog } from './server-catalog.ts';

/** How long a catalog is used, in milliseconds: what was renamed since is still known by its old name so long. */
export const CATALOG_AGE_MS = 30_000;
/** Rows of all catalogs together; the oldest go first. */
const MOST_WEIGHT = 2_000_000;
const MOST_CATALOGS = 256;

interface Kept {
  readonly catalog: ServerCatalog;
  readonly atMs: number;
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
  readonly #kept = new Map<string, Kept>();
  readonly #loading = new Map<string, Promise<ServerCatalog>>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** The catalog, if it is young enough. */
  young(place: CatalogPlace): ServerCatalog | undefined {
    const kept = this.#kept.get(keyOf(place));
    return kept !== undefined && this.#nowMs() - kept.atMs < CATALOG_AGE_MS ? kept.catalog : undefined;
  }

  /** The catalog, young or loaded; a load that another session began and that failed is done again. */
  async get(place: CatalogPlace, load: () => Promise<ServerCatalog>): Promise<ServerCatalog> {
    const key = keyOf(place);
    const shared = await this.#loading.get(key)?.catch(() => undefined);
    const known = shared ?? this.young(place);
    if (known !== undefined) return known;
    const atMs = this.#nowMs();
    const loading = load();
    this.#loading.set(key, loading);
    try {
      const catalog = await loading;
      this.#keep(key, { catalog, atMs });
      return catalog;
    } finally {
      if (this.#loading.get(key) === loading) this.#loading.delete(key);
    }
  }

  /** Forgets a database's catalog: its structure was changed through the gateway. */
  forget(place: CatalogPlace): void {
    this.#kept.delete(keyOf(place));
  }

  #keep(key: string, kept: Kept): void {
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

function keyOf({ resource, database, user }: CatalogPlace): string {
  return JSON.stringify([resource, database, user]);
}
