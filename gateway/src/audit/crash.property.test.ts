import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  closed,
  intent,
  opened,
  openLog,
  outcome,
  recordsOf,
  temporaryFolder,
} from '../../test/audit/audit-fixture.ts';
import { type DiskOperation, FakeDisk } from '../../test/audit/fake-disk.ts';
import type { AuditEvent, Durability } from '../model/audit-event.ts';
import { verifyAudit } from './verify-audit.ts';

/** What the caller does in one step; several steps may share a turn of the event loop. */
type Step =
  | {
      readonly kind: 'append';
      readonly durability: Durability;
      readonly size: number;
      readonly effect: 'permit' | 'deny';
    }
  | { readonly kind: 'enqueue'; readonly size: number }
  | { readonly kind: 'session' }
  | { readonly kind: 'settle' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('append' as const),
    durability: fc.constantFrom<Durability>('written', 'synced'),
    size: fc.integer({ min: 0, max: 900 }),
    effect: fc.constantFrom('permit' as const, 'deny' as const),
  }),
  fc.record({ kind: fc.constant('enqueue' as const), size: fc.integer({ min: 0, max: 900 }) }),
  fc.constant({ kind: 'session' as const }),
  fc.constant({ kind: 'settle' as const }),
);

const history = fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 12 });

/** An acknowledgement, and how many operations the disk had seen by then. */
interface Acknowledged {
  readonly exchange: string;
  readonly durability: Durability;
  readonly at: number;
}

interface Run {
  readonly folder: string;
  readonly operations: readonly DiskOperation[];
  readonly acknowledged: readonly Acknowledged[];
}

async function perform(turns: readonly (readonly Step[])[], segmentBytes: number): Promise<Run> {
  const folder = temporaryFolder();
  const disk = new FakeDisk();
  const log = await openLog(folder, { files: disk, segmentBytes, checkpointEvery: 7 });
  const acknowledged: Acknowledged[] = [];
  let n = 0;
  const calls: Promise<void>[] = [];
  const perStep = (what: Step): void => {
    n += 1;
    if (what.kind === 'session')
      return void calls.push(log.append([n % 2 === 0 ? opened('ses_a') : closed('ses_a')]));
    if (what.kind === 'settle') return log.enqueue(outcome('ses_a', n - 1));
    const text = 'é'.repeat(what.size);
    const event: AuditEvent = intent('ses_a', n, {
      request: { text },
      effect: what.kind === 'append' ? what.effect : 'deny',
    });
    if (what.kind === 'enqueue') return log.enqueue(event);
    const { durability } = what;
    const { exchange } = event as { exchange: string };
    calls.push(
      log.append([event], durability).then(() => {
        acknowledged.push({ exchange, durability, at: disk.operations.length });
      }),
    );
  };
  for (const steps of turns) {
    for (const what of steps) perStep(what);
    await calls.at(-1);
  }
  await Promise.all(calls);
  await log.close();
  return { folder, operations: disk.operations, acknowledged };
}

/**
 * What is on the disk after a crash behind the first `count` operations.
 * @param cut answers how much of what is not safe survives: a number from 0 to `unsafe`
 */
function crashImage(run: Run, count: number, power: boolean, cut: (unsafe: number) => number): string {
  const files = new Map<string, { bytes: Buffer; safe: number }>();
  run.operations.slice(0, count).forEach((operation, index) => {
    const { kind, name } = operation;
    const file = files.get(name) ?? { bytes: Buffer.alloc(0), safe: 0 };
    if (kind === 'create') files.set(name, file);
    if (kind === 'remove') files.delete(name);
    if (kind === 'sync') file.safe = file.bytes.length;
    if (kind === 'truncate') file.bytes = file.bytes.subarray(0, operation.length);
    if (kind !== 'write') return;
    // Killed in the midst of a write, or with it: then only power loss can take anything.
    const taken = !power && index === count - 1 ? cut(operation.bytes.length) : operation.bytes.length;
    file.bytes = Buffer.concat([file.bytes, operation.bytes.subarray(0, taken)]);
    if (!power) file.safe = file.bytes.length;
  });
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'audit'));
  for (const name of ['audit-signing.key', 'audit-signing.pub'])
    cpSync(join(run.folder, name), join(folder, name));
  for (const [name, { bytes, safe }] of files) {
    const length = power ? safe + cut(bytes.length - safe) : bytes.length;
    writeFileSync(join(folder, 'audit', name), bytes.subarray(0, length));
  }
  return folder;
}

