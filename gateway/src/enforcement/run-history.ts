import type { AccessRequest } from '../model/access-request.ts';
import type { PriorExchange } from '../model/approval.ts';
import type { Principal } from '../model/principal.ts';
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
  readonly #runs = new Map<string, Latest>();
  #last: Latest | undefined;

  /** Takes in what was decided, and hands it on. */
  noteAll(intents: readonly Intent[]): readonly Intent[] {
    for (const intent of intents) this.note(intent);
    return intents;
  }

  /** Takes in what was decided. */
  note({ access, verdict, summary }: Intent): void {
    this.#latestOf(keyOf(access.principal)).add({
      atMs: access.context.nowMs,
      session: access.context.sessionId,
      resource: access.resource.name,
      summary: summary.length > SUMMARY_CHARACTERS ? summary.slice(0, SUMMARY_CHARACTERS) : summary,
      effect: verdict.decision.effect,
      decision: verdict.id,
    });
  }

  /** What the run of the request did before it, the last one last. */
  before(access: AccessRequest): readonly PriorExchange[] {
    return this.#runs.get(keyOf(access.principal))?.inOrder() ?? [];
  }

  /** Those of a run, which is from now on the one that did something last. */
  #latestOf(key: string): Latest {
    const last = this.#last;
    if (last?.key === key) return last;
    const kept = this.#runs.get(key) ?? new Latest(key);
    this.#runs.delete(key);
    this.#runs.set(key, kept);
    this.#last = kept;
    if (this.#runs.size > MOST_RUNS) {
      for (const oldest of this.#runs.keys()) {
        this.#runs.delete(oldest);
        break;
      }
    }
    return kept;
  }
}

/** The latest exchanges of one run. */
class Latest {
  readonly key: string;
  readonly #kept: PriorExchange[] = [];
  /** Where the next one goes, once there are as many as are kept. */
  #next = 0;

  constructor(key: string) {
    this.key = key;
  }

  add(exchange: PriorExchange): void {
    this.#kept[this.#next] = exchange;
    this.#next = (this.#next + 1) % MOST_EXCHANGES;
  }

  inOrder(): readonly PriorExchange[] {
    if (this.#kept.length < MOST_EXCHANGES) return [...this.#kept];
    return [...this.#kept.slice(this.#next), ...this.#kept.slice(0, this.#next)];
  }
}

/** A principal asks for many things. */
const keys = new WeakMap<Principal, string>();

/** The run that the token proves; without one whatever the agent does for the principal. */
function keyOf(principal: Principal): string {
  const known = keys.get(principal);
  if (known !== undefined) return known;
  const { issuer, subject, run, agent } = principal;
  const key = JSON.stringify([
    issuer,
    subject,
    ...(run === undefined ? ['agent', agent ?? ''] : ['run', run]),
  ]);
  keys.set(principal, key);
  return key;
}
