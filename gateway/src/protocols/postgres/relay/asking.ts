/** Before a statement is carried out: a place among the limits, and the people who have to agree. */
import { denyUnfulfilled } from '../../../enforcement/deny-unfulfilled.ts';
import type { Verdict } from '../../../enforcement/gate.ts';
import type { MaskObligation } from '../../../model/obligation.ts';
import { clientProtocolError } from '../errors.ts';
import type { StatementValues } from '../facts/approval-ask.ts';
import type { Judge } from '../facts/judge.ts';
import type { Statement } from '../facts/statement.ts';
import type { ResultMask } from '../masking/result-mask.ts';
import type { Draft } from './draft.ts';
import type { Pipeline } from './pipeline.ts';
import type { Stage } from './stage.ts';

/**
 * Makes what replaces values in the answer of an exchange, where the obligations ask for it; a text says why that cannot
 * be done, and is told to the agent.
 */
export type ExchangeMasks = (
  statement: Statement,
  masks: readonly MaskObligation[],
) => ResultMask | { readonly rule: string; readonly reason: string };

/** What asking works with. */
export interface AskingServices {
  readonly judge: Judge;
  readonly pipeline: Pipeline;
  readonly stage: Stage;
  /** Resolves when `condition` holds, without submitting what is staged; rejects when the session ends. */
  readonly until: (condition: () => boolean) => Promise<void>;
  readonly masks: ExchangeMasks | undefined;
  /** Aborted when the session ends. */
  readonly sessionEnd: AbortSignal;
}

/** Fulfils what stands between a permit and carrying it out. */
export class Asking {
  readonly #services: AskingServices;
  #waiting: AbortController | undefined;

  constructor(services: AskingServices) {
    this.#services = services;
  }

  /** The client cancels what it waits for: it is told that the approval is pending. */
  cancel(): void {
    this.#waiting?.abort();
  }

  /** Puts the final verdict into the draft; a promise where people are asked. */
  fulfil(draft: Draft, values: StatementValues): Promise<void> | undefined {
    draft.isFulfilled = true;
    if (draft.needsApproval) return this.#ask(draft, values);
    const { judge } = this.#services;
    const verdict = judge.fulfil(draft, values, { waitMs: 0 });
    if (verdict instanceof Promise) return verdict.then((late) => this.#settle(draft, late));
    this.#settle(draft, verdict);
    return undefined;
  }

  /**
   * What was sent before goes first, and is answered. Then there is a wait only where the server holds nothing for it:
   * no transaction, no half of a batch.
   */
  async #ask(draft: Draft, values: StatementValues): Promise<void> {
    const { judge, pipeline, stage, until, sessionEnd } = this.#services;
    await stage.submitBefore(draft);
    if (!stage.isMidBatch) await until(() => pipeline.length === 0);
    const canWait = !stage.isMidBatch && pipeline.status === 'I';
    this.#waiting = new AbortController();
    try {
      const signal = AbortSignal.any([sessionEnd, this.#waiting.signal]);
      this.#settle(draft, await judge.fulfil(draft, values, canWait ? { signal } : { signal, waitMs: 0 }));
    } finally {
      this.#waiting = undefined;
    }
    if (sessionEnd.aborted) throw clientProtocolError('the session is over');
  }

  #settle(draft: Draft, verdict: Verdict): void {
    draft.verdict = this.#masked(draft, verdict);
    if (draft.verdict.decision.effect === 'deny') this.#services.judge.noteRefusal();
  }

  /** The verdict as it is once the masks are made, or cannot be. */
  #masked(draft: Draft, verdict: Verdict): Verdict {
    const { decision } = verdict;
    if (decision.effect === 'deny') return verdict;
    const obligations = decision.obligations.filter((one) => one.kind === 'mask');
    const [first] = obligations;
    if (first === undefined) return verdict;
    const made = this.#services.masks?.(draft.statement, obligations) ?? {
      rule: first.rule,
      reason: 'nothing is masked here',
    };
    if (!('reason' in made)) {
      draft.mask = made;
      return verdict;
    }
    return { id: verdict.id, decision: denyUnfulfilled(decision, draft.access, made) };
  }
}
