import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  eventsOf,
  intent,
  opened,
  openLog,
  recordsOf,
  temporaryFolder,
} from '../../test/audit/audit-fixture.ts';
import { FakeDisk } from '../../test/audit/fake-disk.ts';
import { verifyAudit } from './verify-audit.ts';

const refused = (n: number) => intent('ses_a', n, { effect: 'deny' });

/** Holds every sync until it is let go. */
function heldSyncs(disk: FakeDisk): { readonly waiting: (() => void)[]; release(): void } {
  const waiting: (() => void)[] = [];
  let isHeld = true;
  disk.onSync = (name) =>
    isHeld && name.startsWith('0000') ? new Promise((resolve) => waiting.push(resolve)) : undefined;
  return {
    waiting,
    release: () => {
      isHeld = false;
      for (const resolve of waiting.splice(0)) resolve();
    },
  };
}

describe('group commit', () => {
  it('writes all appends of one turn of the event loop at once', async () => {
    const disk = new FakeDisk();
    const folder = temporaryFolder();
    const log = await openLog(folder, { files: disk });
    const before = disk.count('write', '.jsonl');
    await Promise.all(Array.from({ length: 50 }, (_, n) => log.append([refused(n)])));
    expect(disk.count('write', '.jsonl') - before).toBe(1);
    await log.close();
  });

  it('P4: resolves synced only after a sync that began after the write, and shares one sync among all that wait', async () => {
    const disk = new FakeDisk();
    const folder = temporaryFolder();
    const log = await openLog(folder, { files: disk });
    const held = heldSyncs(disk);
    const syncs = disk.count('sync', '.jsonl');
    const done: number[] = [];
    const first = log.append([refused(1)], 'synced').then(() => done.push(1));
    await turn();
    await turn();
    expect(held.waiting).toHaveLength(1);
    const later = [2, 3, 4].map((n) => log.append([refused(n)], 'synced').then(() => done.push(n)));
    await turn();
    await turn();
    // Their write is done, but the sync in flight began before it and does not count for them.
    held.waiting.shift()?.();
    await first;
    await turn();
    expect(done).toEqual([1]);
    expect(held.waiting).toHaveLength(1);
    held.release();
    await Promise.all(later);
    expect(disk.count('sync', '.jsonl') - syncs).toBe(2);
    await log.close();
  });

  it('does not hold up a write while a sync is in flight', async () => {
    const disk = new FakeDisk();
    const folder = temporaryFolder();
    const log = await openLog(folder, { files: disk });
    const held = heldSyncs(disk);
    const synced = log.append([refused(1)], 'synced');
    await turn();
    await log.append([refused(2)], 'written');
    await log.append([refused(3)], 'written');
    expect(await eventsOf(folder)).toHaveLength(3);
    held.release();
    await synced;
    await log.close();
  });

  it('puts an enqueued event on file without an append', async () => {
    const disk = new FakeDisk();
    const folder = temporaryFolder();
    const log = await openLog(folder, { files: disk });
    const written = Promise.withResolvers<void>();
    disk.onWrite = () => {
      written.resolve();
      return undefined;
    };
    log.enqueue(refused(1));
    await written.promise;
    await turn();
    expect(await eventsOf(folder)).toHaveLength(1);
    await log.close();
  });

  it('writes a large batch at once and keeps records whole when the disk takes only part of a write', async () => {
    const disk = new FakeDisk();
    const folder = temporaryFolder();
    const log = await openLog(folder, { files: disk });
    disk.onWrite = (_, length) => Math.ceil(length / 3);
    const text = 'x'.repeat(100_000);
    await Promise.all(
      Array.from({ length: 30 }, (_, n) =>
        log.append([intent('ses_a', n, { request: { text }, effect: 'deny' })]),
      ),
    );
    await log.close();
    expect(await verifyAudit(folder)).toMatchObject({ ok: true });
    expect(await eventsOf(folder)).toHaveLength(30);
  });
});

