/** A request on its way up, beside the answer that may come before its end. */
export class Uploading {
  /** All of it went. */
  isDone = false;
  /** Nothing more of it goes: it went, the service takes no more, or the client failed. */
  isOver = false;
  /** The client's fault: its body stood still, broke off, or is no HTTP. */
  failure: unknown;
  readonly settled: Promise<void>;

  constructor(sending: Promise<boolean>, onFailure: () => void) {
    this.settled = sending.then(
      (isWhole) => {
        this.isDone = isWhole;
        this.isOver = true;
      },
      (error: unknown) => {
        this.failure = error;
        this.isOver = true;
        onFailure();
      },
    );
  }
}
