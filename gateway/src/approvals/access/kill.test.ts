import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../test/audit/audit-fixture.ts';
import { linesUntilKilled } from '../../../test/support/killed-child.ts';
import { readAudit } from '../../audit/read-audit.ts';
import { openStore } from '../../store/open-store.ts';
import { approvalSchema, createApprovalRepository } from '../repository.ts';
import { AccessSite, ALICE, DAVE, DORA, openTo, reply, wanting } from '../testing/access-fixture.ts';
import { windowOf } from './window-of.ts';

const ROUNDS = 4;
const CHILD = join(import.meta.dirname, '../../../test/approvals/open-until-killed-child.ts');

/** Runs the child until it has said so many lines, kills it, and answers what it said. */
async function killAfter(folder: string, round: number, count: number): Promise<readonly string[]> {
  const lines = await linesUntilKilled([CHILD, folder, String(round)], count);
  return lines.filter((line) => /^(opened grt_\S+ \d+|revoked grt_\S+)$/.test(line));
}

describe('kill -9', () => {
  it(`P4: no window that was acknowledged is lost or longer, none that was revoked comes back, in ${ROUNDS} rounds`, {
    timeout: 240_000,
  }, async () => {
    const folder = temporaryFolder();
    const said: string[] = [];
    for (let round = 0; round < ROUNDS; round += 1)
      said.push(...(await killAfter(folder, round, 2 + 7 * round)));
    const store = openStore(join(folder, 'state.sqlite'), [approvalSchema]);
    const live = await createApprovalRepository(store).live();
    store.close();
    const ends = new Map(live.flatMap((one) => windowOf(one) ?? []).map(({ id, untilMs }) => [id, untilMs]));
    const revoked = new Set(said.flatMap((line) => (line.startsWith('revoked ') ? [line.slice(8)] : [])));
    expect(revoked.size).toBeGreaterThan(2);
    const granted = new Set<string>();
    for await (const { event } of readAudit(folder))
      if (event.type === 'access.granted') granted.add(event.window.id);
    for (const line of said.filter((one) => one.startsWith('opened '))) {
      const [, id = '', end = ''] = line.split(' ');
      expect(granted).toContain(id);
      if (revoked.has(id)) expect(ends.has(id)).toBe(false);
      // The last one may have been revoked without having said so.
      else if (ends.has(id)) expect(ends.get(id)).toBe(Number(end));
    }
    for (const id of ends.keys()) expect(granted).toContain(id);
  });
});

describe('two gateways on one store', () => {
  it('of two answers at once, one at each, one opens the window; the other is told that it changed', async () => {
    const site = new AccessSite();
    const one = await site.start();
    const asked = await one.access.ask(wanting());
    const two = await site.startBeside();
    const both = await Promise.allSettled([
      reply(one, asked, 'approve', DORA),
      reply(two, asked, 'approve', DAVE),
    ]);
    const ok = both.filter(({ status }) => status === 'fulfilled');
    expect(ok).toHaveLength(1);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'ERR_APPROVALS_CLOSED' },
    });
    expect(openTo(one, ALICE).length + openTo(two, ALICE).length).toBe(1);
  });
});
