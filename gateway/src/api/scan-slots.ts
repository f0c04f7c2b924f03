import { ApiError } from './errors.ts';

/** Bounds how many requests read through the audit at once (P10): each holds a segment's sessions, or a page, in memory. */
export class ScanSlots {
  readonly #limit: number;
  #running = 0;
  #held = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Runs `work`, or refuses at once. @throws ApiError `ERR_API_BUSY`, or what `work` throws */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#take();
    try {
      return await work();
    } finally {
      this.#running -= 1;
    }
  }

  /**
   * Takes a slot for as long as somebody reads what comes of it; half of them are left to others. @returns gives it back, once
   * @throws ApiError `ERR_API_BUSY`
   */
  hold(): () => void {
    if (this.#held >= Math.max(1, Math.floor(this.#limit / 2))) throw busy();
    this.#take();
    this.#held += 1;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#running -= 1;
      this.#held -= 1;
    };
  }

  #take(): void {
    if (this.#running >= this.#limit) throw busy();
    this.#running += 1;
  }
}

function busy(): ApiError {
  return new ApiError('ERR_API_BUSY', 'the audit is being read by as many requests as may; try again soon');
}
