import { ApiError } from './errors.ts';

/** Bounds how many requests read through the audit at once (P10): each holds a segment's sessions, or a page, in memory. */
export class ScanSlots {
  readonly #limit: number;
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Runs `work`, or refuses at once. @throws ApiError `ERR_API_BUSY`, or what `work` throws */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#running >= this.#limit) {
      throw new ApiError(
        'ERR_API_BUSY',
        'the audit is being read by as many requests as may; try again soon',
      );
    }
    this.#running += 1;
    try {
      return await work();
    } finally {
      this.#running -= 1;
    }
  }
}
