import type { DetectorSet } from '../../../masking/detector-set.ts';

/** The group of detectors that has a name of its own. */
const GROUP = 'national-id';

/** Looks through texts: the names of the detectors that found something, each once. Takes time in proportion to the text. */
export function contentFinder(detectors: DetectorSet): (text: string) => readonly string[] {
  const scanner = detectors.scanner(detectors.names);
  const grouped = new Set(detectors.expand([GROUP]));
  return (text) => {
    const found = new Set((scanner.scanText(text) ?? []).map(({ detector }) => detector));
    if ([...found].some((name) => grouped.has(name))) found.add(GROUP);
    return [...found];
  };
}
