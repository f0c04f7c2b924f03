/**
 * The span between two Syncs as the client counts it, and what a refusal in it does: an error in the extended protocol
 * skips everything up to the next Sync, whether the server or the gateway raised it.
 */
import { encodeReadyForQuery } from '../wire/backend/ready-for-query.ts';
import { Operation, type OperationKind } from './operation.ts';
import type { Pipeline } from './pipeline.ts';
import type { Stage } from './stage.ts';
import { type ControlMessage, failingParse, failingQuery } from './upstream-writer.ts';

/** The batch at hand. */
export class Batch {
  readonly #pipeline: Pipeline;
  readonly #stage: Stage;
  #number = 1;
  #isOpen = false;
  /** `local`: the server knows nothing of what was refused, so the gateway answers the Sync as well. */
  #skipping: 'no' | 'upstream' | 'local' = 'no';

  constructor(pipeline: Pipeline, stage: Stage) {
    this.#pipeline = pipeline;
    this.#stage = stage;
  }

  get number(): number {
    return this.#number;
  }

  /** Extended-protocol messages of this batch went, or will go, upstream. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Messages are dropped until Sync. */
  get isSkipping(): boolean {
    return this.#skipping !== 'no' || this.#pipeline.isSkipping(this.#number);
  }

  /** An extended-protocol message of this batch goes upstream. */
  open(): void {
    this.#isOpen = true;
  }

  /** A simple Query or FunctionCall was dealt with; it ends what extended messages began. */
  close(): void {
    this.#isOpen = false;
  }

  /** Sync: answered here if the server knows nothing of the batch, else handed on. */
  sync(message: ControlMessage): void {
    if (this.#skipping === 'local') this.#stage.local(encodeReadyForQuery(this.#pipeline.status));
    else this.#stage.control(message, this.operation('sync'));
    this.#skipping = 'no';
    this.#isOpen = false;
    this.#number += 1;
  }

  /** Refuses a simple Query or FunctionCall. */
  refuseSimple(error: Buffer, reference: string): void {
    if (this.#isServerUnaware()) {
      this.#stage.local(Buffer.concat([error, encodeReadyForQuery(this.#pipeline.status)]));
    } else {
      this.#stage.control(failingQuery(reference), this.#failing('query', error));
    }
    this.#isOpen = false;
  }

  /** Refuses an extended-protocol message and what follows it up to Sync. */
  refuseExtended(error: Buffer, reference: string): void {
    if (this.#isServerUnaware()) {
      this.#stage.local(error);
      this.#skipping = 'local';
    } else {
      this.#stage.control(failingParse(reference), this.#failing('parse', error));
      this.#skipping = 'upstream';
    }
  }

  operation(kind: OperationKind): Operation {
    return new Operation(kind, this.#number);
  }

  #failing(kind: OperationKind, error: Buffer): Operation {
    const operation = this.operation(kind);
    operation.replaceError = error;
    return operation;
  }

  /** Nothing of this batch is upstream, nothing is in flight, and no transaction is open that a refusal must fail. */
  #isServerUnaware(): boolean {
    const isIdle = this.#pipeline.length === 0 && !this.#stage.hasUpstreamItems;
    return isIdle && !this.#isOpen && this.#pipeline.status !== 'T';
  }
}
