import { describe, expect, it } from 'vitest';
import type { Reach, ReachVerdict } from '../model/check-result.ts';
import { createLog } from '../telemetry/log.ts';
import { ResourceWatch } from './resource-watch.ts';

const TERMS = { everyMs: 60_000, atOnce: 2 };

function watching(verdicts: ReachVerdict[], detail = 'ECONNREFUSED 10.0.0.7:5432') {
  let nowMs = 1_000;
  const lines: string[] = [];
  const log = createLog(
    'info',
    (line) => lines.push(line),
    () => nowMs,
  );
  const probe = async (): Promise<Reach> => ({ verdict: verdicts.shift() ?? 'open', detail });
  const watch = new ResourceWatch([{ name: 'shop', probe }], { clock: { nowMs: () => nowMs }, log }, TERMS);
  return { watch, lines, at: (ms: number) => (nowMs = ms) };
}

describe('ResourceWatch', () => {
  it('knows nothing before it has looked, and nothing of what it does not watch', () => {
    const { watch } = watching([]);
    expect(watch.health('shop')).toEqual({ state: 'unknown', sinceMs: 1_000 });
    expect(watch.health('other')).toBeUndefined();
  });

  it('tells since when a resource is there or not, and what was last wrong with it', async () => {
    const { watch, at } = watching(['open', 'closed', 'filtered', 'refused']);
    await watch.look();
    expect(watch.health('shop')).toEqual({ state: 'reachable', sinceMs: 1_000, checkedAtMs: 1_000 });
    at(2_000);
    await watch.look();
    at(3_000);
    await watch.look();
    expect(watch.health('shop')).toEqual({
      state: 'unreachable',
      sinceMs: 2_000,
      checkedAtMs: 3_000,
      lastFailure: { atMs: 3_000, reason: 'nothing answers, or there is no way to it' },
    });
    at(4_000);
    await watch.look();
    // Who refuses an account without a secret is there.
    expect(watch.health('shop')).toMatchObject({
      state: 'reachable',
      sinceMs: 4_000,
      lastFailure: { atMs: 3_000 },
    });
  });

  it('P6: tells no address; the log has it, once a change', async () => {
    const { watch, lines } = watching(['closed', 'closed', 'unresolved', 'open']);
    for (let turn = 0; turn < 4; turn += 1) await watch.look();
    expect(JSON.stringify(watch.health('shop'))).not.toContain('10.0.0.7');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain('10.0.0.7:5432');
    expect(lines[1]).toContain('answers again');
  });

  it('P10: looks at few at once, and at none when it is closed', async () => {
    let [running, most, looks] = [0, 0, 0];
    const probe = async (): Promise<Reach> => {
      looks += 1;
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return { verdict: 'open', detail: '' };
    };
    const many = Array.from({ length: 9 }, (_, index) => ({ name: `r${index}`, probe }));
    const log = createLog(
      'error',
      () => undefined,
      () => 0,
    );
    const watch = new ResourceWatch(many, { clock: { nowMs: () => 0 }, log }, TERMS);
    await watch.look();
    expect({ most, looks }).toEqual({ most: 2, looks: 9 });
    watch.close();
    await watch.look();
    expect(looks).toBe(9);
  });
});
