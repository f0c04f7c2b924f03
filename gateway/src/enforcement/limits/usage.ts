/**
 * What principals and runs have used: the one memory behind `statementsPerMinute`, `distinctTables`,
 * `probes` and `sessions`.
 * Pure bookkeeping: no timer, no socket, and every call ends before the next begins, so that two statements that race
 * for the last place cannot both get it.
 *
 * Who calls what (the order of `gate.ts`):
 * 1. {@link Usage.check} when a request is decided; it counts nothing, so that Parse, Describe and an explanation by
 *    the API cost nothing.
 * 2. {@link Usage.take} for each permitted intent, right before its record is written: once for an exchange, however
 *    many messages it came in. What it refuses is a denial (`denyOverLimit`), and is recorded as such.
 * 3. {@link Usage.release} at the end of each session that a `connect` was taken for, however it ended.
 *
 * Counters live with the process: they begin anew when the gateway starts (docs/limits.md).
 */
import type { AccessRequest } from '../../model/access-request.ts';
import type { Clock } from '../../model/clock.ts';
import type { LimitsObligation, Obligation } from '../../model/obligation.ts';
import { countProbes } from '../obligations/inference.ts';
import { isCumulative, overProbes, overStatements, overTables } from './cumulative-bounds.ts';
import { Ledger } from './ledger.ts';
import type { LimitExceeded } from './limit-exceeded.ts';
import { OpenSessions } from './open-sessions.ts';
import { touchedTables } from './touched-tables.ts';
import { sessionOwner, usageKey } from './usage-key.ts';

/** Most that is held in memory (P10). When it is reached, what is no longer needed goes; else the newcomer is refused. */
export interface UsageBounds {
  /** Pairs of rule and run (or agent) on a resource. */
  readonly keys: number;
  /** Table names and probes of all runs together. */
  readonly tables: number;
  /** Milliseconds with a statement in them, of all runs together; 16 bytes each. */
  readonly marks: number;
  readonly sessions: number;
}

/** Some 60 MiB at the most. */
const DEFAULT_BOUNDS: UsageBounds = { keys: 20_000, tables: 200_000, marks: 1_000_000, sessions: 100_000 };

/** Between two searches for what can go, when memory is full. */
const SWEEP_EVERY_MS = 1_000;
const RETRY_AT_CAPACITY_MS = 60_000;

/** Counts, and says when a bound is met. */
export interface Usage {
  /** Which bound the request would pass; counts nothing. Obligations that set no cumulative bound cost nothing. */
  check(
    access: AccessRequest,
    obligations: readonly Obligation[],
    asked?: () => string,
  ): LimitExceeded | undefined;
  /**
   * The same, and counts every statement of the request under every rule that bounds it, or, when one refuses, none
   * under any. A `connect`
   * takes a place among the open sessions, whether or not a rule bounds them.
   * @param asked tells the same question about masked columns from others: a digest of text and values; absent: no two are
   *   the same
   */
  take(
    access: AccessRequest,
    obligations: readonly Obligation[],
    asked?: () => string,
  ): LimitExceeded | undefined;
  /** People were told that the run asks too much about masked columns. */
  noteTold(access: AccessRequest, rule: string): void;
  /** Gives back a session's place. Idempotent; unknown ids are ignored. */
  release(sessionId: string): void;
}

/**
 * Makes an empty memory.
 * @param options.clock best a monotonic one: set forward, a wall clock would end a minute early. Set back, it only
 *   makes waits longer.
 */
export function createUsage(options: {
  readonly clock: Clock;
  readonly bounds?: Partial<UsageBounds>;
}): Usage {
  // Whole milliseconds: statements of one share a mark.
  const clock = { nowMs: () => Math.floor(options.clock.nowMs()) };
  return new CountedUsage(clock, { ...DEFAULT_BOUNDS, ...options.bounds });
}

/** What a request will be counted as, should every rule agree. */
interface Charge {
  readonly limits: LimitsObligation;
  readonly key: string;
  readonly ledger: Ledger | undefined;
  readonly newTables: readonly string[];
  readonly newProbes: readonly string[];
}

interface Weighed {
  readonly charges: readonly Charge[];
  readonly exceeded: LimitExceeded | undefined;
}

