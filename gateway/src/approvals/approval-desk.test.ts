import { describe, expect, it } from 'vitest';
import type { ApprovalOutcome } from '../model/approval.ts';
import type { OpenApprovals } from './open-approvals.ts';
import { ApprovalsSite, asking, groundsOf, needs, person } from './testing/approvals-fixture.ts';

const DBA = { principal: person('dora', ['dba']), isAdmin: false };
const ADMIN = { principal: person('root', ['admins']), isAdmin: true };
const NOW = { waitMs: 0 };

async function pendingId(outcome: ApprovalOutcome | Promise<ApprovalOutcome>): Promise<string> {
  const settled = await outcome;
  if (settled.state !== 'pending') throw new Error(`it is ${settled.state}`);
  return settled.id;
}

async function answer(
  { inbox }: OpenApprovals,
  id: string,
  verdict: 'approve' | 'deny' = 'approve',
  comment?: string,
): Promise<string> {
  const { request } = await inbox.show(id, ADMIN);
  const seen = await inbox.answer(id, { verdict, digest: request.digest, comment }, DBA);
  return seen.request.status;
}

/** Resolves when so many askers wait. */
async function untilWaiting(approvals: OpenApprovals, count: number): Promise<void> {
  while (approvals.waiting() < count) await new Promise((resolve) => setImmediate(resolve));
}

