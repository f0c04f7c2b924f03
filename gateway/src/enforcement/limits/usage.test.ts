import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccessRequest } from '../../model/access-request.ts';
import type { FieldUse } from '../../model/facts.ts';
import type { Obligation } from '../../model/obligation.ts';
import { accessOf, limitsOf } from './testing/access.ts';
import { createUsage, type Usage, type UsageBounds } from './usage.ts';
import { GATEWAY_RULE } from './usage-key.ts';

function usageAt(bounds?: Partial<UsageBounds>): { usage: Usage; time: { now: number } } {
  const time = { now: 1_000_000 };
  return { time, usage: createUsage({ clock: { nowMs: () => time.now }, ...(bounds && { bounds }) }) };
}

describe('usage: statements a minute', () => {
  const limits = limitsOf({ statementsPerMinute: 3 });

  it('P10: permits as many in any 60 seconds and says how long to wait, over reconnects', () => {
    const { usage, time } = usageAt();
    for (const session of ['ses_1', 'ses_2', 'ses_3']) {
      expect(usage.take(accessOf({ session }), limits)).toBeUndefined();
      time.now += 10_000;
    }
    expect(usage.take(accessOf({ session: 'ses_4' }), limits)).toEqual({
      limit: 'statementsPerMinute',
      rule: 'r',
      allowed: 3,
      used: 3,
      asked: 1,
      retryAfterMs: 30_000,
    });
    time.now += 29_999;
    expect(usage.check(accessOf(), limits)).toMatchObject({ retryAfterMs: 1 });
    time.now += 1;
    expect(usage.take(accessOf(), limits)).toBeUndefined();
    expect(usage.take(accessOf(), limits)).toBeDefined();
  });

  it('a check counts nothing, and of two that were checked only one gets the last place', () => {
    const { usage } = usageAt();
    const one = limitsOf({ statementsPerMinute: 1 });
    for (let again = 0; again < 5; again += 1) expect(usage.check(accessOf(), one)).toBeUndefined();
    expect([usage.take(accessOf(), one), usage.take(accessOf(), one)?.limit]).toEqual([
      undefined,
      'statementsPerMinute',
    ]);
  });

  it('a refused statement counts nothing, under no rule', () => {
    const { usage, time } = usageAt();
    const both = [
      ...limitsOf({ rule: 'wide', statementsPerMinute: 2 }),
      ...limitsOf({ rule: 'narrow', statementsPerMinute: 1 }),
    ];
    expect(usage.take(accessOf(), both)).toBeUndefined();
    expect(usage.take(accessOf(), both)).toMatchObject({ rule: 'narrow' });
    expect(usage.take(accessOf(), limitsOf({ rule: 'wide', statementsPerMinute: 2 }))).toBeUndefined();
    time.now += 60_000;
    expect(usage.take(accessOf(), both)).toBeUndefined();
  });

  it('P11: keeps runs, agents, principals, resources and rules apart, and nothing else', () => {
    const { usage } = usageAt();
    const one = limitsOf({ statementsPerMinute: 1 });
    const apart = [
      {},
      { issuer: 'https://other.test' },
      { subject: 'agent-2' },
      { run: 'run-1' },
      { run: 'run-2' },
      { agent: 'coder' },
      { agent: 'run-1' },
      { resource: 'billing' },
    ];
    for (const options of apart) expect(usage.take(accessOf(options), one)).toBeUndefined();
    for (const options of apart) expect(usage.take(accessOf(options), one)).toBeDefined();
    expect(usage.take(accessOf({ run: 'run-1', agent: 'another', session: 'ses_9' }), one)).toBeDefined();
  });

  it('no name can pose as another by what stands in it', () => {
    const { usage } = usageAt();
    const one = limitsOf({ statementsPerMinute: 1 });
    expect(usage.take(accessOf({ subject: 'a","run","b' }), one)).toBeUndefined();
    expect(usage.take(accessOf({ subject: 'a', run: 'b' }), one)).toBeUndefined();
  });

  it('the bound of the config counts for the principal as a whole', () => {
    const { usage } = usageAt();
    const one = limitsOf({ rule: GATEWAY_RULE, statementsPerMinute: 1 });
    expect(usage.take(accessOf({ run: 'run-1' }), one)).toBeUndefined();
    expect(usage.take(accessOf({ run: 'run-2', resource: 'billing' }), one)).toBeDefined();
    expect(usage.take(accessOf({ subject: 'agent-2' }), one)).toBeUndefined();
  });

  it('P10: counts every statement of a text, and refuses whole what would pass the bound', () => {
    const { usage, time } = usageAt();
    expect(usage.check(accessOf({ statements: 4 }), limits)).toEqual({
      limit: 'statementsPerMinute',
      rule: 'r',
      allowed: 3,
      used: 0,
      asked: 4,
    });
    expect(usage.take(accessOf({ statements: 2 }), limits)).toBeUndefined();
    time.now += 10_000;
    expect(usage.take(accessOf({ statements: 2 }), limits)).toMatchObject({ used: 2, retryAfterMs: 50_000 });
    expect(usage.take(accessOf(), limits)).toBeUndefined();
    expect(usage.take(accessOf(), limits)).toMatchObject({ used: 3, retryAfterMs: 50_000 });
    time.now += 50_000;
    expect(usage.take(accessOf({ statements: 3 }), limits)).toMatchObject({ retryAfterMs: 10_000 });
    expect(usage.take(accessOf({ statements: 2 }), limits)).toBeUndefined();
  });

  it('P10: however a run cuts its statements into texts, no more than the bound pass in any minute', () => {
    const texts = fc.array(fc.record({ statements: fc.integer({ min: 1, max: 6 }), gap: fc.nat(30_000) }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(texts, (steps) => {
        const { usage, time } = usageAt();
        const bound = limitsOf({ statementsPerMinute: 5 });
        const passed: number[] = [];
        for (const { statements, gap } of steps) {
          time.now += gap;
          const recent = passed.filter((at) => at > time.now - 60_000).length;
          const refused = usage.take(accessOf({ statements }), bound);
          expect(refused === undefined).toBe(recent + statements <= 5);
          if (refused === undefined) passed.push(...Array.from({ length: statements }, () => time.now));
          else if (refused.retryAfterMs !== undefined) {
            const then = time.now + refused.retryAfterMs;
            const left = passed.filter((at) => at > then - 60_000).length;
            const before = passed.filter((at) => at > then - 60_001).length;
            expect([left + statements <= 5, before + statements <= 5]).toEqual([true, false]);
          } else expect(statements).toBeGreaterThan(5);
        }
      }),
    );
  });

  it('two obligations of one rule count a statement once', () => {
    const { usage } = usageAt();
    const twice = [...limits, ...limits];
    for (let statement = 0; statement < 3; statement += 1)
      expect(usage.take(accessOf(), twice)).toBeUndefined();
    expect(usage.take(accessOf(), twice)).toBeDefined();
  });
});

describe('usage: distinct tables', () => {
  const two = limitsOf({ distinctTables: 2 });

  it('counts a table once, every candidate of an ambiguous name, and refuses the whole statement', () => {
    const { usage } = usageAt();
    expect(usage.take(accessOf({ tables: ['public.a'] }), two)).toBeUndefined();
    expect(usage.take(accessOf({ tables: ['public.a'] }), two)).toBeUndefined();
    expect(usage.take(accessOf({ tables: ['public.b', 'app.b'] }), two)).toMatchObject({ used: 1 });
    expect(usage.take(accessOf({ tables: ['public.b', 'public.a'] }), two)).toBeUndefined();
    expect(usage.take(accessOf({ tables: ['public.c'] }), two)).toEqual({
      limit: 'distinctTables',
      rule: 'r',
      allowed: 2,
      used: 2,
    });
  });

  it('P3: a name for any number of tables is under no bound', () => {
    const { usage } = usageAt();
    for (const name of ['public.*', '*.*', '*'])
      expect(usage.check(accessOf({ tables: [name] }), two)).toBeDefined();
  });

  it('remembers while a token of the run lives, and an hour after its last statement', () => {
    const { usage, time } = usageAt();
    const run = { run: 'run-1', tokenLivesMs: 5_000_000 };
    const one = limitsOf({ distinctTables: 1 });
    usage.take(accessOf({ ...run, tables: ['a'] }), one);
    time.now += 4_999_999;
    expect(usage.check(accessOf({ ...run, tables: ['b'] }), one)).toBeDefined();
    time.now += 1;
    expect(usage.check(accessOf({ ...run, tables: ['b'] }), one)).toBeUndefined();
    usage.take(accessOf({ run: 'run-2', tables: ['a'] }), one);
    time.now += 3_599_999;
    expect(usage.check(accessOf({ run: 'run-2', tables: ['b'] }), one)).toBeDefined();
    time.now += 1;
    expect(usage.check(accessOf({ run: 'run-2', tables: ['b'] }), one)).toBeUndefined();
  });
});

describe('usage: sessions', () => {
  const two = limitsOf({ sessions: 2 });
  const connect = (session: string, subject = 'agent-1') => accessOf({ family: 'connect', session, subject });

  it('counts what is open, whatever let it in, and gives places back once', () => {
    const { usage } = usageAt();
    expect(usage.take(connect('ses_1'), [])).toBeUndefined();
    expect(usage.take(connect('ses_2'), two)).toBeUndefined();
    expect(usage.take(connect('ses_3'), two)).toMatchObject({ limit: 'sessions', allowed: 2, used: 2 });
    expect(usage.take(connect('ses_3', 'agent-2'), two)).toBeUndefined();
    usage.release('ses_1');
    usage.release('ses_1');
    usage.release('unknown');
    expect(usage.take(connect('ses_4'), two)).toBeUndefined();
    expect(usage.take(connect('ses_5'), two)).toBeDefined();
  });

  it('a bound on statements counts their own session too', () => {
    const { usage } = usageAt();
    usage.take(connect('ses_1'), []);
    expect(usage.check(accessOf({ session: 'ses_1' }), limitsOf({ sessions: 1 }))).toBeUndefined();
    usage.take(connect('ses_2'), []);
    expect(usage.check(accessOf({ session: 'ses_1' }), limitsOf({ sessions: 1 }))).toBeDefined();
  });

  it('P10: refuses further sessions when it cannot hold them', () => {
    const { usage } = usageAt({ sessions: 1 });
    expect(usage.take(connect('ses_1'), [])).toBeUndefined();
    expect(usage.take(connect('ses_2'), [])).toMatchObject({ limit: 'capacity' });
  });
});

describe('usage: bounded memory', () => {
  it('P10: full, it refuses new runs and goes on counting the known; it drops only what is over', () => {
    const { usage, time } = usageAt({ keys: 2 });
    const one = limitsOf({ statementsPerMinute: 1 });
    expect(usage.take(accessOf({ run: 'a' }), one)).toBeUndefined();
    time.now += 30_000;
    expect(usage.take(accessOf({ run: 'b' }), one)).toBeUndefined();
    expect(usage.take(accessOf({ run: 'c' }), one)).toMatchObject({ limit: 'capacity', allowed: 2 });
    expect(usage.take(accessOf({ run: 'a' }), one)).toMatchObject({ limit: 'statementsPerMinute' });
    time.now += 30_000;
    expect(usage.take(accessOf({ run: 'c' }), one)).toBeUndefined();
    expect(usage.take(accessOf({ run: 'b' }), one)).toMatchObject({ limit: 'statementsPerMinute' });
  });

  it('P10: table names and marks are bounded together, over all runs', () => {
    const tables = usageAt({ tables: 3 });
    const many = limitsOf({ distinctTables: 1_000 });
    expect(tables.usage.take(accessOf({ run: 'a', tables: ['1', '2'] }), many)).toBeUndefined();
    expect(tables.usage.take(accessOf({ run: 'b', tables: ['1', '2'] }), many)?.limit).toBe('capacity');
    expect(tables.usage.take(accessOf({ run: 'b', tables: ['1'] }), many)).toBeUndefined();
    const marks = usageAt({ marks: 2 });
    const often = limitsOf({ statementsPerMinute: 1_000 });
    for (const run of ['a', 'b']) expect(marks.usage.take(accessOf({ run }), often)).toBeUndefined();
    expect(marks.usage.take(accessOf({ run: 'a' }), often)?.limit).toBe('capacity');
    marks.time.now += 60_000;
    // A clock that tells fractions costs no more: one mark a millisecond.
    for (let statement = 0; statement < 50; statement += 1) {
      marks.time.now += 0.01;
      expect(marks.usage.take(accessOf({ run: 'a' }), often)).toBeUndefined();
    }
  });

  it('no pressure of newcomers loosens a limit: a model that keeps everything agrees whenever it permits', () => {
    const step = fc.record({
      run: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      gap: fc.constantFrom(0, 1, 900, 20_000, 60_000),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const { usage, time } = usageAt({ keys: 2 });
        const taken = new Map<string, number[]>();
        for (const { run, gap } of steps) {
          time.now += gap;
          const refused = usage.take(accessOf({ run }), limitsOf({ statementsPerMinute: 2 }));
          const recent = (taken.get(run) ?? []).filter((at) => at > time.now - 60_000);
          if (refused === undefined) {
            expect(recent.length).toBeLessThan(2);
            taken.set(run, [...recent, time.now]);
          } else if (refused.limit === 'statementsPerMinute') {
            expect(recent.length).toBe(2);
          }
        }
      }),
    );
  });

  it('what sets no cumulative bound is not counted at all', () => {
    const { usage } = usageAt({ keys: 0 });
    expect(usage.take(accessOf(), limitsOf({ rows: 1, bytes: 1, timeoutMs: 1 }))).toBeUndefined();
    expect(usage.take(accessOf(), [])).toBeUndefined();
  });
});

