import type { PreviewMode } from '../model/approval.ts';

/** Held by `gate.ts` alone, as the mint of permits is. */
const MINT: unique symbol = Symbol('preview permit mint');

/**
 * Proof that the gate has permitted, and put on file, that a request is looked at before people are asked: what it would do
 * may be asked of the resource, by the gateway itself, and nothing of it may be kept (P1, P4).
 */
export class PreviewPermit {
  readonly #mode: PreviewMode;

  constructor(mint: typeof MINT, mode: PreviewMode) {
    if (mint !== MINT) throw new TypeError('a preview is permitted by the gate only');
    this.#mode = mode;
  }

  get mode(): PreviewMode {
    return this.#mode;
  }
}

let taken = false;

/** Hands the mint to its first caller and refuses every later one (P1). */
export function takePreviewMint(): (mode: PreviewMode) => PreviewPermit {
  if (taken) throw new TypeError('the mint of previews is already taken');
  taken = true;
  return (mode) => new PreviewPermit(MINT, mode);
}
