import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditEvent } from '../model/audit-event.ts';
import type { Principal } from '../model/principal.ts';
import type { RepeatTerms, Repetition } from '../model/run-guard.ts';
import { openStore, type Store } from '../store/open-store.ts';
import { createLog } from '../telemetry/log.ts';
import { type OpenRunGuard, openRunGuard, type RunGuardServices } from './open-run-guard.ts';
import { RepeatCounter } from './repeat-counter.ts';
import { createQuarantineRepository, quarantineSchema } from './repository.ts';
import { statementDigest } from './run-identity.ts';

const AGENT: Principal = {
  issuer: 'https://idp.example',
  subject: 'alice',
  agent: 'claims-bot',
  groups: [],
  delegation: [],
  run: 'run-1',
  tokenDigest: 'ab',
  expiresAtMs: 0,
};
const STOP: RepeatTerms = { after: 2, quarantine: { after: 3, forMs: 60_000 } };
const BY = { issuer: 'https://idp.example', subject: 'root' };

let folder: string;
let store: Store;
let events: AuditEvent[];
let wallMs: number;
let steadyMs: number;
let auditFails: boolean;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quarantine-'));
  store = openStore(join(folder, 'state.sqlite'), [quarantineSchema]);
  events = [];
  [wallMs, steadyMs, auditFails] = [1_000_000, 5_000, false];
});

afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

function open(limits?: RunGuardServices['limits']): Promise<OpenRunGuard> {
  return openRunGuard({
    repository: createQuarantineRepository(store),
    audit: {
      append: async (more) => {
        if (auditFails) throw new Error('disk full');
        events.push(...more);
      },
      enqueue: (event) => void events.push(event),
    },
    wall: { nowMs: () => wallMs },
    steady: { nowMs: () => steadyMs },
    log: createLog(
      'error',
      () => undefined,
      () => wallMs,
    ),
    ...(limits === undefined ? {} : { limits }),
  });
}

function deny(
  guard: OpenRunGuard,
  text: string = 'DROP TABLE orders',
  { principal = AGENT, terms = STOP }: { readonly principal?: Principal; readonly terms?: RepeatTerms } = {},
): Repetition {
  return guard.denied({ principal, session: 'ses_1', resource: 'shop', text, terms });
}

function pass(ms: number): void {
  wallMs += ms;
  steadyMs += ms;
}

describe('a run that repeats what was denied', () => {
  it('is told less from the n-th time on, and people are told once', async () => {
    const guard = await open();
    const terms = { after: 3 };
    const said = [1, 2, 3, 4, 5].map(() => deny(guard, undefined, { terms }));
    expect(said.map(({ isLoop }) => isLoop)).toEqual([false, false, true, true, true]);
    expect(said.map(({ count }) => count)).toEqual([1, 2, 3, 4, 5]);
    expect(events).toMatchObject([
      {
        type: 'finding.raised',
        kind: 'repeated-denials',
        count: 3,
        resource: 'shop',
        principal: { run: 'run-1' },
      },
    ]);
    expect(JSON.stringify(events)).not.toContain('DROP');
    expect(guard.quarantined(AGENT)).toBeUndefined();
  });

  it('is the same however it is spaced, and another one with another word', async () => {
    const guard = await open();
    deny(guard, 'DROP TABLE orders');
    expect(deny(guard, '  DROP\n\tTABLE   orders ; ')).toMatchObject({ count: 2, isLoop: true });
    expect(deny(guard, 'DROP TABLE customers')).toMatchObject({ count: 1, isLoop: false });
    expect(statementDigest('x'.repeat(100_000))).not.toBe(statementDigest('x'.repeat(100_001)));
  });

  it('counts for its principal, agent and run alone', async () => {
    const guard = await open();
    deny(guard);
    const { run: _, ...withoutRun } = AGENT;
    for (const principal of [
      { ...AGENT, run: 'run-2' },
      { ...AGENT, subject: 'bob' },
      { ...AGENT, issuer: 'https://other.example' },
      withoutRun,
      { ...withoutRun, agent: 'other-bot' },
    ]) {
      expect(deny(guard, undefined, { principal })).toMatchObject({ count: 1 });
    }
    // A run counts as a whole, whatever agents take part in it.
    expect(deny(guard, undefined, { principal: { ...AGENT, agent: 'helper' } })).toMatchObject({ count: 2 });
  });
});