describe('usage: probes', () => {
  const mask: Obligation = {
    kind: 'mask',
    rule: 'r',
    columns: ['*.ssn'],
    method: 'null',
    inference: 'allow',
  };
  const asking = [...limitsOf({ probes: 2 }), mask];

  function probe(session: string, use: Partial<FieldUse> = {}): AccessRequest {
    const access = accessOf({ session, run: 'run', tokenLivesMs: 60_000 });
    const fields: FieldUse[] = [{ names: ['public.t.ssn'], as: 'filter', ...use }];
    const statements = access.facts.statements.map((one) => ({ ...one, fields }));
    return { ...access, facts: { ...access.facts, statements } };
  }

  it('P10: the same question counts once, over sessions; a check counts nothing and refuses nothing unasked', () => {
    const { usage } = usageAt();
    for (const [session, question] of ['a', 'b', 'a', 'b'].entries())
      expect(usage.take(probe(`ses_${session}`), asking, () => question)).toBeUndefined();
    expect(usage.check(probe('ses_9'), asking)).toBeUndefined();
    const exceeded = { limit: 'probes', rule: 'r', allowed: 2, used: 2, asked: 1, isFirst: true };
    expect(usage.check(probe('ses_9'), asking, () => 'c')).toEqual(exceeded);
    expect(usage.take(probe('ses_9'), asking, () => 'c')).toEqual(exceeded);
    usage.noteTold(probe('ses_9'), 'r');
    expect(usage.take(probe('ses_9'), asking, () => 'c')).not.toHaveProperty('isFirst');
    expect(usage.take(probe('ses_9'), asking, () => 'a')).toBeUndefined();
  });

  it('P10: what cannot be told apart counts each time, and what has many values counts for each', () => {
    const { usage } = usageAt();
    const values = { parameters: [1], literals: [10, 20] };
    expect(usage.take(probe('ses_1', { values }), asking, () => 'list')).toMatchObject({ asked: 3, used: 0 });
    expect(usage.take(probe('ses_1'), asking)).toBeUndefined();
    expect(usage.take(probe('ses_1'), asking)).toBeUndefined();
    expect(usage.take(probe('ses_1'), asking)).toMatchObject({ limit: 'probes' });
  });

  it('only what tells of a masked column counts, and it is forgotten with its run', () => {
    const { usage, time } = usageAt();
    const harmless: Partial<FieldUse>[] = [
      { as: 'output' },
      { as: 'derived' },
      { as: 'written' },
      { names: ['public.t.id'] },
    ];
    for (const use of [...harmless, ...harmless])
      expect(usage.take(probe('ses_1', use), asking)).toBeUndefined();
    for (const use of [{}, { as: 'written', place: 'conflict' } as const])
      expect(usage.take(probe('ses_1', use), asking)).toBeUndefined();
    expect(usage.take(probe('ses_1'), asking)).toBeDefined();
    time.now += 3_600_000;
    expect(usage.take(probe('ses_1'), asking)).toBeUndefined();
  });
});
