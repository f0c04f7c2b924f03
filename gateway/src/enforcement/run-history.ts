import type { AccessRequest } from '../model/access-request.ts';
import type { PriorExchange } from '../model/approval.ts';
import type { Intent } from './verdict.ts';

/** Exchanges of one run that are kept in mind, and runs (P10); the oldest go. */
const MOST_EXCHANGES = 10;
const MOST_RUNS = 5_000;
const SUMMARY_CHARACTERS = 200;

/**
 * What each run did last, over all its sessions and protocols, for the people that it asks. In memory: a restart forgets
 * it. Summaries hold no data.
 */
export class RunHistory {
  /** The one that did something last comes last. */
  readonly #runs = new Map<string, PriorExchange[]>();

  /** Takes in what was decided, and hands it on. */
  noteAll(intents: readonly Intent[]): readonly Intent[] {
    for (const intent of intents) this.note(intent);
    return intents;
  }

  /** Takes in what was decided. */
  note({ access, verdict, summary }: Intent): void {
    const key = keyOf(access);
    const kept = this.#runs.get(key) ?? [];
    this.#runs.delete(key);
    if (kept.length >= MOST_EXCHANGES) kept.shift();
    kept.push({
      atMs: access.context.nowMs,
      session: access.context.sessionId,
      resource: access.resource.name,
      summary: summary.slice(0, SUMMARY_CHARACTERS),
      effect: verdict.decision.effect,
      decision: verdict.id,
    });
    this.#runs.set(key, kept);
    if (this.#runs.size <= MOST_RUNS) return;
    for (const oldest of this.#runs.keys()) {
      this.#runs.delete(oldest);
      return;
    }
  }

  /** What the run of the request did before it, the last one last. */
  before(access: AccessRequest): readonly PriorExchange[] {
    return [...(this.#runs.get(keyOf(access)) ?? [])];
  }
}

/** The run that the token proves; without one whatever the agent does for the principal. */
function keyOf({ principal: { issuer, subject, run, agent } }: AccessRequest): string {
  return JSON.stringify([issuer, subject, ...(run === undefined ? ['agent', agent ?? ''] : ['run', run])]);
}
