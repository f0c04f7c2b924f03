import type { Span } from '../detect/span.ts';
import type { Pseudonyms } from './pseudonyms.ts';
import { type Replacement, replaceFinding } from './replace.ts';

/** How what detectors find is replaced. */
export interface FindingReplacements {
  readonly howFound: (detector: string) => Replacement;
  readonly pseudonyms: Pseudonyms | undefined;
}

/** Replaces findings within a text; spans count UTF-16 units of it. */
export function replaceInText(text: string, spans: readonly Span[], masks: FindingReplacements): string {
  let result = '';
  let copied = 0;
  for (const { start, end, detector } of spans) {
    result += text.slice(copied, start) + replacementOf(text.slice(start, end), detector, masks);
    copied = end;
  }
  return result + text.slice(copied);
}

/** Replaces findings within bytes of UTF-8; all other bytes stay as they are, valid or not. Spans count from 0. */
export function replaceInBytes(
  source: Buffer,
  range: { readonly start: number; readonly end: number },
  spans: readonly Span[],
  masks: FindingReplacements,
): Buffer {
  const parts: Buffer[] = [];
  let copied = range.start;
  for (const { start, end, detector } of spans) {
    const found = source.toString('utf8', start, end);
    parts.push(source.subarray(copied, start), Buffer.from(replacementOf(found, detector, masks)));
    copied = end;
  }
  return Buffer.concat([...parts, source.subarray(copied, range.end)]);
}

function replacementOf(found: string, detector: string, masks: FindingReplacements): string {
  return replaceFinding(found, detector, masks.howFound(detector), masks.pseudonyms);
}
