import { describe, expect, it } from 'vitest';
import type { Cast } from './cast.ts';
import { type CastView, nextView } from './cast-view.ts';

function cast(length: number, marks: number): Cast {
  const all = Array.from({ length: marks }, (_, index) => ({ atSeconds: index, label: `mark ${index}` }));
  return { lines: [], length, marks: all, isCut: false };
}

const EARLY = cast(10, 2);
const NOW = cast(20, 4);
const LIVE: CastView = { kind: 'live' };
const BACK: CastView = { kind: 'replay', cast: EARLY };
const GOES_ON = { cast: NOW, isDone: false };
const OVER = { cast: NOW, isDone: true };
const played = { type: 'played-out', atSeconds: 7 } as const;

describe('a terminal that is followed', () => {
  it('goes back to a mark, in all that there is by then', () => {
    expect(nextView(LIVE, { type: 'mark', mark: 1 }, GOES_ON)).toEqual({
      kind: 'replay',
      cast: NOW,
      from: { mark: 1 },
    });
    expect(nextView(LIVE, { type: 'back' }, GOES_ON)).toEqual({ kind: 'replay', cast: NOW });
  });

  it('whoever looks back is not thrown forward by what comes, nor by the end', () => {
    expect(nextView(BACK, { type: 'over' }, OVER)).toBe(BACK);
    expect(nextView(BACK, { type: 'back' }, GOES_ON)).toBe(BACK);
    expect(nextView(BACK, { type: 'mark', mark: 1 }, GOES_ON)).toBe(BACK);
  });

  it('a mark that came later is gone to', () => {
    expect(nextView(BACK, { type: 'mark', mark: 3 }, GOES_ON)).toMatchObject({
      cast: NOW,
      from: { mark: 3 },
    });
  });

  it('at the end of what was played it is followed again', () => {
    expect(nextView(BACK, played, GOES_ON)).toEqual(LIVE);
    expect(nextView(BACK, { type: 'newest' }, GOES_ON)).toEqual(LIVE);
  });

  it('once it is over, what came since is played on, and the end is the end', () => {
    expect(nextView(BACK, played, OVER)).toEqual({ kind: 'replay', cast: NOW, from: { seconds: 7 } });
    const whole: CastView = { kind: 'replay', cast: NOW };
    expect(nextView(whole, played, OVER)).toBe(whole);
    expect(nextView(BACK, { type: 'newest' }, OVER)).toEqual(whole);
    expect(nextView(LIVE, { type: 'over' }, OVER)).toEqual(whole);
    expect(nextView(LIVE, played, OVER)).toBe(LIVE);
  });
});