const crash = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  power: fc.boolean(),
  shares: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 }),
});

describe('a crash at any point', () => {
  it('P4: loses nothing that was acknowledged, and the log opens and verifies', async () => {
    await fc.assert(
      fc.asyncProperty(
        history,
        fc.constantFrom(1500, 6000, 1_000_000),
        fc.array(crash, { minLength: 3, maxLength: 3 }),
        async (turns, segmentBytes, crashes) => {
          const run = await perform(turns, segmentBytes);
          for (const { at, power, shares } of crashes) {
            const count = Math.round(at * run.operations.length);
            let next = 0;
            const cut = (unsafe: number): number =>
              Math.round((shares[next++ % shares.length] ?? 0) * unsafe);
            await expectWhole(run, count, power, crashImage(run, count, power, cut));
          }
        },
      ),
      { numRuns: 25 },
    );
  });
});

async function expectWhole(run: Run, count: number, power: boolean, folder: string): Promise<void> {
  const log = await openLog(folder, { files: new FakeDisk() });
  await log.append([opened('ses_after')], 'synced');
  await log.close();
  const report = await verifyAudit(folder);
  expect(report.findings).toEqual([]);
  const records = await recordsOf(folder);
  const found = new Set(
    records.map(({ event }) => ('exchange' in event ? `${event.type} ${event.exchange}` : '')),
  );
  const promised = run.acknowledged.filter(
    ({ at, durability }) => at <= count - 1 && (!power || durability === 'synced'),
  );
  for (const { exchange } of promised) expect(found).toContain(`exchange.intent ${exchange}`);
  // Whatever was begun and permitted has an end now.
  for (const { event } of records) {
    if (event.type === 'exchange.intent' && event.effect === 'permit')
      expect(found).toContain(`exchange.outcome ${event.exchange}`);
  }
}

describe('a cut at any byte', () => {
  it('P4: of what was written after the last checkpoint leaves the records before it standing', async () => {
    const folder = temporaryFolder();
    const log = await openLog(folder, { files: new FakeDisk() });
    for (let n = 1; n <= 12; n += 1)
      await log.append([intent('ses_a', n, { effect: 'deny', request: { text: 'é'.repeat(n) } })]);
    const name = join('audit', '00000001.jsonl');
    const whole = readFileSync(join(folder, name));
    const checkpoints = readFileSync(join(folder, 'audit', 'checkpoints.jsonl'));
    const signedBytes = whole.indexOf('\n', whole.indexOf('audit.checkpoint')) + 1;
    await log.close();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: signedBytes, max: whole.length }), async (length) => {
        const copy = temporaryFolder();
        mkdirSync(join(copy, 'audit'));
        for (const key of ['audit-signing.key', 'audit-signing.pub'])
          cpSync(join(folder, key), join(copy, key));
        writeFileSync(join(copy, name), whole.subarray(0, length));
        writeFileSync(join(copy, 'audit', 'checkpoints.jsonl'), checkpoints);
        await (await openLog(copy, { files: new FakeDisk() })).close();
        expect((await verifyAudit(copy)).findings).toEqual([]);
        const before = whole.subarray(0, length).toString('latin1').split('\n').length - 1;
        const records = await recordsOf(copy);
        expect(records.filter(({ event }) => event.type === 'exchange.intent')).toHaveLength(before - 2);
      }),
      { numRuns: 40 },
    );
  });
});
