/** What a bound portal runs, and on which terms. */
import type { Verdict } from '../../../enforcement/gate.ts';
import { type Delivered, nothingDelivered } from '../../../enforcement/limits/result-meter.ts';
import type { StatementValues } from '../facts/approval-ask.ts';
import type { Judge } from '../facts/judge.ts';
import type { Statement } from '../facts/statement.ts';
import type { Bind } from '../wire/frontend/bind.ts';
import type { Draft } from './draft.ts';

/** A bound portal: what it runs. */
export interface Portal {
  readonly statement: Statement;
  /** Estimated memory, in bytes. */
  readonly weight: number;
  /** Kept where people may have to be asked again before it is run. */
  readonly values?: StatementValues | undefined;
  /** What was fulfilled when it was bound, where anything had to be. */
  readonly terms?: PortalTerms | undefined;
  /** What was fetched of it so far. */
  delivered: Delivered;
}

/** What was fulfilled when a portal was bound counts for it when it is run, as long as it means the same. */
export class PortalTerms {
  readonly verdict: Verdict;
  readonly #statement: Statement;
  /** Where people agreed: what they agreed to. */
  readonly #meaning: string | undefined;
  #isRun = false;

  constructor(draft: Draft, judge: Judge) {
    this.verdict = draft.verdict;
    this.#statement = draft.statement;
    this.#meaning = draft.needsApproval ? judge.meaning(draft.statement) : undefined;
  }

  /** Whether the statement, as the server would understand it now, is the one that was bound. */
  isStill(statement: Statement, judge: Judge): boolean {
    if (this.#meaning === undefined) return statement === this.#statement;
    return judge.meaning(statement) === this.#meaning;
  }

  /** True once: limits counted the first run when the portal was bound. */
  takeCount(): boolean {
    const isFirst = !this.#isRun;
    this.#isRun = true;
    return isFirst;
  }
}

/** The portal that the draft's Bind makes. */
export function newPortal(draft: Draft, bind: Bind, judge: Judge): Portal {
  const { statement } = draft;
  const delivered = nothingDelivered();
  if (!draft.hasObligations) return { statement, weight: statement.weight, delivered };
  const terms = new PortalTerms(draft, judge);
  if (!draft.needsApproval) return { statement, weight: statement.weight, terms, delivered };
  // Copied, or they would hold the whole chunk they came with.
  const values = bind.parameters.map((value) => (value === undefined ? undefined : Buffer.from(value)));
  const bytes = values.reduce((sum, value) => sum + (value?.length ?? 0), 0);
  return {
    statement,
    weight: statement.weight + bytes,
    values: { values, formats: bind.parameterFormats },
    terms,
    delivered,
  };
}