describe('asking for approval', () => {
  it('P4: is on the audit before anybody is asked, and attaches to what is open already', async () => {
    const site = new ApprovalsSite();
    const { desk } = await site.open();
    const first = await desk.ask(asking(), NOW);
    expect(first).toMatchObject({ state: 'pending', remainingMs: 900_000 });
    site.pass(600_000);
    const again = await desk.ask(asking(), NOW);
    expect(again).toEqual({ ...first, remainingMs: 300_000 });
    expect(site.types).toEqual(['requested']);
    expect(site.events[0]).toMatchObject({
      approval: await pendingId(first),
      requester: { subject: 'alice', agent: 'claims-bot', run: 'run-1' },
      quorums: [{ rule: 'by-dba', groups: ['dba'], count: 1 }],
    });
    expect(await pendingId(first)).toMatch(/^apr_[A-Za-z0-9_-]{24}$/);
    const other = await desk.ask(asking({ text: 'DELETE FROM orders WHERE id = 7' }), NOW);
    expect(await pendingId(other)).not.toBe(await pendingId(first));
  });

  it('a grant is given out once, to the one who asks the same again', async () => {
    const site = new ApprovalsSite();
    const approvals = await site.open();
    const id = await pendingId(approvals.desk.ask(asking(), NOW));
    expect(await answer(approvals, id)).toBe('approved');
    const outcome = await approvals.desk.ask(asking(), NOW);
    expect(outcome).toMatchObject({
      state: 'granted',
      grant: { request: id, rules: ['by-dba'], approvers: ['dora'], policy: { hash: 'cd'.repeat(32) } },
    });
    expect(await pendingId(approvals.desk.ask(asking(), NOW))).not.toBe(id);
    expect(site.types).toEqual(['requested', 'answered', 'granted', 'consumed', 'requested']);
  });

  it('of racing sessions exactly one gets the grant; the others wait for one of their own', async () => {
    const site = new ApprovalsSite();
    const approvals = await site.open();
    const id = await pendingId(approvals.desk.ask(asking(), NOW));
    await answer(approvals, id);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => approvals.desk.ask(asking(), NOW)));
    expect(outcomes.filter(({ state }) => state === 'granted')).toHaveLength(1);
    const others = await Promise.all(outcomes.filter(({ state }) => state !== 'granted').map(pendingId));
    expect(new Set(others).size).toBe(1);
    expect(site.types.filter((type) => type === 'consumed')).toHaveLength(1);
  });

  it('whoever waits is woken by the answer', async () => {
    const site = new ApprovalsSite();
    const approvals = await site.open();
    const waiting = [1, 2, 3].map(() => approvals.desk.ask(asking(), { waitMs: 60_000 }));
    await untilWaiting(approvals, 3);
    const id = await pendingId(approvals.desk.ask(asking(), NOW));
    await answer(approvals, id, 'deny', 'use the staging copy');
    for (const outcome of await Promise.all(waiting)) {
      expect(outcome).toEqual({ state: 'denied', id, comment: 'use the staging copy', remainingMs: 900_000 });
    }
    expect(approvals.waiting()).toBe(0);
  });

  it('whoever waits and sees another take the grant goes on waiting for a new one', async () => {
    const site = new ApprovalsSite();
    const approvals = await site.open();
    const waiting = [1, 2].map(() => approvals.desk.ask(asking(), { waitMs: 60_000 }));
    await untilWaiting(approvals, 2);
    const first = await pendingId(approvals.desk.ask(asking(), NOW));
    await answer(approvals, first);
    const quicker = await Promise.race(waiting);
    expect(quicker).toMatchObject({ state: 'granted', grant: { request: first } });
    const second = await pendingId(approvals.desk.ask(asking(), NOW));
    expect(second).not.toBe(first);
    await answer(approvals, second);
    expect((await Promise.all(waiting)).map(({ state }) => state)).toEqual(['granted', 'granted']);
  });

  it('a client that went away waits no longer, and takes no grant with it', async () => {
    const site = new ApprovalsSite();
    const approvals = await site.open();
    const client = new AbortController();
    const waiting = approvals.desk.ask(asking(), { waitMs: 60_000, signal: client.signal });
    await untilWaiting(approvals, 1);
    client.abort();
    const id = await pendingId(waiting);
    expect(approvals.waiting()).toBe(0);
    await answer(approvals, id);
    expect(await approvals.desk.ask(asking(), { signal: AbortSignal.abort() })).toMatchObject({
      state: 'pending',
    });
    expect(await approvals.desk.ask(asking(), NOW)).toMatchObject({ state: 'granted' });
  });

  it('after a denial the same is denied for the rest of the window, with the comment; then it may be asked again', async () => {
    const site = new ApprovalsSite();
    const approvals = await site.open();
    const id = await pendingId(approvals.desk.ask(asking(), NOW));
    site.pass(100_000);
    await answer(approvals, id, 'deny', 'not on a Friday');
    const denied = { state: 'denied', id, comment: 'not on a Friday' };
    expect(await approvals.desk.ask(asking(), { waitMs: 60_000 })).toEqual({
      ...denied,
      remainingMs: 800_000,
    });
    site.pass(799_999);
    expect(await approvals.desk.ask(asking(), NOW)).toEqual({ ...denied, remainingMs: 1 });
    site.pass(1);
    expect(await pendingId(approvals.desk.ask(asking(), NOW))).not.toBe(id);
  });

  it('a denial stops a grant that nobody used', async () => {
    const site = new ApprovalsSite();
    const approvals = await site.open();
    const id = await pendingId(approvals.desk.ask(asking(), NOW));
    await answer(approvals, id);
    expect(await answer(approvals, id, 'deny')).toBe('denied');
    expect(await approvals.desk.ask(asking(), NOW)).toMatchObject({ state: 'denied', id });
  });
});

describe('a changed decision', () => {
  const twoPeople = groundsOf([needs(['dba'], { count: 2 })]);

  it('P8: voids a grant: what was approved was another thing', async () => {
    const site = new ApprovalsSite();
    const approvals = await site.open();
    const id = await pendingId(approvals.desk.ask(asking(), NOW));
    await answer(approvals, id);
    expect(await pendingId(approvals.desk.ask(asking({}, twoPeople), NOW))).not.toBe(id);
    expect((await approvals.inbox.show(id, ADMIN)).request).toMatchObject({
      status: 'voided',
      reason: 'the decision is another one now',
    });
    expect(site.types).toEqual(['requested', 'answered', 'granted', 'voided', 'requested']);
  });

  it('P8: is looked for again after a wait, before the grant is given out', async () => {
    const site = new ApprovalsSite();
    const approvals = await site.open();
    for (const changed of [twoPeople, undefined, groundsOf([])]) {
      let grounds: ReturnType<typeof groundsOf> | undefined = groundsOf([needs(['dba'])]);
      const ask = asking({}, () => grounds);
      const waiting = approvals.desk.ask(ask, { waitMs: 60_000 });
      await untilWaiting(approvals, 1);
      const id = await pendingId(approvals.desk.ask(ask, NOW));
      grounds = changed;
      await answer(approvals, id);
      expect(await waiting).toMatchObject({ state: 'voided', id });
    }
    expect(site.types).not.toContain('consumed');
  });

  it('does not void when only the policy around it changed', async () => {
    const site = new ApprovalsSite();
    const approvals = await site.open();
    const id = await pendingId(approvals.desk.ask(asking(), NOW));
    await answer(approvals, id);
    const same = groundsOf([needs(['dba'])], { policy: { hash: 'ee'.repeat(32) } });
    expect(await approvals.desk.ask(asking({}, same), NOW)).toMatchObject({ state: 'granted' });
  });
});

