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
 * @param isShadow nobody permits it, so that the policy has not looked at where its values go
 */
export type ExchangeMasks = (
  statement: Statement,
  masks: readonly MaskObligation[],
  isShadow: boolean,
) => Made;

type Made = ResultMask | { readonly rule: string; readonly reason: string };

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
    if (draft.isCounted) {
      this.#settle(draft, draft.verdict);
      return undefined;
    }
    const { judge } = this.#services;
    const verdict = judge.fulfil(draft, values, { waitMs: 0 });
    if (verdict instanceof Promise) return verdict.then((late) => this.#settle(draft, late));
    this.#settle(draft, verdict);
    return undefined;
  }

  /**
   * What was sent before goes first, and is answered: nobody is asked for what is skipped anyway. Then there is a wait only
   * where the server holds nothing for it: no transaction, no half of a batch.
   */
  async #ask(draft: Draft, values: StatementValues): Promise<void> {
    const { judge, pipeline, stage, until, sessionEnd } = this.#services;
    const waiting = new AbortController();
    this.#waiting = waiting;
    try {
      await stage.submitBefore(draft);
      stage.pushOut();
      await until(() => pipeline.length === 0);
      if (pipeline.isSkipping(draft.batch)) return;
      const canWait = !stage.isMidBatch && pipeline.status === 'I' && !waiting.signal.aborted;
      const signal = AbortSignal.any([sessionEnd, waiting.signal]);
      // The signal says that nobody is there to use a grant: who only does not want to wait may use it.
      const wait = canWait ? { signal } : { signal: sessionEnd, waitMs: 0 };
      this.#settle(draft, await judge.fulfil(draft, values, wait));
    } finally {
      this.#waiting = undefined;
    }
    if (!sessionEnd.aborted) return;
    // What it used up is on file with it, although nothing can come of it.
    if (draft.verdict.grant !== undefined) await stage.submit();
    throw clientProtocolError('the session is over');
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
    if (obligations.length === 0) return verdict;
    const made = this.#make(draft, obligations);
    if (!('reason' in made)) {
      draft.mask = made;
      return verdict;
    }
    const denied = denyUnfulfilled(decision, draft.access, made);
    // Shadow mode lifts every refusal.
    if (draft.access.resource.mode === 'observe') return { ...verdict, shadow: denied };
    return { ...verdict, decision: denied };
  }

  #make({ statement, steps, verdict }: Draft, obligations: readonly MaskObligation[]): Made {
    const rule = obligations[0]?.rule ?? '';
    if (this.#services.masks === undefined) return { rule, reason: 'nothing is masked here' };
    if (steps[0] === 'function-call')
      return { rule, reason: 'the answer to a FunctionCall message cannot be masked; SELECT the function' };
    return this.#services.masks(statement, obligations, verdict.shadow !== undefined);
  }
}
