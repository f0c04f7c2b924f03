/** What detectors find in a piece of output, as it came and as it is seen. */
import type { Scanner } from '../../../masking/detect/scanner.ts';
import { joinSpans, type Span } from '../../../masking/detect/span.ts';
import { hidesBytes, readTerminal, type SeenText } from './terminal-text.ts';

/** Findings of a piece; positions count from its start. */
export interface Values {
  readonly spans: readonly Span[];
  /** Bytes that are not seen stand in the piece: a finding is not what its bytes spell. */
  readonly isDisguised: boolean;
}

const NOTHING: readonly Span[] = [];

/** Looks through bytes `start` to `end`. Undefined: nothing found. @param names of the scanner's detectors, in order */
export function findValues(
  scanner: Scanner,
  names: readonly string[],
  { bytes, start, end }: { readonly bytes: Buffer; readonly start: number; readonly end: number },
): Values | undefined {
  if (!hidesBytes(bytes, start, end)) {
    const spans = scanner.scanBytes(bytes, start, end);
    if (spans === undefined) return undefined;
    return { spans: start === 0 ? spans : spans.map((span) => moved(span, -start)), isDisguised: false };
  }
  const { blanked, seen } = readTerminal(bytes, start, end);
  const plain = scanner.scanBytes(blanked, 0, blanked.length) ?? NOTHING;
  const found = plain.flatMap((span) => [span.start, span.end, names.indexOf(span.detector)]);
  for (const span of scanner.scanBytes(seen.bytes, 0, seen.length) ?? NOTHING) {
    found.push(...placeOf(span, seen), names.indexOf(span.detector));
  }
  return found.length === 0 ? undefined : { spans: joinSpans(found, names), isDisguised: true };
}

/** Bytes as a reader sees them. */
export function seenText(bytes: Buffer): string {
  const { seen } = readTerminal(bytes, 0, bytes.length);
  return seen.bytes.toString('utf8', 0, seen.length);
}

function placeOf({ start, end }: Span, { starts, ends }: SeenText): readonly [number, number] {
  return [starts[start] ?? 0, ends[end - 1] ?? 0];
}

function moved({ start, end, detector }: Span, by: number): Span {
  return { start: start + by, end: end + by, detector };
}
