import { describe, expect, it } from 'vitest';
import { AccessSite, ADMIN, DORA, HOUR, ONCALL, offer, openTo, wanting } from '../testing/access-fixture.ts';
import { person } from '../testing/approvals-fixture.ts';
import type { AccessAsk } from './access-desk.ts';

const emergency = (more: Partial<AccessAsk> = {}): AccessAsk =>
  wanting({ principal: ONCALL, breakGlass: true, justification: 'shop is down', ...more });

describe('an emergency', () => {
  it('opens at once, on record and told at once, and leaves a review open', async () => {
    const site = new AccessSite();
    const approvals = await site.start();
    const told: string[] = [];
    approvals.feed.subscribe(({ type }) => told.push(type));
    const opened = await approvals.access.ask(emergency());
    expect(openTo(approvals, ONCALL)).toEqual([opened.grant]);
    expect(told).toEqual(['opened', 'granted']);
    expect(site.events).toMatchObject([
      { type: 'access.requested', breakGlass: true, justification: 'shop is down' },
      { type: 'access.granted', approvers: [], reviewDueMs: site.wallMs + 24 * HOUR },
    ]);
    const filter = { kind: 'access', review: 'open', limit: 10 } as const;
    expect((await approvals.inbox.list(filter, DORA)).requests).toHaveLength(1);
  });

  it.each([
    [
      'somebody of no such group',
      { principal: person('alice', ['agents', 'dba']) },
      'ERR_APPROVALS_EMERGENCY',
    ],
    [
      'an agent that acts for somebody of it',
      { principal: person('olga', ['oncall'], { delegation: [{ subject: 'bot' }] }) },
      'ERR_APPROVALS_DELEGATED',
    ],
    [
      'one rule among them that has none',
      { offers: [offer(), offer({ rule: 'b', breakGlass: undefined })] },
      'ERR_APPROVALS_EMERGENCY',
    ],
    [
      'a rule for others',
      { offers: [offer({ breakGlass: { by: ['sre'], reviewWithinMs: 1 } })] },
      'ERR_APPROVALS_EMERGENCY',
    ],
    ['longer than the rule says', { durationMs: 5 * HOUR }, 'ERR_APPROVALS_TERMS'],
    ['a start of its own', { startMs: Date.UTC(2027, 0) }, 'ERR_APPROVALS_TERMS'],
  ])('is none for %s', async (_what, more, code) => {
    const site = new AccessSite();
    const approvals = await site.start();
    await expect(approvals.access.ask(emergency(more))).rejects.toMatchObject({ code });
    expect(site.events).toEqual([]);
  });

  it('is there only once it is on record', async () => {
    const site = new AccessSite();
    const approvals = await site.start();
    site.auditFails = true;
    await expect(approvals.access.ask(emergency())).rejects.toMatchObject({
      code: 'ERR_APPROVALS_UNRECORDED',
    });
    expect(openTo(approvals, ONCALL)).toEqual([]);
  });

  it('asked again while it is open it is the same: no second window, and no longer one', async () => {
    const site = new AccessSite();
    const approvals = await site.start();
    const opened = await approvals.access.ask(emergency());
    site.pass(HOUR);
    expect((await approvals.access.ask(emergency())).id).toBe(opened.id);
    site.pass(HOUR);
    expect(openTo(approvals, ONCALL)).toEqual([]);
  });

  it('an approver ends it, and the review stays open', async () => {
    const site = new AccessSite();
    const approvals = await site.start();
    const opened = await approvals.access.ask(emergency());
    await approvals.inbox.cancel(opened.id, DORA);
    expect(openTo(approvals, ONCALL)).toEqual([]);
    const filter = { kind: 'access', review: 'open', limit: 10 } as const;
    expect((await approvals.inbox.list(filter, ADMIN)).requests).toHaveLength(1);
  });

  it('is reviewed by somebody who may open it and is not who did, with words, once', async () => {
    const site = new AccessSite();
    const approvals = await site.start();
    const { id } = await approvals.access.ask(emergency());
    const code = (principal: ReturnType<typeof person>, isAdmin = false): Promise<unknown> =>
      approvals.inbox
        .review(id, 'fine', { principal, isAdmin })
        .catch((error: { code: string }) => error.code);
    expect(await code(person('olga', ['dba'], { agent: 'inbox' }))).toBe('ERR_APPROVALS_SELF');
    expect(await code(person('dora', ['dba'], { delegation: [{ subject: 'olga' }] }))).toBe(
      'ERR_APPROVALS_SELF',
    );
    expect(await code(person('dora', ['dba'], { delegation: [{ subject: 'bot' }] }))).toBe(
      'ERR_APPROVALS_DELEGATED',
    );
    expect(await code(person('root', ['admins']), true)).toBe('ERR_APPROVALS_NOT_APPROVER');
    expect(await code(person('eve', []))).toBe('ERR_APPROVALS_UNKNOWN');
    const seen = await approvals.inbox.review(id, 'the index was rebuilt', DORA);
    expect(seen.request.access?.review?.closed).toMatchObject({
      by: { subject: 'dora' },
      comment: 'the index was rebuilt',
    });
    expect(site.events.at(-1)).toMatchObject({ type: 'access.reviewed', groups: ['dba'] });
    // The window itself goes on to its end.
    expect(openTo(approvals, ONCALL)).toHaveLength(1);
    expect(await code(person('dave', ['dba']))).toBe('ERR_APPROVALS_CLOSED');
  });

  it('what was approved by people has nothing to review', async () => {
    const site = new AccessSite();
    const approvals = await site.start();
    const { id } = await approvals.access.ask(wanting());
    await expect(approvals.inbox.review(id, 'x', DORA)).rejects.toMatchObject({
      code: 'ERR_APPROVALS_CLOSED',
    });
  });

  it('stays open until it is reviewed, over restarts and long after; once it is overdue that is on record, once', async () => {
    const site = new AccessSite();
    const first = await site.start();
    const { id } = await first.access.ask(emergency());
    site.pass(24 * HOUR - 1);
    await first.sweep();
    expect(site.types).not.toContain('access.review-overdue');
    site.pass(1);
    await first.sweep();
    await first.sweep();
    expect(site.types.filter((type) => type === 'access.review-overdue')).toHaveLength(1);
    const second = await site.start();
    // Long after requests that are over are forgotten.
    site.pass(100 * 24 * HOUR);
    await second.sweep();
    expect(site.types.filter((type) => type === 'access.review-overdue')).toHaveLength(1);
    const seen = await second.inbox.show(id, DORA);
    expect(seen.request.access?.review).toMatchObject({ isOverdue: true });
    await second.inbox.review(id, 'late, and fine', DORA);
    const filter = { kind: 'access', review: 'open', limit: 10 } as const;
    expect((await second.inbox.list(filter, DORA)).requests).toEqual([]);
  });
});