describe('the window', () => {
  it('ends while somebody waits', async () => {
    const site = new ApprovalsSite();
    const approvals = await site.open();
    const waiting = approvals.desk.ask(asking(), { waitMs: 3_600_000 });
    await untilWaiting(approvals, 1);
    const id = await pendingId(approvals.desk.ask(asking(), NOW));
    site.pass(900_000);
    await approvals.sweep();
    expect(await waiting).toEqual({ state: 'expired', id });
    expect(site.types).toEqual(['requested', 'expired']);
    expect((await approvals.inbox.show(id, ADMIN)).request.status).toBe('expired');
  });

  it('a clock that is set back gives nothing back, and one that is set forward takes', async () => {
    const site = new ApprovalsSite();
    const { desk } = await site.open();
    await desk.ask(asking(), NOW);
    site.pass(600_000);
    site.wallMs -= 500_000;
    expect(await desk.ask(asking(), NOW)).toMatchObject({ remainingMs: 300_000 });
    site.wallMs += 700_000;
    expect(await desk.ask(asking(), NOW)).toMatchObject({ remainingMs: 100_000 });
  });

  it('a clock that was set back while the gateway was down gives nothing back', async () => {
    const site = new ApprovalsSite();
    const before = await site.open();
    const first = await before.desk.ask(asking(), NOW);
    site.pass(600_000);
    await before.sweep();
    site.wallMs -= 500_000;
    site.steadyMs = 5;
    const { desk } = await site.open();
    expect(await desk.ask(asking(), NOW)).toEqual({ ...first, remainingMs: 300_000 });
    site.pass(299_999);
    expect(await desk.ask(asking(), NOW)).toEqual({ ...first, remainingMs: 1 });
  });

  it('of several obligations is the shortest, and goes on while the gateway is down', async () => {
    const site = new ApprovalsSite();
    const both = groundsOf([needs(['dba'], { withinMs: 50_000 }), needs(['sec'])]);
    const before = await site.open();
    expect(await before.desk.ask(asking({}, both), NOW)).toMatchObject({ remainingMs: 50_000 });
    site.wallMs += 50_000;
    const after = await site.open();
    expect(await after.desk.ask(asking({}, both), NOW)).toMatchObject({
      state: 'pending',
      remainingMs: 50_000,
    });
    expect(site.types).toEqual(['requested', 'expired', 'requested']);
  });

  it('of a grant ends too', async () => {
    const site = new ApprovalsSite();
    const approvals = await site.open({ grantMs: 60_000 });
    const id = await pendingId(approvals.desk.ask(asking(), NOW));
    await answer(approvals, id);
    site.pass(60_000);
    expect(await pendingId(approvals.desk.ask(asking(), NOW))).not.toBe(id);
    expect(site.events.find(({ type }) => type === 'approval.expired')).toMatchObject({
      grant: expect.stringMatching(/^grt_/),
    });
  });
});

describe('after a restart', () => {
  it('open requests and unused grants are there, and used ones are not', async () => {
    const site = new ApprovalsSite();
    const before = await site.open();
    const used = asking({ text: 'used' });
    await answer(before, await pendingId(before.desk.ask(used, NOW)));
    expect(await before.desk.ask(used, NOW)).toMatchObject({ state: 'granted' });
    const unused = asking({ text: 'unused' });
    await answer(before, await pendingId(before.desk.ask(unused, NOW)));
    const open = await pendingId(before.desk.ask(asking({ text: 'open' }), NOW));
    const after = await site.open();
    expect(await after.desk.ask(used, NOW)).toMatchObject({ state: 'pending' });
    expect(await after.desk.ask(unused, NOW)).toMatchObject({ state: 'granted' });
    expect(await pendingId(after.desk.ask(asking({ text: 'open' }), NOW))).toBe(open);
  });
});

