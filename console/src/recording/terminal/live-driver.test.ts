import { describe, expect, it } from 'vitest';
import { CastReader } from './cast.ts';
import { LiveDriver } from './live-driver.ts';

const HEADER = '{"version":3,"term":{"cols":80,"rows":24},"timestamp":1,"title":"t"}';

function scene(first: readonly string[]) {
  const reader = new CastReader();
  for (const line of first) reader.take(line);
  const live = new LiveDriver(reader.cast());
  const told: [string, unknown][] = [];
  const dispatch = (event: string, data?: unknown): void => {
    if (event !== 'timing') told.push([event, data]);
  };
  const more = (...lines: readonly string[]): void => {
    for (const line of lines) reader.take(line);
    live.take(reader.cast());
  };
  return { player: live.driver({ dispatch }), told, more };
}

describe('what a player is told of a terminal that goes on', () => {
  it('first all that there is, in order, then what comes', () => {
    const { player, told, more } = scene([
      HEADER,
      '[1,"o","a"]',
      '[1,"o","b"]',
      '[0,"r","100x30"]',
      '[1,"o","c"]',
    ]);
    player.init();
    expect(told.splice(0)).toEqual([
      ['reset', { size: { cols: 80, rows: 24 } }],
      ['output', ['a', 'b']],
      ['resize', { cols: 100, rows: 30 }],
      ['output', ['c']],
    ]);
    expect(player.getTiming()).toMatchObject({ time: 3, rate: 0 });
    more('[2,"m","permit by r: ls"]', '[0.5,"i","x"]', '[0.5,"o","d"]');
    expect(told).toEqual([['output', ['d']]]);
    expect(player.getTiming().time).toBe(6);
  });

  it('what came before the player was there is not lost, and nothing is told twice', () => {
    const { player, told, more } = scene([HEADER]);
    more('[1,"o","early"]');
    expect(told).toEqual([]);
    player.init();
    more();
    expect(told.filter(([event]) => event === 'output')).toEqual([['output', ['early']]]);
  });
});