describe('rotation', () => {
  it('begins a new segment bound to the one before, which is on the device and ends in a checkpoint', async () => {
    const disk = new FakeDisk();
    const folder = temporaryFolder();
    const log = await openLog(folder, { files: disk, segmentBytes: 2000 });
    for (let n = 0; n < 30; n += 1) await log.append([refused(n)]);
    await log.close();
    const records = await recordsOf(folder);
    const marks = records.filter(({ event }) => event.type === 'audit.segment');
    expect(marks.length).toBeGreaterThan(4);
    for (const mark of marks.slice(1)) {
      const before = records[mark.seq - 2];
      expect(mark.prev).toBe(before?.hash);
      expect(before?.event).toMatchObject({ type: 'audit.checkpoint', reason: 'rotation' });
      expect(records[mark.seq]?.event).toMatchObject({ type: 'audit.checkpoint', reason: 'segment' });
    }
    const names = disk.operations.map((operation) => `${operation.kind} ${operation.name}`);
    const created = names.indexOf('create 00000002.jsonl');
    expect(names.lastIndexOf('sync 00000001.jsonl')).toBeLessThan(created);
    expect(names.lastIndexOf('write 00000001.jsonl')).toBeLessThan(names.lastIndexOf('sync 00000001.jsonl'));
    const named = names.indexOf('syncFolder audit', created);
    expect(named).toBeGreaterThan(created);
    expect(named).toBeLessThan(names.indexOf('write 00000002.jsonl'));
    expect(await verifyAudit(folder)).toMatchObject({ ok: true });
  });

  it('carries sessions and exchanges that are open into the new segment', async () => {
    const folder = temporaryFolder();
    const log = await openLog(folder, { segmentBytes: 1500 });
    await log.append([opened('ses_a'), intent('ses_a', 1)]);
    for (let n = 2; n < 12; n += 1) await log.append([refused(n)]);
    await log.close();
    const marks = (await recordsOf(folder)).filter(({ event }) => event.type === 'audit.segment');
    expect(marks.at(-1)?.event).toMatchObject({
      open: {
        sessions: [['ses_a', expect.any(Number), expect.any(Number)]],
        exchanges: [['ses_a.1', 'ses_a', expect.any(Number)]],
      },
    });
  });

  it('P10: lets appends wait while more than the limit is pending, keeps the order and drops nothing', async () => {
    const disk = new FakeDisk();
    const folder = temporaryFolder();
    const log = await openLog(folder, { files: disk, segmentBytes: 2000, pendingBytes: 3000 });
    const held = heldSyncs(disk);
    const calls: Promise<void>[] = [];
    let settled = 0;
    for (let n = 0; n < 60; n += 1) {
      if (n % 4 === 0) log.enqueue(refused(n));
      else
        calls.push(
          log.append([refused(n)], n % 3 === 0 ? 'synced' : 'written').then(() => void (settled += 1)),
        );
      await turn();
    }
    // The full segment waits for its sync, so nothing is written to the next one.
    expect(settled).toBeLessThan(calls.length);
    expect(existsSync(join(folder, 'audit', '00000002.jsonl'))).toBe(false);
    held.release();
    await Promise.all(calls);
    await log.close();
    expect((await eventsOf(folder)).map((event) => 'exchange' in event && event.exchange)).toEqual(
      Array.from({ length: 60 }, (_, n) => `ses_a.${n}`),
    );
    expect(await verifyAudit(folder)).toMatchObject({ ok: true });
  });

  it('P4: never resolves synced for records that wait behind a rotation', async () => {
    const disk = new FakeDisk();
    const folder = temporaryFolder();
    const log = await openLog(folder, { files: disk, segmentBytes: 1200, pendingBytes: 2000 });
    const early: string[] = [];
    const calls = Array.from({ length: 80 }, async (_, n) => {
      await log.append([refused(n)], 'synced');
      const onDevice = syncedText(disk);
      if (!onDevice.includes(`"exchange":"ses_a.${n}"`)) early.push(`ses_a.${n}`);
    });
    await Promise.all(calls);
    expect(early).toEqual([]);
    await log.close();
  });
});

/** What would be left of the segments after a power cut. */
function syncedText(disk: FakeDisk): string {
  const written = new Map<string, string>();
  const synced = new Map<string, string>();
  for (const operation of disk.operations) {
    const { kind, name } = operation;
    if (kind === 'write') written.set(name, (written.get(name) ?? '') + operation.bytes.toString());
    if (kind === 'sync') synced.set(name, written.get(name) ?? '');
  }
  return [...synced.values()].join('');
}

describe('checkpoints', () => {
  it('are signed every so many records and copied to checkpoints.jsonl once they are on the device', async () => {
    const disk = new FakeDisk();
    const folder = temporaryFolder();
    const log = await openLog(folder, { files: disk, checkpointEvery: 10 });
    for (let n = 0; n < 45; n += 1) await log.append([refused(n)]);
    await log.close();
    const lines = (await recordsOf(folder)).filter(({ event }) => event.type === 'audit.checkpoint');
    expect(lines.length).toBeGreaterThanOrEqual(6);
    const copies = readFileSync(join(folder, 'audit', 'checkpoints.jsonl'), 'utf8')
      .trimEnd()
      .split('\n');
    const log1 = readFileSync(join(folder, 'audit', '00000001.jsonl'), 'utf8');
    expect(copies).toHaveLength(lines.length);
    for (const copy of copies) expect(log1).toContain(`${copy}\n`);
  });

  it('are signed some time after a record even when no other follows', async () => {
    const folder = temporaryFolder();
    const disk = new FakeDisk();
    const log = await openLog(folder, { files: disk, checkpointMs: 1 });
    const copied = Promise.withResolvers<void>();
    disk.onWrite = (name) => void (name === 'checkpoints.jsonl' && copied.resolve());
    await log.append([refused(1)]);
    await copied.promise;
    expect((await recordsOf(folder)).at(-1)?.event).toMatchObject({
      type: 'audit.checkpoint',
      reason: 'time',
    });
    await log.close();
  });

  it('give a head that names the last record on file', async () => {
    const folder = temporaryFolder();
    const log = await openLog(folder);
    await log.append([refused(1)]);
    const last = (await recordsOf(folder)).at(-1);
    expect(log.head()).toEqual({ seq: last?.seq, hash: last?.hash });
    await log.close();
  });
});