describe('P10: bounds', () => {
  it('whoever cancels and asks again does not get round them', async () => {
    const site = new ApprovalsSite();
    const { desk, inbox } = await site.open({ maxOpenPerPrincipal: 3 });
    const own = { principal: person('alice', [], { agent: 'claims-bot' }), isAdmin: false };
    for (let n = 0; n < 3; n += 1) await inbox.cancel(await pendingId(desk.ask(asking(), NOW)), own);
    await expect(desk.ask(asking(), NOW)).rejects.toMatchObject({ code: 'ERR_APPROVALS_FULL' });
    site.pass(900_000);
    const after = await site.open({ maxOpenPerPrincipal: 3 });
    await after.sweep();
    expect(await after.desk.ask(asking(), NOW)).toMatchObject({ state: 'pending' });
  });

  it('the slots of what was cancelled are free when its window is over', async () => {
    const site = new ApprovalsSite();
    const approvals = await site.open({ maxOpenPerPrincipal: 1 });
    await approvals.inbox.cancel(await pendingId(approvals.desk.ask(asking(), NOW)), ADMIN);
    site.pass(900_000);
    await approvals.sweep();
    expect(await approvals.desk.ask(asking(), NOW)).toMatchObject({ state: 'pending' });
  });

  it('of open requests: for a principal and for all, also after a restart', async () => {
    const site = new ApprovalsSite();
    const limits = { maxOpen: 3, maxOpenPerPrincipal: 2 };
    const { desk } = await site.open(limits);
    await Promise.all(['a', 'b', 'c'].map((text) => desk.ask(asking({ text }), NOW).catch(() => undefined)));
    const full = expect.objectContaining({ code: 'ERR_APPROVALS_FULL' });
    await expect(desk.ask(asking({ text: 'd' }), NOW)).rejects.toEqual(full);
    const after = await site.open(limits);
    await expect(after.desk.ask(asking({ text: 'd' }), NOW)).rejects.toEqual(full);
    expect(await after.desk.ask(asking({ text: 'a' }), NOW)).toMatchObject({ state: 'pending' });
    await after.desk.ask(asking({ subject: 'bob' }), NOW);
    await expect(after.desk.ask(asking({ subject: 'cid' }), NOW)).rejects.toEqual(full);
    expect(site.types).toEqual(['requested', 'requested', 'requested']);
  });

  it('of askers that wait: the next is told at once that it is pending', async () => {
    const site = new ApprovalsSite();
    const approvals = await site.open();
    const waiting = Array.from({ length: 32 }, () => approvals.desk.ask(asking(), { waitMs: 60_000 }));
    await untilWaiting(approvals, 32);
    expect(await approvals.desk.ask(asking(), { waitMs: 60_000 })).toMatchObject({ state: 'pending' });
    approvals.close();
    expect((await Promise.all(waiting)).every(({ state }) => state === 'pending')).toBe(true);
    await expect(approvals.desk.ask(asking(), NOW)).rejects.toMatchObject({ code: 'ERR_APPROVALS_STOPPED' });
  });
});

describe('P4: without the audit', () => {
  it('nothing is asked, answered or granted', async () => {
    const site = new ApprovalsSite();
    const approvals = await site.open();
    const unrecorded = expect.objectContaining({ code: 'ERR_APPROVALS_UNRECORDED' });
    site.auditFails = true;
    await expect(approvals.desk.ask(asking(), NOW)).rejects.toEqual(unrecorded);
    site.auditFails = false;
    const id = await pendingId(approvals.desk.ask(asking(), NOW));
    site.auditFails = true;
    await expect(answer(approvals, id)).rejects.toEqual(unrecorded);
    site.auditFails = false;
    expect((await approvals.inbox.show(id, ADMIN)).request).toMatchObject({ status: 'open', answers: [] });
    await answer(approvals, id);
    site.auditFails = true;
    await expect(approvals.desk.ask(asking(), NOW)).rejects.toEqual(unrecorded);
    site.auditFails = false;
    // Used up, though nothing was forwarded: never twice.
    expect(await pendingId(approvals.desk.ask(asking(), NOW))).not.toBe(id);
  });
});
