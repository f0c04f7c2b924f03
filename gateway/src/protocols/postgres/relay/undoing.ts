/**
 * Statements whose changed rows are bounded are sent so that they can be undone: in the client's transaction, which is
 * made to fail, or in a block that the gateway opens around them. Nothing is sent behind one before the server has told how
 * many rows it has changed.
 */
import { denyUnfulfilled } from '../../../enforcement/deny-unfulfilled.ts';
import type { Judge } from '../facts/judge.ts';
import type { Draft } from './draft.ts';
import { Operation } from './operation.ts';
import type { BlockEnd } from './own-block.ts';
import type { Pipeline } from './pipeline.ts';
import type { Stage } from './stage.ts';
import {
  type ControlMessage,
  failingQuery,
  ownBegin,
  ownQuery,
  type UpstreamWriter,
} from './upstream-writer.ts';

/** What undoing works with. */
export interface UndoingServices {
  readonly judge: Judge;
  readonly pipeline: Pipeline;
  readonly stage: Stage;
  readonly upstream: UpstreamWriter;
  /** Resolves when `condition` holds, without submitting what is staged; rejects when the session ends. */
  readonly until: (condition: () => boolean) => Promise<void>;
}

/** Opens the gateway's own block where one is needed. */
export class Undoing {
  readonly #services: UndoingServices;

  constructor(services: UndoingServices) {
    this.#services = services;
  }

  /**
   * Refuses what would end the block that is open: the client knows nothing of it. Where it sends both in one batch, it would
   * keep what may have to be undone.
   */
  keepsBlock(draft: Draft): void {
    if (!this.#services.pipeline.block.takesMore || !draft.statement.controlsTransaction) return;
    this.#refuse(
      draft,
      'it stands in one batch with a statement whose changed rows are bounded; end that first',
    );
  }

  /** For a batch of the extended protocol; undefined where nothing has to be opened. */
  open(draft: Draft): Promise<void> | undefined {
    return draft.boundsChanges && !this.#services.pipeline.block.isOpen ? this.#open(draft) : undefined;
  }

  /** For a query; false where the server did not open it, and has told the client why. Undefined where nothing has to be opened. */
  openForQuery(draft: Draft): Promise<boolean> | undefined {
    return draft.boundsChanges ? this.#openForQuery(draft) : undefined;
  }

  /** What the gateway has opened a block for is done: it is kept, or undone. */
  end(end: BlockEnd): void {
    const operation = new Operation('query', 0);
    const { block } = this.#services.pipeline;
    operation.block = 'ends';
    // A failure of COMMIT is told; before ROLLBACK the client was told of one.
    operation.isOwn = end === 'ROLLBACK';
    operation.onFailed = () => block.failed();
    operation.exchange = block.lastRun;
    this.#send(ownQuery(end), operation);
  }

  /** The client was told of an error in its transaction that goes on: it has to fail for the server too. */
  failTransaction(): void {
    const operation = new Operation('query', 0);
    operation.isOwn = true;
    this.#send(failingQuery('limit'), operation);
  }

  #send(message: ControlMessage, operation: Operation): void {
    const { stage, upstream } = this.#services;
    stage.sendOwn(message, operation);
    upstream.flush();
  }

  async #open(draft: Draft): Promise<void> {
    const { stage, upstream, pipeline, until } = this.#services;
    if (!(await this.#needsBlock(draft))) return;
    for (const [message, kind] of ownBegin()) {
      const operation = new Operation(kind, draft.batch);
      operation.isOwn = true;
      if (kind === 'execute') operation.block = 'begins';
      stage.sendOwn(message, operation);
    }
    stage.pushOut();
    upstream.flush();
    await until(() => pipeline.length === 0);
  }

  async #openForQuery(draft: Draft): Promise<boolean> {
    const { pipeline, until } = this.#services;
    if (!(await this.#needsBlock(draft))) return true;
    const operation = new Operation('query', draft.batch);
    operation.block = 'begins';
    // Alone: were BEGIN refused, or cancelled, what came behind it would be kept.
    this.#send(ownQuery('BEGIN'), operation);
    await until(() => pipeline.length === 0);
    return pipeline.block.isOpen;
  }

  /** Everything before is answered first, so that it is known whether a transaction is open. */
  async #needsBlock(draft: Draft): Promise<boolean> {
    const { stage, pipeline, until } = this.#services;
    await stage.submitBefore(draft);
    stage.pushOut();
    await until(() => pipeline.length === 0);
    if (pipeline.isSkipping(draft.batch) || pipeline.block.isOpen) return false;
    const { transaction } = pipeline;
    if (transaction === undefined)
      this.#refuse(draft, 'a transaction was ended in the same batch; end the batch first');
    return transaction === 'I';
  }

  #refuse(draft: Draft, reason: string): void {
    const { decision } = draft.verdict;
    if (decision.effect === 'deny') return;
    const limits = decision.obligations.find(
      (one) => one.kind === 'limits' && one.affectedRows !== undefined,
    );
    const rule = limits?.rule ?? decision.rules[0] ?? '';
    draft.verdict = { ...draft.verdict, decision: denyUnfulfilled(decision, draft.access, { rule, reason }) };
    this.#services.judge.noteRefusal();
  }
}
