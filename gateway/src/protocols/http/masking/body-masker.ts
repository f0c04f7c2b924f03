import { REDACTED, replaceValue } from '../../../masking/replace/replace.ts';
import { replaceInBytes, replaceInText } from '../../../masking/replace/replace-findings.ts';
import type { FieldMask, FieldMasks, RuleReplacement } from './field-masks.ts';
import { type AliasTree, FieldNames } from './field-names.ts';
import { FieldTree, sharedTree } from './field-tree.ts';
import { decodeReferences, scanDecoded } from './formats/references.ts';
import type { MaskLimits } from './mask-limits.ts';
import type { MaskTally } from './mask-tally.ts';

/** Masks one body, piece by piece. Both throw HttpMaskError; then nothing of what was not looked at is in `out`. */
export interface BodyMasker {
  /** Takes bytes and adds what is known to be clean to `out`. Slices of `chunk` may be among it. */
  push(chunk: Buffer, out: Buffer[]): void;
  /** The body is complete. */
  end(out: Buffer[]): void;
}

/** Whether a value in which there are no fields is neither replaced nor looked at. */
export function leavesText({ whole, paths, scanner }: FieldMask): boolean {
  return whole === undefined && paths.length === 0 && scanner === undefined;
}

/** What begins a reference or an escape. */
const MAY_HIDE = /[&\\]/;

/** What maskers of one response share. */
export class MaskContext {
  readonly masks: FieldMasks;
  readonly tally: MaskTally;
  readonly limits: MaskLimits;
  readonly fields: FieldTree;

  /** @param aliases other names of the fields, of GraphQL */
  constructor(masks: FieldMasks, tally: MaskTally, limits: MaskLimits, aliases?: AliasTree) {
    this.masks = masks;
    this.tally = tally;
    this.limits = limits;
    this.fields =
      aliases === undefined ? sharedTree(masks) : new FieldTree(masks, new FieldNames([], aliases));
  }

  /** A text with its mask: `undefined` where it stays, null where there is nothing left. */
  maskText(text: string, mask: FieldMask): string | null | undefined {
    // What paths lead into is no document here: it is replaced as a whole.
    const how = mask.whole ?? mask.paths[0]?.how;
    if (how !== undefined) return this.replaceWhole(text, mask, how);
    if (mask.scanner === undefined) return undefined;
    if (text.length > this.limits.valueBytes) {
      this.tally.oversized += 1;
      return REDACTED;
    }
    return this.replaceFindings(text, mask);
  }

  /** Replaces what is found in a text; `undefined` where that is nothing. */
  replaceFindings(text: string, mask: FieldMask): string | undefined {
    const { scanner, hints } = mask;
    if (scanner === undefined) return undefined;
    const how = {
      howFound: (detector: string) => this.howFound(mask, detector),
      pseudonyms: this.masks.tools.pseudonyms,
    };
    // HTML stands in values of any format.
    const source = MAY_HIDE.test(text) ? Buffer.from(text) : undefined;
    const decoded = source === undefined ? undefined : decodeReferences(source);
    if (source !== undefined && decoded !== undefined) {
      const found = scanDecoded(scanner, decoded, hints);
      if (found.length === 0) return undefined;
      return replaceInBytes(source, { start: 0, end: source.length }, found, how).toString('utf8');
    }
    const spans = scanner.scanText(text, hints);
    return spans === undefined ? undefined : replaceInText(text, spans, how);
  }

  /** How a finding is replaced; it is counted. */
  howFound({ howFound }: FieldMask, detector: string): RuleReplacement {
    this.tally.found(detector);
    return howFound.get(detector) ?? { rule: '', method: 'redact' };
  }

  /** Replaces a whole value; it is counted. */
  replaceWhole(text: string, { names }: FieldMask, how: RuleReplacement): string | null {
    this.tally.replaced(names, how.rule, how.method);
    if (text.length > this.limits.valueBytes && (how.method === 'pseudonym' || how.method === 'partial')) {
      this.tally.oversized += 1;
      return REDACTED;
    }
    return replaceValue(text, how, this.masks.tools.pseudonyms);
  }
}
