/** The masks of one command: of its output by what its permit obliges to, of its input and its text on record by all of the policy. */
import { FindingMasks } from '../../../masking/finding-masks.ts';
import type { MaskTools } from '../../../masking/mask-tools.ts';
import type { JsonObject } from '../../../model/json.ts';
import type { MaskObligation, Obligation } from '../../../model/obligation.ts';
import { OutputMask } from './output-mask.ts';

/** The masks among obligations; undefined where there are none. @throws MaskingError for what the policy refuses at load */
export function findingMasks(obligations: readonly Obligation[], tools: MaskTools): FindingMasks | undefined {
  const asked = obligations.filter((one): one is MaskObligation => one.kind === 'mask');
  return asked.length === 0 ? undefined : new FindingMasks(asked, tools);
}

/** A text as it stands on record: digests in place of what detectors find in it. */
export function withDigests(text: string, masks: FindingMasks | undefined): string {
  if (masks?.scanner === undefined) return text;
  const mask = new OutputMask(
    masks,
    () => undefined,
    (found) => masks.digest(found),
  );
  const parts = [mask.push(Buffer.from(text)), mask.end()];
  return Buffer.concat(parts).toString('utf8');
}

/** Masks the streams of one command, and counts what it masks. */
export class CommandMasks {
  readonly #masks: FindingMasks | undefined;
  readonly #counts = new Map<string, number>();

  constructor(masks: FindingMasks | undefined) {
    this.#masks = masks;
  }

  /** The mask of a stream; undefined where it passes as it is. */
  stream(): OutputMask | undefined {
    if (this.#masks?.scanner === undefined) return undefined;
    return new OutputMask(this.#masks, (detector) => {
      this.#counts.set(detector, (this.#counts.get(detector) ?? 0) + 1);
    });
  }

  /** For the record: detectors and how often they found something, never a value. Empty where nothing was masked. */
  get summary(): JsonObject {
    return this.#counts.size === 0 ? {} : { masked: { detectors: Object.fromEntries(this.#counts) } };
  }
}
