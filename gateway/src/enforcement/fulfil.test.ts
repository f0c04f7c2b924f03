import { describe, expect, it } from 'vitest';
import type { AccessRequest } from '../model/access-request.ts';
import type { ApprovalAsk, ApprovalOutcome, Approvals, ApprovalWait, Grant } from '../model/approval.ts';
import type { AuditLog } from '../model/audit-event.ts';
import type { Decision, PermitDecision } from '../model/decision.ts';
import type { Obligation } from '../model/obligation.ts';
import { fulfil } from './fulfil.ts';
import { createUsage } from './limits/usage.ts';
import { RunHistory } from './run-history.ts';
import type { Execution, Verdict } from './verdict.ts';

const POLICY = { hash: 'ab'.repeat(32) };
const APPROVAL: Obligation = { kind: 'approval', rule: 'writes', by: ['dba'], count: 1, withinMs: 60_000 };
const ONE_A_MINUTE: Obligation = { kind: 'limits', rule: 'few', statementsPerMinute: 1 };
const MASK: Obligation = { kind: 'mask', rule: 'reads', columns: ['*.email'], method: 'redact' };
const GRANT: Grant = {
  id: 'grt_1',
  request: 'apr_1',
  digest: 'd',
  rules: ['writes'],
  policy: POLICY,
  approvers: ['dora'],
};

const permit = (...obligations: Obligation[]): PermitDecision => ({
  effect: 'permit',
  rules: ['writes'],
  obligations,
  observed: [],
  policy: POLICY,
});
const DENY: Decision = {
  effect: 'deny',
  cause: 'rule',
  rules: ['frozen'],
  subject: 'UPDATE',
  alternatives: [],
  observed: [],
  policy: POLICY,
};

function accessTo(mode: 'enforce' | 'observe', groups: readonly string[] = ['agents']): AccessRequest {
  return {
    principal: {
      issuer: 'i',
      subject: 's',
      groups,
      delegation: [],
      tokenDigest: 'd',
      expiresAtMs: 2_000_000,
    },
    resource: { name: 'shop', protocol: 'postgres', labels: {}, mode },
    account: 'app',
    facts: {
      family: 'sql',
      action: 'query',
      statements: [{ summary: 'UPDATE', atoms: [], attributes: {}, opaque: [] }],
    },
    context: { nowMs: 1_000, sessionId: 'ses_1', sourceAddress: '::1', hints: {} },
  };
}

/** What is asked, with what the policy says by the time of the answer, and an approver. */
function begin(options: {
  readonly decision: PermitDecision;
  readonly mode?: 'enforce' | 'observe';
  readonly later?: (access: AccessRequest) => Decision;
  readonly answer?: (ask: ApprovalAsk, wait: ApprovalWait) => Promise<ApprovalOutcome>;
  readonly current?: () => AccessRequest;
}) {
  const usage = createUsage({ clock: { nowMs: () => 1_000 } });
  const access = accessTo(options.mode ?? 'enforce');
  const asked: ApprovalAsk[] = [];
  const { answer } = options;
  const approvals: Approvals | undefined =
    answer === undefined
      ? undefined
      : {
          ask: async (ask, wait = {}) => {
            asked.push(ask);
            return answer(ask, wait);
          },
        };
  const execution: Execution = {
    access,
    current: options.current ?? (() => access),
    verdict: { id: 'dec_1_1', decision: options.decision },
    wait: {},
    ask: () => ({ binding: {} as never, view: {} as never }),
  };
  const redecide = options.later ?? (() => options.decision);
  const audit: AuditLog = { append: async () => undefined, enqueue: () => undefined };
  const services = { usage, approvals, redecide, audit, history: new RunHistory() };
  const run = (): Verdict | Promise<Verdict> => fulfil(execution, services);
  return { run, usage, access, asked };
}

const granted = async (ask: ApprovalAsk): Promise<ApprovalOutcome> =>
  ask.grounds() === undefined
    ? { state: 'voided', reason: 'no longer permitted' }
    : { state: 'granted', grant: GRANT };

describe('what is permitted without people', () => {
  it('costs neither a promise nor an object where nothing is obliged', () => {
    const { run } = begin({ decision: permit() });
    const verdict = run();
    expect(verdict).not.toBeInstanceOf(Promise);
    expect(run()).toBe(verdict);
  });

  it('P10: is counted once, and refused when there is no room', () => {
    const { run } = begin({ decision: permit(ONE_A_MINUTE) });
    expect(run()).toMatchObject({ decision: { effect: 'permit' } });
    expect(run()).toMatchObject({ decision: { effect: 'deny', cause: 'limit', rules: ['few'] } });
  });
});

