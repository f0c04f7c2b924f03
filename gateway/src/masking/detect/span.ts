/** A place in a text where a detector found something. Positions are those of the scanned text: bytes, or UTF-16. */
export interface Span {
  readonly start: number;
  /** Just after the last. */
  readonly end: number;
  /** Name of the detector. */
  readonly detector: string;
}

interface MutableSpan {
  start: number;
  end: number;
  index: number;
}

/**
 * Sorts findings and joins those that overlap, so that nothing that any detector found stays readable. A joined span
 * has the name of the finding that holds all others; where there is none, that of the detector that comes first.
 *
 * @param found triples of start, end and number of the detector.
 */
export function joinSpans(found: readonly number[], names: readonly string[]): Span[] {
  if (found.length === 3) {
    return [{ start: found[0] ?? 0, end: found[1] ?? 0, detector: names[found[2] ?? 0] ?? '' }];
  }
  const spans: MutableSpan[] = [];
  for (let at = 0; at + 2 < found.length; at += 3) {
    const start = found[at] ?? 0;
    const end = found[at + 1] ?? 0;
    spans.push({ start, end, index: found[at + 2] ?? 0 });
  }
  spans.sort((left, right) => left.start - right.start || right.end - left.end || left.index - right.index);
  const joined: MutableSpan[] = [];
  for (const span of spans) {
    const last = joined.at(-1);
    if (last === undefined || span.start >= last.end) {
      joined.push(span);
      continue;
    }
    const isInside = span.end <= last.end;
    const isEqual = isInside && span.start === last.start && span.end === last.end;
    if ((isEqual || !isInside) && span.index < last.index) {
      last.index = span.index;
    }
    last.end = Math.max(last.end, span.end);
  }
  return joined.map(({ start, end, index }) => ({ start, end, detector: names[index] ?? '' }));
}
