import type {
  ApprovalAsk,
  ApprovalOutcome,
  Approvals,
  ApprovalWait,
  Grant,
} from '../../../../model/approval.ts';
import type { PolicyVersion } from '../../../../model/decision.ts';

/** One that waits for an answer. */
interface Waiter {
  readonly ask: ApprovalAsk;
  readonly answer: (outcome: ApprovalOutcome) => void;
  readonly isGone: () => boolean;
}

/** Approvals in memory: the test is the approver. A grant passes one ask of the same binding. */
export class MemoryApprovals implements Approvals {
  /** What was asked, in order, with how long the asker would wait. */
  readonly asked: { readonly ask: ApprovalAsk; readonly waitMs: number | undefined }[] = [];
  /** How many grants were used up. */
  used = 0;
  readonly #waiters: Waiter[] = [];
  readonly #grants = new Set<string>();

  ask(ask: ApprovalAsk, { waitMs, signal }: ApprovalWait = {}): Promise<ApprovalOutcome> {
    this.asked.push({ ask, waitMs });
    const isGone = (): boolean => signal?.aborted === true;
    const now = this.#look(ask, isGone);
    if (now.state !== 'pending' || waitMs === 0 || isGone()) return Promise.resolve(now);
    return new Promise((answer) => {
      const waiter = { ask, answer, isGone };
      this.#waiters.push(waiter);
      signal?.addEventListener('abort', () => {
        const at = this.#waiters.indexOf(waiter);
        if (at >= 0) this.#waiters.splice(at, 1);
        answer(pending());
      });
    });
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiters.length;
  }

  /** Agrees to whatever was asked last, once. */
  grant(): void {
    const last = this.asked.at(-1)?.ask;
    if (last === undefined) return;
    this.#grants.add(keyOf(last));
    for (const { ask, answer, isGone } of this.#waiters.splice(0)) answer(this.#look(ask, isGone));
  }

  /** Whoever waits is refused. */
  deny(comment: string): void {
    for (const { answer } of this.#waiters.splice(0))
      answer({ state: 'denied', id: 'apr_1', comment, remainingMs: 60_000 });
  }

  #look(ask: ApprovalAsk, isGone: () => boolean): ApprovalOutcome {
    const grounds = ask.grounds();
    if (grounds === undefined) return { state: 'voided', reason: 'no longer permitted' };
    const key = keyOf(ask);
    if (isGone() || !this.#grants.delete(key)) return pending();
    this.used += 1;
    const rules = grounds.obligations.filter(({ kind }) => kind === 'approval').map(({ rule }) => rule);
    return { state: 'granted', grant: grantOf(rules, grounds.policy, this.used) };
  }
}

function pending(): ApprovalOutcome {
  return { state: 'pending', id: 'apr_1', remainingMs: 900_000 };
}

function keyOf({ binding }: ApprovalAsk): string {
  return JSON.stringify(binding);
}

function grantOf(rules: readonly string[], policy: PolicyVersion, number: number): Grant {
  return { id: `grt_${number}`, request: 'apr_1', digest: '', rules, policy, approvers: ['dora'] };
}