class CountedUsage implements Usage {
  readonly #clock: Clock;
  readonly #bounds: UsageBounds;
  readonly #ledgers = new Map<string, Ledger>();
  readonly #sessions = new OpenSessions();
  #tables = 0;
  #marks = 0;
  #unnamed = 0;
  #sweptAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, bounds: UsageBounds) {
    this.#clock = clock;
    this.#bounds = bounds;
  }

  check(
    access: AccessRequest,
    obligations: readonly Obligation[],
    asked?: () => string,
  ): LimitExceeded | undefined {
    const limits = obligations.filter(isCumulative);
    if (limits.length === 0) return undefined;
    // Without its values nobody knows whether it was asked before.
    const probes = asked === undefined ? [] : this.#probesOf(access, obligations, asked);
    return this.#weigh(access, limits, probes).exceeded;
  }

  noteTold(access: AccessRequest, rule: string): void {
    const key = usageKey(access, rule);
    const ledger =
      this.#ledgers.get(key) ?? (this.#ledgers.size < this.#bounds.keys ? new Ledger() : undefined);
    if (ledger === undefined) return;
    ledger.isTold = true;
    ledger.touch(this.#clock.nowMs(), access.principal.expiresAtMs - access.context.nowMs);
    this.#ledgers.set(key, ledger);
  }

  take(
    access: AccessRequest,
    obligations: readonly Obligation[],
    asked: () => string = () => `${(this.#unnamed += 1)}`,
  ): LimitExceeded | undefined {
    const opens = access.facts.family === 'connect';
    const limits = obligations.filter(isCumulative);
    if (limits.length === 0 && !opens) return undefined;
    const probes = this.#probesOf(access, obligations, asked);
    const { charges, exceeded } = this.#weigh(access, limits, probes);
    const refused = exceeded ?? (opens ? this.#noPlace(access, limits[0]?.rule) : undefined);
    if (refused !== undefined) return refused;
    const counted = new Set<string>();
    for (const charge of charges) {
      this.#apply(charge, access, counted.has(charge.key));
      if (charge.limits.statementsPerMinute !== undefined) counted.add(charge.key);
    }
    if (opens) this.#sessions.open(sessionOwner(access), access.context.sessionId);
    return undefined;
  }

  release(sessionId: string): void {
    this.#sessions.close(sessionId);
  }

  #probesOf(
    { facts }: AccessRequest,
    obligations: readonly Obligation[],
    asked: () => string,
  ): readonly string[] {
    if (!obligations.some((one) => one.kind === 'limits' && one.probes !== undefined)) return [];
    const count = countProbes(facts, obligations);
    if (count === 0) return [];
    const name = asked();
    return Array.from({ length: count }, (_, index) => `${name}.${index}`);
  }

  #weigh(access: AccessRequest, limits: readonly LimitsObligation[], probes: readonly string[]): Weighed {
    const now = this.#clock.nowMs();
    const touched = touchedTables(access.facts);
    const asked = access.facts.statements.length;
    const charges: Charge[] = [];
    for (const bound of limits) {
      const key = usageKey(access, bound.rule);
      const ledger = this.#ledgers.get(key);
      if (ledger !== undefined) this.#tables -= ledger.forgetRun(now);
      const newTables =
        bound.distinctTables === undefined
          ? []
          : [...touched.names].filter((name) => ledger?.tables.has(name) !== true);
      const newProbes =
        bound.probes === undefined ? [] : probes.filter((probe) => ledger?.probes.has(probe) !== true);
      const exceeded =
        overStatements(bound, ledger, now, asked) ??
        overTables(bound, ledger, newTables, touched) ??
        overProbes(bound, ledger, newProbes) ??
        this.#overSessions(bound, access);
      if (exceeded !== undefined) return { charges: [], exceeded };
      charges.push({ limits: bound, key, ledger, newTables, newProbes });
    }
    return { charges, exceeded: this.#overCapacity(charges, now) };
  }

  #overSessions({ sessions, rule }: LimitsObligation, access: AccessRequest): LimitExceeded | undefined {
    if (sessions === undefined) return undefined;
    // A session counts itself: at its connect it is about to be open, later it is.
    const used = this.#sessions.count(sessionOwner(access), access.context.sessionId);
    return used >= sessions ? { limit: 'sessions', rule, allowed: sessions, used } : undefined;
  }

  #overCapacity(charges: readonly Charge[], now: number): LimitExceeded | undefined {
    const { keys, tables, marks } = this.#bounds;
    const newKeys = charges.filter(({ ledger }) => ledger === undefined).length;
    const newTables = charges.reduce(
      (sum, { newTables: names, newProbes }) => sum + names.length + newProbes.length,
      0,
    );
    const fits = (): boolean =>
      this.#ledgers.size + newKeys <= keys &&
      this.#tables + newTables <= tables &&
      this.#marks + charges.length <= marks;
    if (fits()) return undefined;
    this.#sweep(now);
    if (fits()) return undefined;
    return {
      limit: 'capacity',
      rule: charges[0]?.limits.rule ?? '',
      allowed: keys,
      used: this.#ledgers.size,
      retryAfterMs: RETRY_AT_CAPACITY_MS,
    };
  }

  #noPlace(access: AccessRequest, rule: string | undefined): LimitExceeded | undefined {
    const { sessions } = this.#bounds;
    if (this.#sessions.size < sessions || this.#sessions.has(access.context.sessionId)) return undefined;
    return { limit: 'capacity', rule: rule ?? '', allowed: sessions, used: this.#sessions.size };
  }

  #apply(charge: Charge, { principal, context, facts }: AccessRequest, isCounted: boolean): void {
    const { limits, key, newTables, newProbes } = charge;
    const now = this.#clock.nowMs();
    const ledger = this.#ledgers.get(key) ?? new Ledger();
    this.#ledgers.set(key, ledger);
    // How long the token lives is told by the wall clock; this one may begin anywhere.
    ledger.touch(now, principal.expiresAtMs - context.nowMs);
    if (limits.statementsPerMinute !== undefined && !isCounted) {
      const before = ledger.window.marks;
      ledger.window.add(now, facts.statements.length);
      this.#marks += ledger.window.marks - before;
    }
    const before = ledger.held;
    for (const name of newTables) ledger.tables.add(name);
    for (const probe of newProbes) ledger.probes.add(probe);
    this.#tables += ledger.held - before;
  }

  /** Drops what no limit needs any more. What does stay is within its window: it is never dropped for a newcomer. */
  #sweep(now: number): void {
    // A clock that was set back counts as due.
    if (now >= this.#sweptAtMs && now - this.#sweptAtMs < SWEEP_EVERY_MS) return;
    this.#sweptAtMs = now;
    this.#tables = 0;
    this.#marks = 0;
    for (const [key, ledger] of this.#ledgers) {
      if (ledger.isOver(now)) {
        this.#ledgers.delete(key);
        continue;
      }
      this.#tables += ledger.held;
      this.#marks += ledger.window.marks;
    }
  }
}
