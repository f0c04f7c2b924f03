/** Waits for the device, but not for ever, and remembers what has not come back. */
export class DeviceSync {
  #running = 0;

  /** A sync has not come back yet: its file must not be closed. */
  get isRunning(): boolean {
    return this.#running > 0;
  }

  /** Rejects when the sync fails or takes longer than `limitMs`. */
  async run(start: () => Promise<void>, limitMs: number): Promise<void> {
    this.#running += 1;
    const work = start().finally(() => {
      this.#running -= 1;
    });
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new Error(`the disk did not finish a sync in ${limitMs} ms`)),
      limitMs,
    );
    try {
      await Promise.race([work, promise]);
    } finally {
      clearTimeout(timer);
      // Nobody waits for a late failure any more; the log has failed already.
      work.catch(() => {});
    }
  }
}
