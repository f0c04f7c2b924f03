/** A request on its way up, beside the answer that may come before its end. */
export class Uploading {
  /** All of it went. */
  isDone = false;
  /** The client's fault: its body stood still, broke off, or is no HTTP. */
  failure: unknown;
  readonly settled: Promise<void>;
  #endedMs: number | undefined;

  constructor(sending: Promise<boolean>, onFailure: () => void) {
    this.settled = sending.then(
      (isWhole) => {
        this.isDone = isWhole;
        this.#endedMs = performance.now();
      },
      (error: unknown) => {
        this.failure = error;
        this.#endedMs = performance.now();
        onFailure();
      },
    );
  }

  /** For how long nothing more of it goes: it went, the service takes no more, or the client failed. 0 while it goes. */
  get overForMs(): number {
    return this.#endedMs === undefined ? 0 : performance.now() - this.#endedMs;
  }
}
