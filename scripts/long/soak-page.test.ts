import { describe, expect, it } from 'vitest';
import { type Sample, type SoakResult, soakFigures, soakPage } from './soak-page.ts';

const samples = (rss: (minute: number) => number): readonly Sample[] =>
  Array.from({ length: 60 }, (_, minute) => ({
    seconds: (minute + 1) * 60,
    rssBytes: rss(minute),
    cpuSeconds: 5 + minute * 6,
    recordingBytes: minute * 12e6,
  }));

const result: SoakResult = {
  machine: 'shadow',
  minutes: 60,
  load: { mean: 3.2, cores: 2 },
  samples: samples(() => 220e6),
  recordedBytes: 720e6,
  durationMs: 3_600_000,
  frames: 40_000,
  keyFrames: 700,
  seeks: { count: 200, seed: 1, p50Ms: 200.4, p95Ms: 400, worstMs: 1234, readerCpuMs: 100, gatewayCpuMs: 20 },
};
const setting = { date: '2026-11-28', commit: 'abcdef12', node: '24.21.0' };

describe('a soak', () => {
  it('is flat where the last quarter is like the first, whatever the warm-up took and a peak between', () => {
    const figures = soakFigures(samples((minute) => (minute < 5 || minute === 30 ? 900e6 : 220e6)));
    expect(figures).toMatchObject({ isFlat: true, firstQuarterRss: 220e6, lastQuarterRss: 220e6 });
    expect(figures.cpuShare).toBeCloseTo(0.1);
    expect(figures.recordedBytesPerHour).toBeCloseTo(720e6);
  });

  it('is not flat where memory creeps', () => {
    const figures = soakFigures(samples((minute) => 200e6 + minute * 1e6));
    expect(figures.isFlat).toBe(false);
    expect(soakPage({ ...result, samples: samples((minute) => 200e6 + minute * 1e6) }, setting)).toContain(
      '**not flat**',
    );
  });

  it('says nothing by a few samples', () => {
    expect(() => soakFigures(result.samples.slice(0, 7))).toThrow(RangeError);
  });

  it('is told on a page', () => {
    const page = soakPage(result, setting);
    expect(page).toContain('| 60 | 220 | 10 % | 708 |');
    expect(page.match(/^\| \d/gm)).toHaveLength(12);
    expect(page).toContain('p50 200 ms, p95 400 ms, the worst of 200 1,234 ms');
    expect(page).not.toContain('not flat');
  });
});
