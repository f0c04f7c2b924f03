/**
 * Who looks where paths lead shares it, who changes where they lead is alone: between the look and the use no other client
 * of this gateway puts a link in the way. First come, first served, so that requests of one client keep their order.
 */
export class NameLock {
  #shared = 0;
  #isAlone = false;
  readonly #waiting: { readonly alone: boolean; readonly enter: () => void }[] = [];

  /** Resolves with what gives it back; call that once. */
  async take(alone: boolean): Promise<() => void> {
    if (this.#waiting.length > 0 || !this.#isFree(alone)) {
      await new Promise<void>((enter) => this.#waiting.push({ alone, enter }));
    } else {
      this.#enter(alone);
    }
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      if (alone) this.#isAlone = false;
      else this.#shared -= 1;
      this.#wake();
    };
  }

  #isFree(alone: boolean): boolean {
    return !this.#isAlone && (!alone || this.#shared === 0);
  }

  #enter(alone: boolean): void {
    if (alone) this.#isAlone = true;
    else this.#shared += 1;
  }

  #wake(): void {
    for (;;) {
      const [next] = this.#waiting;
      if (next === undefined || !this.#isFree(next.alone)) return;
      this.#waiting.shift();
      this.#enter(next.alone);
      next.enter();
    }
  }
}
