import { describe, expect, it } from 'vitest';
import {
  AccessSite,
  ADMIN,
  ALICE,
  DAVE,
  DORA,
  HOUR,
  offer,
  openTo,
  reply,
  wanting,
} from '../testing/access-fixture.ts';
import { person } from '../testing/approvals-fixture.ts';

describe('access for a time', () => {
  it('P4: is on the audit before anybody is asked, and the window before it is there', async () => {
    const site = new AccessSite();
    const approvals = await site.start();
    const asked = await approvals.access.ask(wanting());
    expect(asked.id).toMatch(/^acc_[A-Za-z0-9_-]{24}$/);
    expect(openTo(approvals)).toEqual([]);
    const { request } = await reply(approvals, asked, 'approve');
    expect(openTo(approvals)).toEqual([request.grant]);
    expect(site.types).toEqual(['access.requested', 'access.answered', 'access.granted']);
    expect(site.events[0]).toMatchObject({
      requester: { subject: 'alice', agent: 'claims-bot' },
      rules: ['repair'],
      justification: 'ticket 4711',
      breakGlass: false,
    });
    expect(site.events[2]).toMatchObject({
      approvers: [{ subject: 'dora' }],
      window: {
        id: request.grant,
        holder: { subject: 'alice', agent: 'claims-bot' },
        rules: [{ id: 'repair', terms: '{"on":"sql"}' }],
        fromMs: site.wallMs,
        untilMs: site.wallMs + 2 * HOUR,
      },
    });
  });

  it('where the audit cannot be written there is no request and no window', async () => {
    const site = new AccessSite();
    const approvals = await site.start();
    site.auditFails = true;
    await expect(approvals.access.ask(wanting())).rejects.toMatchObject({ code: 'ERR_APPROVALS_UNRECORDED' });
    site.auditFails = false;
    const asked = await approvals.access.ask(wanting());
    site.auditFails = true;
    await expect(reply(approvals, asked, 'approve')).rejects.toMatchObject({
      code: 'ERR_APPROVALS_UNRECORDED',
    });
    expect(openTo(approvals)).toEqual([]);
  });

  it('is for this principal through this agent, there', async () => {
    const site = new AccessSite();
    const approvals = await site.start();
    await reply(approvals, await approvals.access.ask(wanting()), 'approve');
    expect(openTo(approvals)).toHaveLength(1);
    expect(openTo(approvals, ALICE, 'admin')).toEqual([]);
    expect(openTo(approvals, { ...ALICE, agent: 'other-bot' })).toEqual([]);
    expect(openTo(approvals, { ...ALICE, subject: 'bob' })).toEqual([]);
    expect(approvals.windows.openFor(ALICE, 'payroll', 'app_rw')).toBeUndefined();
  });

  it('the same list is given as long as the same windows are open', async () => {
    const site = new AccessSite();
    const approvals = await site.start();
    await reply(approvals, await approvals.access.ask(wanting()), 'approve');
    const first = approvals.windows.openFor(ALICE, 'shop', 'app_rw');
    expect(approvals.windows.openFor(ALICE, 'shop', 'app_rw')).toBe(first);
    await reply(approvals, await approvals.access.ask(wanting({ justification: 'more' })), 'approve');
    expect(approvals.windows.openFor(ALICE, 'shop', 'app_rw')).toHaveLength(2);
  });

  it('asked again it is the same request, and neither its time nor its window begins anew', async () => {
    const site = new AccessSite();
    const approvals = await site.start();
    const asked = await approvals.access.ask(wanting());
    site.pass(HOUR / 4);
    expect((await approvals.access.ask(wanting())).id).toBe(asked.id);
    await reply(approvals, asked, 'approve');
    site.pass(HOUR);
    expect((await approvals.access.ask(wanting())).id).toBe(asked.id);
    site.pass(HOUR);
    expect(openTo(approvals)).toEqual([]);
  });

  it('P12: a restart begins no window anew, and setting the clock back gives nothing', async () => {
    const site = new AccessSite();
    const before = await site.start();
    const { request } = await reply(before, await before.access.ask(wanting()), 'approve');
    site.pass(1.5 * HOUR);
    await before.sweep();
    const after = await site.start();
    expect(openTo(after)).toEqual([request.grant]);
    site.wallMs -= HOUR;
    site.steadyMs += HOUR / 2 - 1;
    expect(openTo(after)).toEqual([request.grant]);
    site.steadyMs += 1;
    expect(openTo(after)).toEqual([]);
    await after.sweep();
    const again = await site.start();
    expect(openTo(again)).toEqual([]);
  });

  it('a clock that is set forward ends a window, and one that is set back afterwards does not open it again', async () => {
    const site = new AccessSite();
    const approvals = await site.start();
    await reply(approvals, await approvals.access.ask(wanting()), 'approve');
    site.wallMs += 3 * HOUR;
    expect(openTo(approvals)).toEqual([]);
    await approvals.sweep();
    site.wallMs -= 3 * HOUR;
    expect(openTo(approvals)).toEqual([]);
    expect(site.types.at(-1)).toBe('access.ended');
  });

  it('begins when it was asked to, not before, and what is approved late is shorter', async () => {
    const site = new AccessSite();
    const approvals = await site.start();
    const startMs = site.wallMs + HOUR / 4;
    const asked = await approvals.access.ask(wanting({ startMs, durationMs: HOUR }));
    await reply(approvals, asked, 'approve');
    expect(openTo(approvals)).toEqual([]);
    site.pass(HOUR / 4 - 1);
    expect(openTo(approvals)).toEqual([]);
    // Only one of the clocks: not yet.
    site.wallMs += 1;
    expect(openTo(approvals)).toEqual([]);
    site.steadyMs += 1;
    expect(openTo(approvals)).toHaveLength(1);
    site.pass(HOUR);
    expect(openTo(approvals)).toEqual([]);
    const late = await approvals.access.ask(
      wanting({ startMs: site.wallMs, durationMs: HOUR, justification: 'b' }),
    );
    site.pass(HOUR / 4);
    const { request } = await reply(approvals, late, 'approve');
    expect(request.expiresMs).toBe(late.createdMs + HOUR);
  });

  it('an answer after the time for answers counts no more, nor one after the window that was asked for', async () => {
    const site = new AccessSite();
    const approvals = await site.start();
    const asked = await approvals.access.ask(wanting());
    site.pass(HOUR / 2);
    await expect(reply(approvals, asked, 'approve')).rejects.toMatchObject({ code: 'ERR_APPROVALS_CLOSED' });
    const short = await approvals.access.ask(
      wanting({ startMs: site.wallMs, durationMs: 60_000, justification: 'short' }),
    );
    expect(short.windowMs).toBe(60_000);
    site.pass(60_000);
    await expect(reply(approvals, short, 'approve')).rejects.toMatchObject({ code: 'ERR_APPROVALS_CLOSED' });
  });

  it('takes as many people as each rule says, each once, and a comment where it asks for one', async () => {
    const site = new AccessSite();
    site.terms = ['{"on":"sql"}', '{}'];
    const approvals = await site.start();
    const offers = [
      offer({ count: 2, comment: 'required' }),
      offer({ rule: 'other', terms: '{}', by: ['sec'] }),
    ];
    const asked = await approvals.access.ask(wanting({ offers }));
    await expect(reply(approvals, asked, 'approve')).rejects.toMatchObject({ code: 'ERR_APPROVALS_COMMENT' });
    const blank = { verdict: 'approve', digest: asked.digest, comment: '  ' } as const;
    await expect(approvals.inbox.answer(asked.id, blank, DORA)).rejects.toMatchObject({
      code: 'ERR_APPROVALS_COMMENT',
    });
    const said = { ...blank, comment: 'seen' };
    await approvals.inbox.answer(asked.id, said, DORA);
    await approvals.inbox.answer(asked.id, { ...said, comment: 'twice' }, DORA);
    const both = await approvals.inbox.answer(asked.id, said, DAVE);
    expect(both.request.status).toBe('open');
    const sam = { principal: person('sam', ['sec']), isAdmin: false };
    expect((await reply(approvals, asked, 'approve', sam)).request.status).toBe('approved');
  });

  it.each([
    ['the one who asked', person('alice', ['dba'])],
    [
      'somebody at another issuer with the same name',
      person('alice', ['dba'], { issuer: 'https://x.example' }),
    ],
    ['somebody through the agent that asked', person('dora', ['dba'], { agent: 'claims-bot' })],
    ['an actor of the one who asked', person('dora', ['dba'], { delegation: [{ subject: 'alice' }] })],
    ['the agent that asked, by itself', person('claims-bot', ['dba'])],
  ])('nobody opens it to themselves: %s', async (_who, principal) => {
    const site = new AccessSite();
    const approvals = await site.start();
    const asked = await approvals.access.ask(wanting());
    const viewer = { principal, isAdmin: true };
    await expect(reply(approvals, asked, 'approve', viewer)).rejects.toMatchObject({
      code: 'ERR_APPROVALS_SELF',
    });
    expect(openTo(approvals)).toEqual([]);
  });

  it('of two who answer at once one opens it, and one who denies at the same time is heard', async () => {
    const site = new AccessSite();
    const approvals = await site.start();
    const asked = await approvals.access.ask(wanting());
    const both = await Promise.allSettled([
      reply(approvals, asked, 'approve', DORA),
      reply(approvals, asked, 'approve', DAVE),
    ]);
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(site.types.filter((type) => type === 'access.granted')).toHaveLength(1);
    expect((await reply(approvals, asked, 'deny', DAVE)).request.status).toBe('denied');
    expect(openTo(approvals)).toEqual([]);
    expect((await approvals.access.ask(wanting())).status).toBe('denied');
  });

  it('an approval of another digest, or of what the policy no longer says, opens nothing', async () => {
    const site = new AccessSite();
    const approvals = await site.start();
    const asked = await approvals.access.ask(wanting());
    const forged = { id: asked.id, digest: 'f'.repeat(64) };
    await expect(reply(approvals, forged, 'approve')).rejects.toMatchObject({
      code: 'ERR_APPROVALS_CHANGED',
    });
    site.terms = ['{"on":"sql","wider":true}'];
    await expect(reply(approvals, asked, 'approve')).rejects.toMatchObject({ code: 'ERR_APPROVALS_CLOSED' });
    expect(openTo(approvals)).toEqual([]);
    expect(site.types.at(-1)).toBe('access.revoked');
  });

  it('refuses what the policy does not offer, too long, over, or narrowed by nothing that is there', async () => {
    const site = new AccessSite();
    const approvals = await site.start();
    const code = async (more: Parameters<typeof wanting>[0]): Promise<unknown> =>
      approvals.access.ask(wanting(more)).catch((error: { code: string }) => error.code);
    expect(await code({ offers: [] })).toBe('ERR_APPROVALS_NOT_REQUESTABLE');
    expect(await code({ rules: ['repair', 'drop-all'] })).toBe('ERR_APPROVALS_NOT_REQUESTABLE');
    expect(await code({ durationMs: 4 * HOUR + 1 })).toBe('ERR_APPROVALS_TERMS');
    expect(await code({ durationMs: 10 })).toBe('ERR_APPROVALS_TERMS');
    expect(await code({ startMs: site.wallMs - 3 * HOUR })).toBe('ERR_APPROVALS_TERMS');
    expect(await code({ startMs: site.wallMs + 31 * 24 * HOUR })).toBe('ERR_APPROVALS_TERMS');
    expect(await code({ only: { columns: ['x'] } })).toBe('ERR_APPROVALS_TERMS');
    expect(await code({ only: { tables: ['"'] } })).toBe('ERR_APPROVALS_TERMS');
    expect(site.events).toEqual([]);
  });

  it('is seen by who asked, who may open it, and admins; nobody else learns of it', async () => {
    const site = new AccessSite();
    const approvals = await site.start();
    const asked = await approvals.access.ask(wanting());
    for (const viewer of [DORA, ADMIN, { principal: ALICE, isAdmin: false }])
      expect((await approvals.inbox.show(asked.id, viewer)).request.id).toBe(asked.id);
    const stranger = { principal: person('eve', ['agents'], { agent: 'claims-bot' }), isAdmin: false };
    await expect(approvals.inbox.show(asked.id, stranger)).rejects.toMatchObject({
      code: 'ERR_APPROVALS_UNKNOWN',
    });
    await expect(approvals.inbox.cancel(asked.id, stranger)).rejects.toMatchObject({
      code: 'ERR_APPROVALS_UNKNOWN',
    });
    const list = { kind: 'access', limit: 10 } as const;
    expect((await approvals.inbox.list(list, DORA)).requests).toHaveLength(1);
    expect((await approvals.inbox.list({ ...list, kind: 'exchange' }, DORA)).requests).toEqual([]);
    expect((await approvals.inbox.list(list, stranger)).requests).toEqual([]);
  });
});
