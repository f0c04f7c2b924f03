import { describe, expect, it } from 'vitest';
import type { OpenApprovals } from '../open-approvals.ts';
import type { ApprovalRequest } from '../request.ts';
import {
  AccessSite,
  ADMIN,
  ALICE,
  DAVE,
  DORA,
  HOUR,
  openTo,
  reply,
  wanting,
} from '../testing/access-fixture.ts';

/** A window of alice's, and a session that uses it beside one that does not. */
async function used(
  site: AccessSite,
): Promise<{ approvals: OpenApprovals; request: ApprovalRequest; window: string }> {
  const approvals = await site.start();
  const { request } = await reply(approvals, await approvals.access.ask(wanting()), 'approve');
  const window = request.grant ?? '';
  site.session('ses_user');
  site.session('ses_other');
  approvals.windows.used('ses_user', [window]);
  return { approvals, request, window };
}

describe('the end of a window', () => {
  it('P12: ends the sessions that it permitted something to, and no others', async () => {
    const site = new AccessSite();
    const { approvals, request } = await used(site);
    site.pass(2 * HOUR - 1);
    await approvals.sweep();
    expect(site.killed).toEqual([]);
    site.pass(1);
    await approvals.sweep();
    expect(site.killed).toEqual([`ses_user: the access window ${request.id} is over`]);
    expect(site.live.map(({ id }) => id)).toEqual(['ses_other']);
    expect(site.types.at(-1)).toBe('access.ended');
  });

  it.each([
    ['an approver', DAVE, 'it was revoked by an approver'],
    ['the one who asked', { principal: ALICE, isAdmin: false }, 'it was cancelled by who asked'],
    ['an admin', ADMIN, 'it was cancelled by an administrator'],
  ])('P12: is at once where it is revoked by %s', async (_who, viewer, reason) => {
    const site = new AccessSite();
    const { approvals, request } = await used(site);
    await approvals.inbox.cancel(request.id, viewer);
    expect(site.killed).toHaveLength(1);
    expect(openTo(approvals)).toEqual([]);
    expect(site.events.at(-1)).toMatchObject({ type: 'access.revoked', grant: request.grant, reason });
    await expect(approvals.inbox.cancel(request.id, viewer)).rejects.toMatchObject({
      code: 'ERR_APPROVALS_CLOSED',
    });
  });

  it('an approver ends it for the token of another too, but no delegate does', async () => {
    const site = new AccessSite();
    const { approvals, request } = await used(site);
    const delegate = {
      principal: { ...DORA.principal, delegation: [{ subject: 'helper' }] },
      isAdmin: false,
    };
    await expect(approvals.inbox.cancel(request.id, delegate)).rejects.toMatchObject({
      code: 'ERR_APPROVALS_NOT_APPROVER',
    });
    expect(openTo(approvals)).toHaveLength(1);
  });

  it('ends a session too that was permitted something while the window ended, or was not yet listed then', async () => {
    const site = new AccessSite();
    const { approvals, request, window } = await used(site);
    await approvals.inbox.cancel(request.id, DORA);
    approvals.windows.used('ses_late', [window]);
    await approvals.sweep();
    expect(site.killed).toHaveLength(1);
    site.session('ses_late');
    await approvals.sweep();
    expect(site.killed.map((text) => text.split(':')[0])).toEqual(['ses_user', 'ses_late']);
  });

  it('comes with a policy that no longer says what was opened', async () => {
    const site = new AccessSite();
    const { approvals } = await used(site);
    site.terms = [];
    await approvals.sweep();
    expect(site.killed).toHaveLength(1);
    expect(openTo(approvals)).toEqual([]);
    expect(site.events.at(-1)).toMatchObject({
      type: 'access.revoked',
      reason: 'the policy no longer says what was opened',
    });
  });

  it('P10: nothing is kept of sessions that are over', async () => {
    const site = new AccessSite();
    const { approvals } = await used(site);
    expect(approvals.windows.users).toBe(1);
    approvals.windows.release('ses_user');
    approvals.windows.release('ses_user');
    expect(approvals.windows.users).toBe(0);
  });

  it('a revocation that cannot be recorded does not stand: the window stays, and that is said', async () => {
    const site = new AccessSite();
    const { approvals, request } = await used(site);
    site.auditFails = true;
    await expect(approvals.inbox.cancel(request.id, DORA)).rejects.toMatchObject({
      code: 'ERR_APPROVALS_UNRECORDED',
    });
    expect(openTo(approvals)).toHaveLength(1);
    // The end of its time needs no record: nothing is permitted any more.
    site.pass(2 * HOUR);
    expect(openTo(approvals)).toEqual([]);
  });
});
