import type { Operation } from './operation.ts';

/** Whether the server is in the middle of a COPY. */
export class CopyState {
  /** The operation that waits for COPY data from the client. */
  in: Operation | undefined;
  /** The data is in the binary form. */
  isBinary = false;
  /** How often the server has asked for COPY data: tells one COPY from the next of the same text. */
  starts = 0;
  /** COPY data comes from the server. */
  isOut = false;

  /** CopyInResponse. */
  beginIn(operation: Operation, isBinary: boolean): void {
    this.in = operation;
    this.isBinary = isBinary;
    this.starts += 1;
  }

  /** CopyOutResponse. */
  beginOut(): void {
    this.isOut = true;
  }

  /** The statement is over. */
  end(): void {
    this.in = undefined;
    this.isOut = false;
  }
}
