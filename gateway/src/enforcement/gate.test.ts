import { describe, expect, it } from 'vitest';
import type { AccessRequest } from '../model/access-request.ts';
import type { AuditEvent, AuditLog, Durability } from '../model/audit-event.ts';
import type { Decision } from '../model/decision.ts';
import type { MaskObligation } from '../model/obligation.ts';
import { createGate, type Gate, type Intent } from './gate.ts';
import { createUsage } from './limits/usage.ts';
import type { ObligationFulfiller } from './obligations/index.ts';
import { Permit, takePermitMint } from './permit.ts';

const VERSION = { hash: 'ab'.repeat(32) };
const PERMIT: Decision = {
  effect: 'permit',
  rules: ['read'],
  obligations: [],
  observed: [],
  policy: VERSION,
};
const DENY: Decision = {
  effect: 'deny',
  cause: 'rule',
  rules: ['no-ddl'],
  subject: 'DROP TABLE public.t',
  alternatives: [],
  observed: [],
  policy: VERSION,
};
const MASK: MaskObligation = { kind: 'mask', rule: 'read', columns: ['*.email'], method: 'redact' };

class MemoryAudit implements AuditLog {
  readonly events: AuditEvent[] = [];
  readonly durabilities: (Durability | undefined)[] = [];
  failure: Error | undefined;

  append(events: readonly AuditEvent[], durability?: Durability): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    this.events.push(...events);
    this.durabilities.push(durability);
    return Promise.resolve();
  }

  enqueue(event: AuditEvent): void {
    this.events.push(event);
  }
}

function gateOf(
  decision: Decision,
  fulfillers: readonly ObligationFulfiller[] = [],
  masks: readonly MaskObligation[] = [],
): { gate: Gate; audit: MemoryAudit } {
  const audit = new MemoryAudit();
  const gate = createGate({
    engine: () => ({ version: VERSION, decide: () => decision, masksFor: () => masks, filtersFor: () => [] }),
    audit,
    clock: { nowMs: () => 1_000 },
    obligations: fulfillers,
    usage: createUsage({ clock: { nowMs: () => 1_000 } }),
  });
  return { gate, audit };
}

function accessTo(mode: 'enforce' | 'observe' = 'enforce'): AccessRequest {
  return {
    principal: {
      issuer: 'i',
      subject: 's',
      groups: [],
      delegation: [],
      tokenDigest: 'd',
      expiresAtMs: 2_000,
    },
    resource: { name: 'shop', protocol: 'postgres', labels: {}, mode },
    account: 'app',
    facts: {
      family: 'sql',
      action: 'query',
      statements: [{ summary: 'SELECT', atoms: [], attributes: {}, opaque: [] }],
    },
    context: { nowMs: 1_000, sessionId: 'ses_1', sourceAddress: '::1', hints: {} },
  };
}

function intentOf(gate: Gate, access: AccessRequest, writes = false): Intent {
  return { access, verdict: gate.decide(access), summary: 'SELECT', request: { text: 'SELECT 1' }, writes };
}

describe('the gate', () => {
  it('P1, P4: gives a permit only when the intent is on file, and none for a denial, which is on file too', async () => {
    const permitted = gateOf(PERMIT);
    const [permit] = await permitted.gate.admit([intentOf(permitted.gate, accessTo())]);
    expect(permit).toBeInstanceOf(Permit);
    expect(permitted.audit.events).toMatchObject([
      { type: 'exchange.intent', effect: 'permit', rules: ['read'] },
    ]);
    const denied = gateOf(DENY);
    expect(await denied.gate.admit([intentOf(denied.gate, accessTo())])).toEqual([undefined]);
    expect(denied.audit.events).toMatchObject([{ type: 'exchange.intent', effect: 'deny', cause: 'rule' }]);
  });

  it('P4: refuses when the intent cannot be put on file', async () => {
    const { gate, audit } = gateOf(PERMIT);
    audit.failure = new Error('ENOSPC');
    await expect(gate.admit([intentOf(gate, accessTo())])).rejects.toMatchObject({
      code: 'ERR_ENFORCEMENT_UNRECORDED',
    });
  });

  it('P4: syncs the intent of what may write, whatever the configured durability', async () => {
    const { gate, audit } = gateOf(PERMIT);
    await gate.admit([intentOf(gate, accessTo()), intentOf(gate, accessTo(), true)]);
    await gate.admit([intentOf(gate, accessTo())]);
    expect(audit.durabilities).toEqual(['synced', undefined]);
  });

  it('P5: what passes in shadow mode alone passes with the masks of the policy', () => {
    const { gate } = gateOf(DENY, [], [MASK]);
    expect(gate.decide(accessTo('observe'))).toMatchObject({
      decision: { effect: 'permit', obligations: [MASK] },
      shadow: { rules: ['no-ddl'] },
    });
  });

  it('P3: refuses when an obligation cannot be fulfilled, and names the rule', () => {
    const obliged: Decision = { ...PERMIT, obligations: [MASK] };
    expect(gateOf(obliged).gate.decide(accessTo()).decision).toMatchObject({
      effect: 'deny',
      cause: 'obligation',
      rules: ['read'],
      message: expect.stringContaining('mask'),
    });
    const willing: ObligationFulfiller = { kind: 'mask', canFulfil: () => true };
    expect(gateOf(obliged, [willing]).gate.decide(accessTo()).decision.effect).toBe('permit');
    const unwilling: ObligationFulfiller = { kind: 'mask', canFulfil: () => false };
    expect(gateOf(obliged, [unwilling]).gate.decide(accessTo()).decision.effect).toBe('deny');
  });

  it('lets everything pass in shadow mode and records what it would have said', async () => {
    const { gate, audit } = gateOf(DENY);
    const [permit] = await gate.admit([intentOf(gate, accessTo('observe'))]);
    expect(permit).toBeInstanceOf(Permit);
    expect(audit.events).toMatchObject([
      { effect: 'permit', observed: [{ rule: 'no-ddl', effect: 'deny' }] },
    ]);
  });

  it('P4: records one outcome of an exchange, however often it is settled', async () => {
    const { gate, audit } = gateOf(PERMIT);
    const [permit] = await gate.admit([intentOf(gate, accessTo())]);
    if (permit === undefined) throw new Error('no permit');
    gate.settle(permit, { status: 'ok', result: { rows: 1 } });
    gate.settle(permit, { status: 'error', result: {} });
    const outcomes = audit.events.filter((event) => event.type === 'exchange.outcome');
    expect(outcomes).toMatchObject([{ exchange: permit.exchange, session: 'ses_1', status: 'ok' }]);
  });

  it('P1: nobody else can make a permit', () => {
    expect(() => takePermitMint()).toThrow(TypeError);
    const forge = Permit as unknown as new (mint: unknown, grounds: unknown) => Permit;
    expect(() => new forge(Symbol('permit mint'), {})).toThrow(TypeError);
    const lookAlike = Object.create(Permit.prototype) as Permit;
    expect(() => lookAlike.exchange).toThrow(TypeError);
  });

  it('gives every decision an id of its own', () => {
    const { gate } = gateOf(PERMIT);
    const ids = Array.from({ length: 100 }, () => gate.decide(accessTo()).id);
    expect(new Set(ids).size).toBe(100);
    expect(ids.every((id) => /^dec_1_[0-9a-z]+$/.test(id))).toBe(true);
  });
});
