/**
 * Looks at each resource from time to time, as somebody without a secret would: whether it answers at all. It costs a connection a look,
 * decides nothing, and holds nothing up.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Reach, ReachVerdict } from '../model/check-result.ts';
import type { Clock } from '../model/clock.ts';
import type { ResourceHealth } from '../model/resource-health.ts';
import type { Log } from '../telemetry/log.ts';

/** A resource that is looked at. */
export interface WatchedResource {
  readonly name: string;
  /** Takes seconds at most; never rejects. */
  readonly probe: () => Promise<Reach>;
}

/** How it watches. */
export interface WatchTerms {
  /** Between two looks at all of them, in milliseconds. */
  readonly everyMs: number;
  /** How many it looks at at once. */
  readonly atOnce: number;
}

const TERMS: WatchTerms = { everyMs: 30_000, atOnce: 8 };

/** What is told of a resource that does not answer; the detail, which may have addresses, is for the log alone. */
const REASONS: Readonly<Record<ReachVerdict, string | undefined>> = {
  open: undefined,
  refused: undefined,
  closed: 'nothing listens where it should be',
  filtered: 'nothing answers, or there is no way to it',
  unresolved: 'its name means nothing here',
};

/** The health of all resources. */
export class ResourceWatch {
  readonly #resources: readonly WatchedResource[];
  readonly #services: { readonly clock: Clock; readonly log: Log };
  readonly #terms: WatchTerms;
  readonly #health = new Map<string, ResourceHealth>();
  readonly #stop = new AbortController();

  constructor(
    resources: readonly WatchedResource[],
    services: { readonly clock: Clock; readonly log: Log },
    terms: WatchTerms = TERMS,
  ) {
    this.#resources = resources;
    this.#services = services;
    this.#terms = terms;
    const sinceMs = services.clock.nowMs();
    for (const { name } of resources) this.#health.set(name, { state: 'unknown', sinceMs });
  }

  /** Begins, in the background, until it is closed. */
  start(): void {
    void this.#run();
  }

  /** Undefined where nobody looks: there is no such resource, or no one place to look at. */
  health(name: string): ResourceHealth | undefined {
    return this.#health.get(name);
  }

  /** Looks no more; a look that has begun is forgotten. */
  close(): void {
    this.#stop.abort();
  }

  /** Looks at all of them once. */
  async look(): Promise<void> {
    const waiting = [...this.#resources];
    const worker = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        if (this.#stop.signal.aborted) return;
        this.#found(next.name, await next.probe());
      }
    };
    await Promise.all(Array.from({ length: this.#terms.atOnce }, worker));
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.look();
      await pause(this.#terms.everyMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  #found(resource: string, { verdict, detail }: Reach): void {
    const { clock, log } = this.#services;
    const before = this.#health.get(resource);
    if (before === undefined || this.#stop.signal.aborted) return;
    const reason = REASONS[verdict];
    const state = reason === undefined ? 'reachable' : 'unreachable';
    const nowMs = clock.nowMs();
    const isNew = before.state !== state;
    const lastFailure = reason === undefined ? before.lastFailure : { atMs: nowMs, reason };
    this.#health.set(resource, {
      state,
      sinceMs: isNew ? nowMs : before.sinceMs,
      checkedAtMs: nowMs,
      ...(lastFailure === undefined ? {} : { lastFailure }),
    });
    if (isNew && state === 'unreachable')
      log.warn('a resource does not answer', { resource, reason: detail });
    if (isNew && before.state === 'unreachable') log.info('a resource answers again', { resource });
  }
}
