import { describe, expect, it } from 'vitest';
import { createGate, type Gate, type Intent } from '../../../enforcement/gate.ts';
import { ResultMeter } from '../../../enforcement/limits/result-meter.ts';
import { createUsage } from '../../../enforcement/limits/usage.ts';
import type { Permit } from '../../../enforcement/permit.ts';
import { ExchangeRun } from './exchange-run.ts';
import { MemoryAudit } from './testing/memory-audit.ts';

const POLICY = { hash: 'test' };
const clock = { nowMs: () => 1_000 };

async function permitted(): Promise<{
  readonly gate: Gate;
  readonly permit: Permit;
  readonly audit: MemoryAudit;
}> {
  const audit = new MemoryAudit();
  const engine = {
    version: POLICY,
    decide: () => ({ effect: 'permit' as const, rules: [], obligations: [], observed: [], policy: POLICY }),
    masksFor: () => [],
    filtersFor: () => [],
  };
  const gate = createGate({
    engine: () => engine,
    audit,
    clock,
    obligations: [],
    usage: createUsage({ clock }),
  });
  // The gate reads no more of it than who asks, and where.
  const access = {
    principal: { issuer: 'https://idp.example', subject: 'agent' },
    context: { sessionId: 'ses_1' },
    resource: { mode: 'enforce' },
    facts: {},
  } as unknown as Intent['access'];
  const verdict = gate.decide(access);
  const [permit] = await gate.admit([{ access, verdict, summary: '', request: {}, writes: false }]);
  if (permit === undefined) throw new Error('it was permitted');
  return { gate, permit, audit };
}

describe('ExchangeRun', () => {
  it('P4: records one outcome, when the last operation is answered', async () => {
    const { gate, permit, audit } = await permitted();
    const run = new ExchangeRun(gate, permit);
    run.open = 2;
    run.takeRow(10);
    run.noteTag('SELECT 1');
    run.operationDone();
    expect(audit.outcomes).toEqual([]);
    run.operationDone();
    run.finish('error');
    expect(audit.outcomes).toMatchObject([{ status: 'ok', result: { rows: 1, bytes: 0, tag: 'SELECT 1' } }]);
  });

  it('P10: keeps the tags of a text short and says how many there were', async () => {
    const { gate, permit, audit } = await permitted();
    const run = new ExchangeRun(gate, permit);
    for (let count = 0; count < 500; count += 1) run.noteTag('SET');
    run.finish('ok');
    expect(String(audit.outcomes[0]?.result['tag']).split('; ')).toHaveLength(100);
    expect(audit.outcomes[0]?.result['completed']).toBe(500);
  });

  it('is cancelled, whatever the server says, once it is over a bound', async () => {
    const { gate, permit, audit } = await permitted();
    const meter = new ResultMeter({ rows: { rule: 'two', allowed: 2 } });
    const run = new ExchangeRun(gate, permit, { meter, writes: false });
    expect([run.takeRow(1), run.takeRow(1), run.takeRow(1), run.takeRow(1)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    run.finish('ok');
    expect(audit.outcomes).toMatchObject([
      { status: 'cancelled', result: { rows: 2, limit: { limit: 'rows', rule: 'two', allowed: 2 } } },
    ]);
  });
});
