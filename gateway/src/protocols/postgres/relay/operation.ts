import type { ExchangeRun } from './exchange-run.ts';

/** What a forwarded frontend message makes the server answer. */
export type OperationKind =
  | 'query'
  | 'function-call'
  | 'parse'
  | 'bind'
  | 'describe'
  | 'execute'
  | 'close'
  | 'sync'
  /** Not sent upstream: the gateway's own answer, waiting for its turn. */
  | 'local';

/**
 * One expected answer; the pipeline keeps them in the order in which they were sent. A class, so that all have one
 * shape: some are made for every message.
 */
export class Operation {
  readonly kind: OperationKind;
  /** Counts the spans between two Syncs; names prepared in the same span are certain within it. */
  readonly batch: number;
  /** Set when the exchange was admitted, before the operation is queued. */
  exchange: ExchangeRun | undefined = undefined;
  /** Runs when the server confirmed the operation; for a query or execute once a completed statement. */
  onDone: ((statementIndex: number) => void) | undefined = undefined;
  /** Runs when the server refused it, or skipped it because of an earlier error in its batch. */
  onFailed: ((skipped: boolean) => void) | undefined = undefined;
  /** Changes session state that judging depends on: later statements wait for its answer. */
  barrier = false;
  /** The judged text has a COPY from the client. */
  copiesIn = false;
  /** Its COPY data holds values of masked columns: only its size is recorded (P5). */
  hidesData = false;
  /** The gateway's own failing message: the server's error is replaced by these bytes. */
  replaceError: Buffer | undefined = undefined;
  /** The gateway's own question: its answer is not for the client. */
  isOwn = false;
  /** It opens or ends the gateway's own block. */
  block: 'begins' | 'ends' | undefined = undefined;
  /** Statements of a query: the last of them tells the client of success. */
  statements = 0;
  /** Is told the RowDescription that answers a Describe. */
  onDescribed: ((bytes: Buffer, start: number, end: number) => void) | undefined = undefined;
  /** For `local`: what the client gets. */
  bytes: Buffer | undefined = undefined;

  constructor(kind: OperationKind, batch: number) {
    this.kind = kind;
    this.batch = batch;
  }
}

/** Whether the server answers it in the extended protocol, where an error skips everything up to Sync. */
export function isExtended(kind: OperationKind): boolean {
  return kind !== 'query' && kind !== 'function-call' && kind !== 'sync' && kind !== 'local';
}

/** Whether it carries something out, and may take its time. */
export function isExecuting(kind: OperationKind): boolean {
  return kind === 'execute' || kind === 'query' || kind === 'function-call';
}
