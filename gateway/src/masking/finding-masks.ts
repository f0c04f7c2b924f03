/** Masks of text that has no columns or fields: what detectors find in it is replaced, whatever it stands in. */
import type { MaskMethod, MaskObligation } from '../model/obligation.ts';
import type { Scanner } from './detect/scanner.ts';
import type { MaskTools } from './mask-tools.ts';
import { type Replacement, replaceFinding } from './replace/replace.ts';

/** Methods, strictest first. */
const STRICTEST: readonly MaskMethod[] = ['null', 'redact', 'fixed', 'pseudonym', 'partial'];

/** What detectors look for by some mask obligations, and what stands for it. It holds nothing of a text. */
export class FindingMasks {
  /** Undefined: nothing is looked for. */
  readonly scanner: Scanner | undefined;
  /** Names of the detectors, in the order of precedence. */
  readonly detectors: readonly string[];
  /** The first rule that means columns, fields or paths, which such a text does not have. */
  readonly unfulfilled: string | undefined;
  /** Patterns of the configuration are among them, which may find anything, anywhere. */
  readonly hasOwnPatterns: boolean;
  readonly #tools: MaskTools;
  readonly #how = new Map<string, Replacement>();

  /** @throws MaskingError for detectors that there are not; the policy refuses them at load. */
  constructor(obligations: readonly MaskObligation[], tools: MaskTools) {
    this.#tools = tools;
    const byStrictness = obligations.toSorted(
      (left, right) => STRICTEST.indexOf(left.method) - STRICTEST.indexOf(right.method),
    );
    for (const { detect = [], method, value, keep } of byStrictness) {
      const how = {
        method,
        ...(value === undefined ? {} : { value }),
        ...(keep === undefined ? {} : { keep }),
      };
      for (const name of tools.detectors.expand(detect)) if (!this.#how.has(name)) this.#how.set(name, how);
    }
    this.unfulfilled = obligations.find(needsNames)?.rule;
    this.detectors = tools.detectors.expand([...this.#how.keys()]);
    this.hasOwnPatterns = tools.detectors.hasOwn(this.detectors);
    this.scanner = this.detectors.length === 0 ? undefined : tools.detectors.scanner(this.detectors);
  }

  /** What stands for a finding. */
  replacement(found: string, detector: string): string {
    const how = this.#how.get(detector) ?? { method: 'redact' };
    return replaceFinding(found, detector, how, this.#tools.pseudonyms);
  }

  /** What stands for a finding on record where it is part of what was asked. */
  digest(found: string): string {
    return `__digest_${this.#tools.digests.digest(found).replace(':', '_')}__`;
  }
}

function needsNames({ columns, detect = [], paths = [] }: MaskObligation): boolean {
  return columns.length > 0 || paths.length > 0 || detect.length === 0;
}
