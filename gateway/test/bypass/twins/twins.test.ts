/**
 * Attempts to see, carry away or infer masked values. One counts only if it does so when it is sent to the server itself: a value is
 * shown, or of two databases that differ in masked values alone the answers differ. Through the gateway no value is in any byte that
 * comes back, and the two answer the same.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TwinAttempt } from './attempt.ts';
import { AGGREGATES } from './cases/aggregates.ts';
import { DELIVERIES } from './cases/deliveries.ts';
import { DYNAMIC } from './cases/dynamic.ts';
import { ENCODED } from './cases/encodings.ts';
import { PLANS } from './cases/plans.ts';
import { SCALARS } from './cases/scalars.ts';
import { SESSIONS } from './cases/sessions.ts';
import { SHAPES } from './cases/shapes.ts';
import { STRUCTURES } from './cases/structures.ts';
import { TOLD } from './cases/told.ts';
import { VOICES } from './cases/voices.ts';
import { WRITES } from './cases/writes.ts';
import { type Heard, TwinDatabases } from './twin-databases.ts';

const SUITES: Readonly<Record<string, readonly TwinAttempt[]>> = {
  'values that are computed': SCALARS,
  aggregates: AGGREGATES,
  'parts of queries': SHAPES,
  plans: PLANS,
  changes: WRITES,
  structures: STRUCTURES,
  'text that is run': DYNAMIC,
  sessions: SESSIONS,
  'COPY and cursors': DELIVERIES,
  encodings: ENCODED,
  'what is said beside results': VOICES,
};

let twins: TwinDatabases;

beforeAll(async () => {
  twins = await TwinDatabases.start();
}, 60_000);

afterAll(() => twins[Symbol.asyncDispose]());

/** One after the other: locks are seen in all databases of a server. */
async function tells(steps: TwinAttempt['steps']): Promise<boolean> {
  const left = await twins.direct('left', steps);
  if (left.leaks.length > 0) return true;
  const right = await twins.direct('right', steps);
  return left.told !== right.told && left.told === (await twins.direct('again', steps)).told;
}

function both(steps: TwinAttempt['steps']): Promise<readonly [Heard, Heard]> {
  return Promise.all([twins.seen('left', steps), twins.seen('right', steps)]);
}

describe.each(Object.entries(SUITES))('vulnerability class 27: %s', (_title, attempts) => {
  it.each(attempts)('P5: $name', async ({ steps, outcome }) => {
    expect(await tells(steps), 'sent directly it tells nothing, so it is no attempt').toBe(true);
    const [left, right] = await both(steps);
    expect([...left.leaks, ...right.leaks], 'a masked value left').toEqual([]);
    expect(left.told).toBe(right.told);
    const isAlive = outcome !== 'ended';
    expect([left.isAlive, right.isAlive], 'the session lives on').toEqual([isAlive, isAlive]);
    if (outcome === 'ended') expect(left.codes.at(-1)).toBe('08P01');
    else if (outcome === 'answered') expect(left.codes).toEqual([]);
    else expect(left.codes).toContain('42501');
  });
});

describe('what docs/lineage.md does not promise', () => {
  describe.each(Object.entries(TOLD))('%s', (_title, attempts) => {
    it.each(attempts.map((steps) => ({ name: steps.join('; '), steps })))(
      'tell, but show no value: $name',
      async ({ steps }) => {
        const [left, right] = await both(steps);
        expect(left.told).not.toBe(right.told);
        expect([...left.leaks, ...right.leaks]).toEqual([]);
      },
    );
  });
});
