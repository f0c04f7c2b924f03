import { didYouMean } from './did-you-mean.ts';

/** What is wrong with the name of a detector in a policy; undefined where there is one of that name. */
export function unknownDetector(name: string, detectors: readonly string[]): string | undefined {
  if (detectors.includes(name)) return undefined;
  return `no detector \`${name}\`${didYouMean(name, detectors) || known(detectors)}`;
}

function known(detectors: readonly string[]): string {
  if (detectors.length === 0) return '; this gateway has none';
  return `; there are ${detectors.map((name) => `\`${name}\``).join(', ')}`;
}
