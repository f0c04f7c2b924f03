import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/audit/audit-fixture.ts';
import { linesUntilKilled } from '../../test/support/killed-child.ts';
import { readAudit } from '../audit/read-audit.ts';
import { openStore } from '../store/open-store.ts';
import { approvalSchema, createApprovalRepository } from './repository.ts';

const ROUNDS = 12;
const CHILD = join(import.meta.dirname, '../../test/approvals/approve-until-killed-child.ts');

/** Runs the child until it has acknowledged `count` things, kills it, and answers what it acknowledged. */
async function killAfter(folder: string, count: number): Promise<readonly string[]> {
  const lines = await linesUntilKilled([CHILD, folder], count);
  return lines.filter((line) => /^(requested|approved|granted) (apr|grt)_[\w-]{24}$/.test(line));
}

describe('kill -9', () => {
  it(`P4: loses no request and no answer that was acknowledged, and no grant is used twice, in ${ROUNDS} rounds`, {
    timeout: 240_000,
  }, async () => {
    const folder = temporaryFolder();
    const said: string[] = [];
    for (let round = 0; round < ROUNDS; round += 1)
      said.push(...(await killAfter(folder, 1 + ((round * 17) % 61))));
    const of = (word: string): readonly string[] =>
      said.flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []));
    const granted = of('granted');
    expect(granted.length).toBeGreaterThan(ROUNDS);
    expect(new Set(granted).size).toBe(granted.length);

    const consumed: string[] = [];
    for await (const { event } of readAudit(folder)) {
      if (event.type === 'approval.consumed') consumed.push(event.grant);
    }
    expect(new Set(consumed).size).toBe(consumed.length);
    expect(granted.filter((grant) => !consumed.includes(grant))).toEqual([]);

    const store = openStore(join(folder, 'state.sqlite'), [approvalSchema]);
    const repository = createApprovalRepository(store);
    for (const id of of('requested')) {
      expect(['open', 'approved', 'consumed']).toContain((await repository.find(id))?.status);
    }
    for (const id of of('approved')) {
      expect(['approved', 'consumed']).toContain((await repository.find(id))?.status);
    }
    store.close();
  });
});