describe('what people have to agree to', () => {
  it('passes with the grant, and is counted then', async () => {
    const { run, usage, access } = begin({ decision: permit(APPROVAL, ONE_A_MINUTE), answer: granted });
    expect(await run()).toMatchObject({ decision: { effect: 'permit' }, grant: { id: 'grt_1' } });
    expect(usage.check(access, [ONE_A_MINUTE])).toMatchObject({ limit: 'statementsPerMinute' });
  });

  it('P3: is refused where nobody can be asked, and where asking fails', async () => {
    const nobody = begin({ decision: permit(APPROVAL) });
    expect(await nobody.run()).toMatchObject({ decision: { effect: 'deny', cause: 'approval' } });
    const failing = begin({
      decision: permit(APPROVAL),
      answer: () => Promise.reject(new Error('the disk is full: /secret/path')),
    });
    expect(await failing.run()).toMatchObject({
      decision: { effect: 'deny', message: 'nobody can be asked now' },
    });
  });

  it('P10: nobody is asked where there is no room anyway', async () => {
    const { run, usage, access, asked } = begin({
      decision: permit(APPROVAL, ONE_A_MINUTE),
      answer: granted,
    });
    usage.take(access, [ONE_A_MINUTE]);
    expect(await run()).toMatchObject({ decision: { effect: 'deny', cause: 'limit' } });
    expect(asked).toEqual([]);
  });

  it('P7: is refused by what the policy says at the time of the answer', async () => {
    const { run } = begin({ decision: permit(APPROVAL), answer: granted, later: () => DENY });
    expect(await run()).toMatchObject({ decision: { effect: 'deny', rules: ['frozen'] } });
  });

  it('P12: is decided for whoever asks as the identity provider has them by then', async () => {
    const { run } = begin({
      decision: permit(APPROVAL),
      answer: granted,
      current: () => accessTo('enforce', []),
      later: (access) => (access.principal.groups.length === 0 ? DENY : permit(APPROVAL)),
    });
    expect(await run()).toMatchObject({ decision: { effect: 'deny', rules: ['frozen'] } });
  });

  it('P10: a place that was lost during the wait leaves the grant for the next try', async () => {
    const { run, usage, access } = begin({
      decision: permit(APPROVAL, ONE_A_MINUTE),
      async answer(ask, { signal }) {
        usage.take(access, [ONE_A_MINUTE]);
        ask.grounds();
        return signal?.aborted === true
          ? { state: 'pending', id: 'apr_1', remainingMs: 1 }
          : { state: 'granted', grant: GRANT };
      },
    });
    const verdict = await run();
    expect(verdict).toMatchObject({ decision: { effect: 'deny', cause: 'limit' } });
    expect(verdict.grant).toBeUndefined();
  });

  it('a grant that a lost race has used up is named in the refusal and on record', async () => {
    const { run, usage, access } = begin({
      decision: permit(APPROVAL, ONE_A_MINUTE),
      async answer(ask) {
        ask.grounds();
        usage.take(access, [ONE_A_MINUTE]);
        return { state: 'granted', grant: GRANT };
      },
    });
    expect(await run()).toMatchObject({
      decision: { effect: 'deny', message: expect.stringContaining('its approval is used up') },
      grant: { id: 'grt_1' },
    });
  });

  it('needs nobody where the policy asks for nobody any more', async () => {
    const { run } = begin({
      decision: permit(APPROVAL),
      later: () => permit(),
      async answer(ask) {
        ask.grounds();
        return { state: 'voided', reason: 'it needs no approval any more' };
      },
    });
    expect(await run()).toMatchObject({ decision: { effect: 'permit' } });
  });
});

describe('shadow mode', () => {
  it('lifts the refusal and nothing else: masks and limits stay, and the statement is counted', async () => {
    const { run, usage, access, asked } = begin({
      decision: permit(APPROVAL, MASK, ONE_A_MINUTE),
      mode: 'observe',
      answer: granted,
    });
    const verdict = await run();
    expect(verdict).toMatchObject({
      decision: { effect: 'permit', obligations: [MASK, ONE_A_MINUTE] },
      shadow: { cause: 'approval' },
    });
    expect(asked).toEqual([]);
    expect(usage.check(access, [ONE_A_MINUTE])).toBeDefined();
    expect(await run()).toMatchObject({
      decision: { effect: 'permit', obligations: [MASK, ONE_A_MINUTE] },
      shadow: { cause: 'limit' },
    });
  });
});
