/** Masks of single values and names of a JSON document. */
import { replaceJsonString, replaceJsonWord } from '../../../../masking/document/replace-json-leaf.ts';
import type { MaskContext } from '../body-masker.ts';
import type { FieldMask, RuleReplacement } from '../field-masks.ts';
import type { Field } from '../field-tree.ts';

const BACKSLASH = 0x5c;
const AMPERSAND = 0x26;

/** What is known of a leaf. */
export interface JsonLeaf {
  readonly mask: FieldMask;
  /** Replaces it as a whole. */
  readonly how: RuleReplacement | undefined;
}

/** JSON in place of a string; undefined where it stays. `raw` has its quotes. It becomes a text only where it has to. */
export function maskJsonString(
  context: MaskContext,
  { mask, how }: JsonLeaf,
  raw: Buffer,
  textOf: (raw: Buffer) => string,
): string | undefined {
  if (how !== undefined) {
    context.tally.replaced(mask.names, how.rule, how.method);
    return replaceJsonString(textOf(raw), how, context.masks.tools.pseudonyms);
  }
  const mayHide = raw.includes(BACKSLASH) || raw.includes(AMPERSAND);
  if (!mayHide && mask.scanner?.scanBytes(raw, 1, raw.length - 1, mask.hints) === undefined) return undefined;
  const replaced = context.replaceFindings(textOf(raw), mask);
  return replaced === undefined ? undefined : JSON.stringify(replaced);
}

/** JSON in place of a number or a word; undefined where it stays. */
export function maskJsonWord(
  context: MaskContext,
  { mask, how }: JsonLeaf,
  word: string,
): string | undefined {
  const { pseudonyms } = context.masks.tools;
  if (how !== undefined) {
    if (word === 'null') return undefined;
    context.tally.replaced(mask.names, how.rule, how.method);
    return replaceJsonWord(word, how, pseudonyms);
  }
  const [span] = mask.scanner?.scanText(word, mask.hints) ?? [];
  // A number in which something is found is replaced whole: what is left would be another number.
  return span === undefined
    ? undefined
    : replaceJsonWord(word, context.howFound(mask, span.detector), pseudonyms);
}

/** JSON in place of a name in which something is found; undefined where it stays. */
export function maskJsonName(context: MaskContext, field: Field, name: string): string | undefined {
  if (!field.hasFinding) return undefined;
  const replaced = context.replaceFindings(name, context.fields.root.mask);
  return replaced === undefined ? undefined : JSON.stringify(replaced);
}
