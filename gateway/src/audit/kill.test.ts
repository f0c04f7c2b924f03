import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLog, recordsOf, temporaryFolder } from '../../test/audit/audit-fixture.ts';
import { FakeDisk } from '../../test/audit/fake-disk.ts';
import { linesUntilKilled } from '../../test/support/killed-child.ts';
import { verifyAudit } from './verify-audit.ts';

const ROUNDS = 20;
const CHILD = join(import.meta.dirname, '../../test/audit/append-until-killed-child.ts');

/** Runs a writer until it has acknowledged `count` appends, kills it, and answers all that it acknowledged. */
async function killAfter(folder: string, round: number, count: number): Promise<readonly string[]> {
  const lines = await linesUntilKilled([CHILD, folder, String(round)], count);
  return lines.filter((line) => /^(written|synced) \S+\.\d+$/.test(line));
}

describe('kill -9', () => {
  it(`P4: loses nothing that was acknowledged, in ${ROUNDS} rounds on one log, and the chain verifies`, {
    timeout: 240_000,
  }, async () => {
    const folder = temporaryFolder();
    const acknowledged: string[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      // A spread of moments: from the very first records over rotations to well into the run.
      acknowledged.push(...(await killAfter(folder, round, 1 + ((round * 53) % 211))));
    }
    await (await openLog(folder, { files: new FakeDisk() })).close();
    const report = await verifyAudit(folder);
    expect(report.findings).toEqual([]);
    const intents = new Set<string>();
    const outcomes = new Set<string>();
    for (const { event } of await recordsOf(folder)) {
      if (event.type === 'exchange.intent') intents.add(event.exchange);
      if (event.type === 'exchange.outcome') outcomes.add(event.exchange);
    }
    expect(acknowledged.length).toBeGreaterThan(ROUNDS * 50);
    for (const line of acknowledged) expect(intents).toContain(line.split(' ')[1]);
    expect([...intents].filter((exchange) => !outcomes.has(exchange))).toEqual([]);
  });
});
