import { replaceInBytes } from '../../../../masking/replace/replace-findings.ts';
import { GatheredBytes } from '../../wire/gathered-bytes.ts';
import type { BodyMasker, MaskContext } from '../body-masker.ts';
import { decodeReferences, scanDecoded } from './references.ts';

/** Longest finding that two windows may share: a private key in PEM is no longer. */
const OVERLAP = 16_384;

/**
 * Masks what detectors find in text of any kind. It looks at windows of one size, counted from the beginning, so that what
 * comes out does not depend on how the bytes came. `&#64;`, `\u0040` and `\x40` are read as what they stand for in HTML and
 * scripts.
 */
export class TextMasker implements BodyMasker {
  readonly #context: MaskContext;
  readonly #window: number;
  readonly #held = new GatheredBytes();

  constructor(context: MaskContext) {
    this.#context = context;
    this.#window = Math.max(context.limits.windowBytes, 2 * OVERLAP);
  }

  push(chunk: Buffer, out: Buffer[]): void {
    this.#held.add(Buffer.from(chunk));
    while (this.#held.length >= this.#window) {
      const held = this.#held.take();
      const cut = this.#mask(held.subarray(0, this.#window), out, false);
      this.#held.add(held.subarray(cut));
    }
  }

  end(out: Buffer[]): void {
    this.#mask(this.#held.take(), out, true);
  }

  /** Masks the beginning of a window up to a place at which nothing is in the middle; returns the place. */
  #mask(window: Buffer, out: Buffer[], isLast: boolean): number {
    const { mask } = this.#context.fields.root;
    const decoded = decodeReferences(window);
    const { scanner, hints } = mask;
    const spans =
      scanner === undefined
        ? []
        : decoded === undefined
          ? (scanner.scanBytes(window, 0, undefined, hints) ?? [])
          : scanDecoded(scanner, decoded, hints);
    const cut = isLast ? window.length : placeToCut(window, spans);
    const within = spans.filter(({ end }) => end <= cut);
    const part = window.subarray(0, cut);
    if (part.length === 0) return cut;
    out.push(
      within.length === 0
        ? part
        : replaceInBytes(window, { start: 0, end: cut }, within, {
            howFound: (detector) => this.#context.howFound(mask, detector),
            pseudonyms: this.#context.masks.tools.pseudonyms,
          }),
    );
    return cut;
  }
}

/** The last line or word that ends well before the window does, and is not within a finding. */
function placeToCut(
  window: Buffer,
  spans: readonly { readonly start: number; readonly end: number }[],
): number {
  const latest = window.length - OVERLAP;
  const line = window.lastIndexOf(0x0a, latest - 1) + 1;
  const word = line > 0 ? line : window.lastIndexOf(0x20, latest - 1) + 1;
  const wanted = word > 0 ? word : latest;
  const across = spans.find(({ start, end }) => start < wanted && end > wanted);
  if (across === undefined) return wanted;
  return across.start > 0 ? across.start : Math.min(across.end, window.length);
}
