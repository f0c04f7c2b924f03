/**
 * The transaction block that the gateway opens around what it may have to undo: a statement whose changed rows are bounded,
 * where the client has no transaction open. Outside of one the server would keep the change before anybody has its number.
 * It ends with the text, or the batch, that it was opened for.
 */
import type { Outcome } from '../../../enforcement/gate.ts';
import { serverProtocolError } from '../errors.ts';
import type { TransactionStatus } from './answers.ts';
import type { ExchangeRun } from './exchange-run.ts';

/** How it is ended. */
export type BlockEnd = 'COMMIT' | 'ROLLBACK';

/** A cancel may hit the ROLLBACK itself: it is sent again so often. */
const MOST_TRIES = 3;

/** The own block of a session; there is one at a time. */
export class OwnBlock {
  #state: 'closed' | 'open' | 'ending' = 'closed';
  #end: BlockEnd = 'COMMIT';
  #tries = 0;
  #runs: ExchangeRun[] = [];
  /** What tells the client of success, kept until the server has committed. */
  #success: Buffer | undefined;
  #hasFailed = false;

  /** From the server's answer to BEGIN to its answer to COMMIT or ROLLBACK. */
  get isOpen(): boolean {
    return this.#state !== 'closed';
  }

  /** The batch or the text is still under way. */
  get takesMore(): boolean {
    return this.#state === 'open';
  }

  /** The exchange that the end belongs to: its masks are those of what the server says then. */
  get lastRun(): ExchangeRun | undefined {
    return this.#runs.at(-1);
  }

  /** The server has confirmed BEGIN. */
  open(): void {
    this.#state = 'open';
    this.#end = 'COMMIT';
    this.#tries = 0;
    this.#hasFailed = false;
  }

  /** What the exchange does stands or falls with the block. */
  add(run: ExchangeRun): void {
    run.isHeld = true;
    this.#runs.push(run);
  }

  /** Keeps a CommandComplete: should the COMMIT fail, the statement has failed. */
  hold(success: Buffer): void {
    this.#success = success;
  }

  /** What it was opened for is over: how it is to end. */
  close(status: TransactionStatus): BlockEnd {
    this.#state = 'ending';
    this.#tries += 1;
    const isUndone = status === 'E' || this.#runs.some(({ cut }) => cut !== undefined);
    if (isUndone || this.#hasFailed) this.#end = 'ROLLBACK';
    return this.#end;
  }

  /** The server refused to end it so. */
  failed(): void {
    this.#hasFailed = true;
  }

  /**
   * The server is ready behind the end: what the client gets; `undefined` where it has to be ended again.
   * @throws PostgresError when the server does not end it
   */
  ended(status: TransactionStatus, ready: Buffer): Buffer | undefined {
    if (status !== 'I') {
      if (this.#tries >= MOST_TRIES) throw serverProtocolError('the server does not end a transaction');
      return undefined;
    }
    const isKept = this.#end === 'COMMIT' && !this.#hasFailed;
    const success = isKept ? this.#success : undefined;
    this.#settle();
    return success === undefined ? ready : Buffer.concat([success, ready]);
  }

  /** The session is over before the block is. */
  abandon(status: Outcome['status']): void {
    for (const run of this.#runs) run.finish(status);
    this.#reset();
  }

  #settle(): void {
    for (const run of this.#runs) {
      if (this.#end === 'ROLLBACK') run.finish('cancelled', { rolledBack: true });
      else if (this.#hasFailed) run.finish('error');
      else run.finish('ok');
    }
    this.#reset();
  }

  #reset(): void {
    this.#state = 'closed';
    this.#runs = [];
    this.#success = undefined;
  }
}
