/** The loop breaker: an agent that repeats what was denied is told less, people are told, and where the policy says so it is stopped. */
import { randomBytes } from 'node:crypto';
import type { Approver } from '../model/approval.ts';
import type { AuditLog } from '../model/audit-event.ts';
import type { Clock } from '../model/clock.ts';
import type { Principal } from '../model/principal.ts';
import type { DeniedStatement, Quarantine, Repetition, RunGuard } from '../model/run-guard.ts';
import type { Log } from '../telemetry/log.ts';
import { QuarantineError } from './errors.ts';
import { type CounterLimits, RepeatCounter } from './repeat-counter.ts';
import type { QuarantineRepository } from './repository.ts';
import { runKey, statementDigest } from './run-identity.ts';

/** What the guard works with. */
export interface RunGuardServices {
  readonly repository: QuarantineRepository;
  readonly audit: AuditLog;
  readonly wall: Clock;
  /** Goes forward only: a clock that is set changes no quarantine while the gateway runs. */
  readonly steady: Clock;
  readonly log: Log;
  readonly limits?: CounterLimits & { readonly quarantines: number };
}

/** The guard, with what people may do. */
export interface OpenRunGuard extends RunGuard {
  /** All that are in force, the one that ends last first. */
  list(): readonly Quarantine[];
  /** Ends one now. @throws QuarantineError */
  lift(id: string, by: Approver): Promise<Quarantine>;
}

interface Held {
  readonly quarantine: Quarantine;
  /** Its end by the steady clock. */
  readonly endMs: number;
}

const LIMITS = { runs: 10_000, statementsPerRun: 100, quarantines: 10_000 };

/** Takes up the quarantines that are on file. */
export async function openRunGuard(services: RunGuardServices): Promise<OpenRunGuard> {
  const guard = new StoredRunGuard(services);
  await guard.restore();
  return guard;
}

class StoredRunGuard implements OpenRunGuard {
  readonly #services: RunGuardServices;
  readonly #limits: CounterLimits & { readonly quarantines: number };
  readonly #counter: RepeatCounter;
  readonly #held = new Map<string, Held>();

  constructor(services: RunGuardServices) {
    this.#services = services;
    this.#limits = services.limits ?? LIMITS;
    this.#counter = new RepeatCounter(this.#limits);
  }

  async restore(): Promise<void> {
    const { repository, wall, steady } = this.#services;
    for (const quarantine of await repository.all()) {
      const { sinceMs, untilMs } = quarantine;
      // A clock that was set back meanwhile makes none longer than it was.
      const leftMs = Math.min(untilMs - wall.nowMs(), untilMs - sinceMs);
      if (leftMs > 0) this.#held.set(runKey(quarantine), { quarantine, endMs: steady.nowMs() + leftMs });
      else await repository.remove(quarantine.id);
    }
  }

  quarantined(principal: Principal): Quarantine | undefined {
    // Nearly always: nobody is.
    if (this.#held.size === 0) return undefined;
    const run = runKey(principal);
    const held = this.#held.get(run);
    return held === undefined ? undefined : this.#current(run, held);
  }

  denied({ principal, session, resource, text, terms }: DeniedStatement): Repetition {
    const run = runKey(principal);
    const statement = statementDigest(text);
    const count = this.#counter.count(run, statement);
    const begins = terms.quarantine !== undefined && count >= terms.quarantine.after;
    const finding = `fnd_${randomBytes(12).toString('hex')}`;
    const quarantine = begins
      ? this.#begin(run, { finding, principal, session, resource, count, forMs: terms.quarantine.forMs })
      : undefined;
    if (count === terms.after || quarantine !== undefined) {
      const { issuer, subject, agent, delegation, run: runId } = principal;
      this.#services.audit.enqueue({
        type: 'finding.raised',
        finding,
        kind: 'repeated-denials',
        principal: { issuer, subject, delegation, agent, run: runId },
        session,
        resource,
        count,
        statement,
        ...(quarantine === undefined ? {} : { quarantinedUntilMs: quarantine.untilMs }),
      });
    }
    return { count, isLoop: count >= terms.after, ...(quarantine === undefined ? {} : { quarantine }) };
  }

  list(): readonly Quarantine[] {
    return [...this.#held]
      .flatMap(([run, held]) => this.#current(run, held) ?? [])
      .toSorted((left, right) => right.untilMs - left.untilMs);
  }

  async lift(id: string, by: Approver): Promise<Quarantine> {
    const quarantine = this.list().find((one) => one.id === id);
    if (quarantine === undefined) {
      throw new QuarantineError(
        'ERR_QUARANTINE_UNKNOWN',
        'there is no quarantine of this id, or its time is over',
      );
    }
    try {
      await this.#services.audit.append([{ type: 'quarantine.lifted', finding: id, by }], 'synced');
      await this.#services.repository.remove(id);
    } catch (cause) {
      throw new QuarantineError(
        'ERR_QUARANTINE_UNRECORDED',
        'the audit or the state store cannot be written, so the quarantine stays; try again later',
        cause,
      );
    }
    const run = runKey(quarantine);
    if (this.#held.get(run)?.quarantine.id === id) this.#held.delete(run);
    return quarantine;
  }

  #begin(
    run: string,
    cause: Omit<DeniedStatement, 'text' | 'terms'> & {
      readonly finding: string;
      readonly count: number;
      readonly forMs: number;
    },
  ): Quarantine {
    const { finding: id, principal, session, resource, count, forMs } = cause;
    const { issuer, subject, agent, run: runId } = principal;
    const sinceMs = this.#services.wall.nowMs();
    const times = { sinceMs, untilMs: sinceMs + forMs, remainingMs: forMs };
    const quarantine = { id, issuer, subject, agent, run: runId, resource, session, count, ...times };
    this.#makeRoom();
    this.#held.set(run, { quarantine, endMs: this.#services.steady.nowMs() + forMs });
    // When it is over, the run has served its time.
    this.#counter.forget(run);
    this.#save(this.#services.repository.put(run, quarantine));
    return quarantine;
  }

  #current(run: string, { quarantine, endMs }: Held): Quarantine | undefined {
    const remainingMs = endMs - this.#services.steady.nowMs();
    if (remainingMs > 0) return { ...quarantine, remainingMs };
    this.#held.delete(run);
    this.#save(this.#services.repository.remove(quarantine.id));
    return undefined;
  }

  /** P10: what is over goes first; then the one that ends first. */
  #makeRoom(): void {
    if (this.#held.size < this.#limits.quarantines) return;
    const first = this.list().at(-1);
    if (first === undefined || this.#held.size < this.#limits.quarantines) return;
    this.#held.delete(runKey(first));
    this.#save(this.#services.repository.remove(first.id));
  }

  /** It holds in memory in any case; only a restart would not know of it. */
  #save(saving: Promise<void>): void {
    saving.catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      this.#services.log.error('a quarantine cannot be kept on disk', { reason });
    });
  }
}