describe('a quarantine', () => {
  it('begins where the policy says, stops the run and no other, and ends', async () => {
    const guard = await open();
    expect(deny(guard).quarantine).toBeUndefined();
    expect(deny(guard).quarantine).toBeUndefined();
    expect(deny(guard)).toMatchObject({
      count: 3,
      quarantine: { subject: 'alice', untilMs: wallMs + 60_000 },
    });
    expect(guard.quarantined(AGENT)).toMatchObject({ remainingMs: 60_000 });
    expect(guard.quarantined({ ...AGENT, run: 'run-2' })).toBeUndefined();
    expect(events.map(({ type }) => type)).toEqual(['finding.raised', 'finding.raised']);
    expect(events[1]).toMatchObject({ quarantinedUntilMs: wallMs + 60_000 });
    pass(59_999);
    expect(guard.quarantined(AGENT)).toMatchObject({ remainingMs: 1 });
    pass(1);
    expect(guard.quarantined(AGENT)).toBeUndefined();
    // It has served its time: it is counted anew.
    expect(deny(guard)).toMatchObject({ count: 1, isLoop: false });
  });

  it('is neither shortened nor made longer by a clock that is set', async () => {
    const guard = await open();
    for (let n = 0; n < 3; n += 1) deny(guard);
    wallMs += 10_000_000;
    expect(guard.quarantined(AGENT)).toMatchObject({ remainingMs: 60_000 });
    wallMs -= 20_000_000;
    steadyMs += 60_000;
    expect(guard.quarantined(AGENT)).toBeUndefined();
  });

  it('outlives a restart', async () => {
    const before = await open();
    for (let n = 0; n < 3; n += 1) deny(before);
    wallMs += 20_000;
    steadyMs = 7;
    const after = await open();
    expect(after.quarantined(AGENT)).toMatchObject({ remainingMs: 40_000 });
    wallMs -= 1_000_000;
    expect((await open()).quarantined(AGENT)).toMatchObject({ remainingMs: 60_000 });
    wallMs += 1_100_000;
    expect((await open()).list()).toEqual([]);
  });

  it('is lifted by an admin, on record; not without', async () => {
    const guard = await open();
    for (let n = 0; n < 3; n += 1) deny(guard);
    const id = guard.list()[0]?.id ?? '';
    auditFails = true;
    await expect(guard.lift(id, BY)).rejects.toMatchObject({ code: 'ERR_QUARANTINE_UNRECORDED' });
    expect(guard.quarantined(AGENT)).toBeDefined();
    auditFails = false;
    await guard.lift(id, BY);
    expect(guard.quarantined(AGENT)).toBeUndefined();
    expect(events.at(-1)).toEqual({ type: 'quarantine.lifted', finding: id, by: BY });
    expect((await open()).quarantined(AGENT)).toBeUndefined();
    await expect(guard.lift(id, BY)).rejects.toMatchObject({ code: 'ERR_QUARANTINE_UNKNOWN' });
  });

  it('P10: there are so many; the one that ends first makes room', async () => {
    const guard = await open({ runs: 10, statementsPerRun: 10, quarantines: 2 });
    for (const run of ['a', 'b', 'c']) {
      for (let n = 0; n < 3; n += 1) deny(guard, undefined, { principal: { ...AGENT, run } });
      pass(1_000);
    }
    expect(guard.list().map(({ run }) => run)).toEqual(['c', 'b']);
    expect((await open()).list().map(({ run }) => run)).toEqual(['c', 'b']);
  });
});

describe('P10: the counter', () => {
  it('never holds more than its bounds, and counts right what it holds', () => {
    const step = fc.tuple(fc.constantFrom('r1', 'r2', 'r3', 'r4'), fc.constantFrom('a', 'b', 'c', 'd'));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const counter = new RepeatCounter({ runs: 2, statementsPerRun: 2 });
        const whole = new Map<string, number>();
        for (const [run, digest] of steps) {
          const key = `${run} ${digest}`;
          whole.set(key, (whole.get(key) ?? 0) + 1);
          const count = counter.count(run, digest);
          expect(count).toBeGreaterThanOrEqual(1);
          expect(count).toBeLessThanOrEqual(whole.get(key) ?? 0);
          expect(counter.size).toBeLessThanOrEqual(2);
        }
      }),
    );
  });
});
