import { describe, expect, it } from 'vitest';
import { DetectorSet } from '../../src/masking/detector-set.ts';
import { type Labelled, makeCorpus } from './corpus.ts';

interface Score {
  found: number;
  missed: number;
  /** Texts that hold nothing, in which it found something. */
  wrong: number;
  /** Values of other kinds that it takes for its own when it is asked alone. */
  other: number;
  readonly examples: string[];
}

/** Floors that a change may not go below: precision and recall. */
const FLOORS: Readonly<Record<string, readonly [number, number]>> = {
  secret: [0.97, 0.97],
  phone: [0.97, 0.98],
};
const FLOOR = [0.98, 0.99] as const;

function score(corpus: readonly Labelled[]): ReadonlyMap<string, Score> {
  const set = new DetectorSet({ phoneRegion: 'US' });
  const names = set.expand(set.names);
  const scores = new Map(
    names.map((name): [string, Score] => [name, { found: 0, missed: 0, wrong: 0, other: 0, examples: [] }]),
  );
  // Each detector alone, so that none hides behind another.
  for (const name of names) {
    const scanner = set.scanner([name]);
    const own = scores.get(name);
    for (const { text, detector, start, end } of corpus) {
      const spans = scanner.scanText(text) ?? [];
      if (own === undefined) {
        continue;
      }
      if (detector === name) {
        const isCovered = spans.some((span) => span.start <= start && span.end >= end);
        own[isCovered ? 'found' : 'missed'] += 1;
        if (!isCovered) own.examples.push(`missed ${JSON.stringify(text)}`);
      } else if (spans.length > 0) {
        own[detector === undefined ? 'wrong' : 'other'] += 1;
        if (detector === undefined) own.examples.push(`wrong ${JSON.stringify(text)}`);
      }
    }
  }
  return scores;
}

describe('detectors on a generated corpus', () => {
  const corpus = makeCorpus(20_261_126, 200, 200);
  const scores = score(corpus);

  it('has at least 10,000 labelled values', () => {
    expect(corpus.length).toBeGreaterThanOrEqual(10_000);
  });

  it('P5: finds what is there and leaves what is not, within the floors of each detector', () => {
    const rows = [...scores].map(([name, { found, missed, wrong, other }]) => ({
      name,
      precision: found / Math.max(1, found + wrong),
      recall: found / Math.max(1, found + missed),
      values: found + missed,
      other,
    }));
    const table = rows
      .filter(({ values }) => values > 0)
      .map(({ name, precision, recall, values, other }) =>
        [
          name.padEnd(20),
          precision.toFixed(3),
          recall.toFixed(3),
          String(values).padStart(6),
          String(other).padStart(6),
        ].join('  '),
      );
    process.stdout.write(`${['detector              prec.  recall  values  other', ...table].join('\n')}\n`);
    const low = rows.flatMap(({ name, precision, recall, values }) => {
      const [precise, complete] = FLOORS[name] ?? FLOOR;
      const isLow = values > 0 && (precision < precise || recall < complete);
      return isLow ? [`${name}: ${scores.get(name)?.examples.slice(0, 8).join('\n')}`] : [];
    });
    expect(low.join('\n\n')).toBe('');
  });
});
