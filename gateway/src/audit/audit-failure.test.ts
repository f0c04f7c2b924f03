import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  closed,
  eventsOf,
  intent,
  opened,
  openLog,
  outcome,
  recordsOf,
  temporaryFolder,
} from '../../test/audit/audit-fixture.ts';
import { diskError, FakeDisk } from '../../test/audit/fake-disk.ts';
import type { AuditError } from './errors.ts';
import { verifyAudit } from './verify-audit.ts';

const refused = (n: number) => intent('ses_a', n, { effect: 'deny' });

interface Watched {
  readonly failures: AuditError[];
  readonly recovered: Promise<void>;
  readonly onFailure: (error: AuditError) => void;
  readonly onRecovery: () => void;
}

function watch(): Watched {
  const { promise, resolve } = Promise.withResolvers<void>();
  const failures: AuditError[] = [];
  return {
    failures,
    recovered: promise,
    onFailure: (error) => void failures.push(error),
    onRecovery: resolve,
  };
}

const isSegment = (name: string): boolean => /^[0-9]/.test(name);

describe('vulnerability class 29: an audit log that cannot be written', () => {
  it.each(['ENOSPC', 'EIO', 'EROFS'] as const)(
    'P4: rejects every append on %s, recovers, and the chain verifies',
    async (code) => {
      const folder = temporaryFolder();
      const disk = new FakeDisk();
      const seen = watch();
      const log = await openLog(folder, { files: disk, ...seen });
      await log.append([opened('ses_a'), intent('ses_a', 1)]);
      // The disk takes half of the batch, then nothing more.
      let part = 300;
      disk.onWrite = () => {
        const taken = part;
        part = 0;
        return taken > 0 ? taken : diskError(code);
      };
      const calls = await Promise.allSettled([
        log.append([intent('ses_a', 2)]),
        log.append([intent('ses_a', 3)], 'synced'),
      ]);
      for (const call of calls) {
        expect(call).toMatchObject({
          status: 'rejected',
          reason: { code: 'ERR_AUDIT_UNWRITABLE', cause: { code }, retryable: true },
        });
      }
      await expect(log.append([intent('ses_a', 4)])).rejects.toThrow(
        new RegExp(`cannot be written, so nothing is forwarded: ${code}.*free space`),
      );
      log.enqueue(outcome('ses_a', 1));
      expect(seen.failures).toHaveLength(1);
      disk.onWrite = () => undefined;
      await seen.recovered;
      await log.append([intent('ses_a', 5, { effect: 'deny' }), closed('ses_a', 2)], 'synced');
      await log.close();
      // What was rejected is not on file; what was enqueued meanwhile is.
      const ids = (await eventsOf(folder)).map((event) =>
        'exchange' in event ? `${event.type} ${event.exchange}` : event.type,
      );
      expect(ids).toEqual([
        'session.opened',
        'exchange.intent ses_a.1',
        'exchange.outcome ses_a.1',
        'exchange.intent ses_a.5',
        'session.closed',
      ]);
      const mark = (await recordsOf(folder)).find(({ event }) => event.type === 'audit.recovered');
      expect(mark?.event).toMatchObject({ held: 1, lost: 0, cause: expect.stringContaining(code) });
      expect(await verifyAudit(folder)).toMatchObject({ ok: true, closed: true });
    },
  );

  it('P4: never calls a failed sync again: it writes what was not synced anew and goes on in a new segment', async () => {
    const folder = temporaryFolder();
    const disk = new FakeDisk();
    const seen = watch();
    const log = await openLog(folder, { files: disk, ...seen });
    await log.append([opened('ses_a')], 'synced');
    await log.append([intent('ses_a', 1)], 'written');
    let failing = 1;
    disk.onSync = (name) => {
      if (name === '00000001.jsonl' && failing-- > 0) throw diskError('EIO');
    };
    const at = disk.operations.length;
    await expect(log.append([intent('ses_a', 2)], 'synced')).rejects.toMatchObject({
      code: 'ERR_AUDIT_UNWRITABLE',
    });
    await seen.recovered;
    const done = disk.operations.slice(at).filter(({ name }) => isSegment(name));
    const names = done.map(({ kind, name }) => `${kind} ${name}`);
    // The bytes of the failed sync are written once more, at their place, before the next sync of that file.
    expect(names.slice(0, 4)).toEqual([
      'write 00000001.jsonl',
      'write 00000001.jsonl',
      'sync 00000001.jsonl',
      'create 00000002.jsonl',
    ]);
    expect(done[1]).toMatchObject({ position: expect.any(Number) });
    await log.close();
    // The intent was written, but refused to the caller, who forwarded nothing: the log says so.
    expect((await eventsOf(folder)).slice(-1)).toMatchObject([
      { type: 'exchange.outcome', exchange: 'ses_a.2', status: 'cancelled' },
    ]);
    expect(await verifyAudit(folder)).toMatchObject({ ok: true, segments: 2 });
  });

  it('stays failed as long as the disk does, whatever step of the recovery fails', async () => {
    // Probe, rewrite, checkpoints.jsonl and the first records of the next segment: a write, a sync, or both.
    for (let step = 0; step < 7; step += 1) {
      const folder = temporaryFolder();
      const disk = new FakeDisk();
      const seen = watch();
      const log = await openLog(folder, { files: disk, ...seen });
      await log.append([opened('ses_a')], 'synced');
      let calls = 0;
      const failAt = (): Error | undefined => (calls++ === step ? diskError('EIO') : undefined);
      disk.onWrite = () => diskError('ENOSPC');
      await expect(log.append([refused(1)])).rejects.toThrow('ENOSPC');
      disk.onWrite = failAt;
      disk.onSync = () => {
        const error = failAt();
        if (error !== undefined) throw error;
      };
      await seen.recovered;
      expect(calls).toBeGreaterThan(step);
      disk.onWrite = () => undefined;
      disk.onSync = () => {};
      await log.append([refused(2)], 'synced');
      await log.close();
      const names = readdirSync(join(folder, 'audit')).filter((name) => !/^0000000[1-3]\.jsonl$/.test(name));
      expect(names).toEqual(['checkpoints.jsonl']);
      expect(await verifyAudit(folder)).toMatchObject({ ok: true, findings: [] });
      expect((await eventsOf(folder)).map(({ type }) => type)).toEqual(['session.opened', 'exchange.intent']);
    }
  });

  it('P10: holds enqueued events in bounded memory and records how many were lost', async () => {
    const folder = temporaryFolder();
    const disk = new FakeDisk();
    const seen = watch();
    const log = await openLog(folder, { files: disk, heldCharacters: 2000, ...seen });
    disk.onWrite = () => diskError('ENOSPC');
    await expect(log.append([refused(0)])).rejects.toThrow('ENOSPC');
    for (let n = 1; n <= 20; n += 1) log.enqueue(refused(n));
    disk.onWrite = () => undefined;
    await seen.recovered;
    await log.close();
    const kept = await eventsOf(folder);
    const mark = (await recordsOf(folder)).find(({ event }) => event.type === 'audit.recovered');
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(20);
    expect(mark?.event).toMatchObject({ held: kept.length, lost: 20 - kept.length });
  });

  it('P10: takes a sync that does not come back for a failure, and touches the file again only when it has', async () => {
    const folder = temporaryFolder();
    const disk = new FakeDisk();
    const seen = watch();
    const log = await openLog(folder, { files: disk, stallMs: 5, ...seen });
    const stuck = Promise.withResolvers<void>();
    disk.onSync = (name) => (isSegment(name) ? stuck.promise : undefined);
    await expect(log.append([refused(1)], 'synced')).rejects.toThrow('did not finish a sync in 5 ms');
    await expect(log.append([refused(2)], 'written')).rejects.toMatchObject({ code: 'ERR_AUDIT_UNWRITABLE' });
    const before = disk.operations.length;
    for (let n = 0; n < 20; n += 1) await turn();
    expect(disk.operations.length).toBe(before);
    disk.onSync = () => {};
    stuck.resolve();
    await seen.recovered;
    await log.close();
    expect(await verifyAudit(folder)).toMatchObject({ ok: true });
  });

  it('fails when checkpoints.jsonl cannot be written, and completes it afterwards', async () => {
    const folder = temporaryFolder();
    const disk = new FakeDisk();
    const seen = watch();
    const log = await openLog(folder, { files: disk, checkpointEvery: 5, ...seen });
    let failing = true;
    disk.onWrite = (name) => (failing && name === 'checkpoints.jsonl' ? diskError('ENOSPC') : undefined);
    const calls: Promise<void>[] = [];
    for (let n = 0; n < 6; n += 1) calls.push(log.append([refused(n)]));
    await Promise.allSettled(calls);
    while (seen.failures.length === 0) await turn();
    failing = false;
    await seen.recovered;
    await log.close();
    expect(await verifyAudit(folder)).toMatchObject({ ok: true });
  });

  it('rejects when the next segment cannot be made, and forgets nothing that was enqueued', async () => {
    const folder = temporaryFolder();
    const disk = new FakeDisk();
    const seen = watch();
    const log = await openLog(folder, { files: disk, segmentBytes: 1500, ...seen });
    let failing = true;
    const syncFolder = disk.syncFolder.bind(disk);
    disk.syncFolder = async (path) => {
      if (failing) throw diskError('ENOSPC');
      await syncFolder(path);
    };
    let rejected = 0;
    for (let n = 0; n < 12; n += 1) {
      await log.append([refused(n)]).catch(() => (rejected += 1));
      log.enqueue(refused(100 + n));
    }
    expect(rejected).toBeGreaterThan(0);
    failing = false;
    await seen.recovered;
    await log.close();
    const ids = (await eventsOf(folder)).map((event) =>
      'exchange' in event ? Number(event.exchange.slice(6)) : 0,
    );
    expect(ids.filter((n) => n >= 100)).toEqual(Array.from({ length: 12 }, (_, n) => 100 + n));
    expect(ids.filter((n) => n < 100)).toHaveLength(12 - rejected);
    expect(await verifyAudit(folder)).toMatchObject({ ok: true });
  });

  it('keeps enqueued events that were in the failing write or waited behind it, in order', async () => {
    const folder = temporaryFolder();
    const disk = new FakeDisk();
    const seen = watch();
    const log = await openLog(folder, { files: disk, segmentBytes: 1500, pendingBytes: 2000, ...seen });
    const stuck = Promise.withResolvers<void>();
    disk.onSync = () => stuck.promise;
    const calls: Promise<void>[] = [];
    // The segment is full and waits for its sync: the first of these are in the batch, the others wait for room.
    for (let n = 0; n < 24; n += 1) {
      if (n % 2 === 0) log.enqueue(refused(n));
      else calls.push(log.append([refused(n)]));
      await turn();
    }
    stuck.reject(diskError('EIO'));
    const settled = await Promise.allSettled(calls);
    expect(settled.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(8);
    disk.onSync = () => {};
    await seen.recovered;
    log.enqueue(refused(24));
    await log.close();
    const ids = (await eventsOf(folder)).map((event) =>
      'exchange' in event ? Number(event.exchange.slice(6)) : -1,
    );
    expect(ids.filter((n) => n % 2 === 0)).toEqual(Array.from({ length: 13 }, (_, n) => n * 2));
    expect(await verifyAudit(folder)).toMatchObject({ ok: true });
  });

  it('leaves a segment alone that another gateway made in its folder, and stays failed', async () => {
    const folder = temporaryFolder();
    const disk = new FakeDisk();
    const log = await openLog(folder, { files: disk, segmentBytes: 1200 });
    const foreign = join(folder, 'audit', '00000002.jsonl');
    // The lock file was removed by hand, and a second gateway started.
    writeFileSync(foreign, 'of another gateway');
    const calls = [];
    for (let n = 0; n < 6; n += 1) calls.push(log.append([refused(n)]));
    expect((await Promise.allSettled(calls)).some(({ status }) => status === 'rejected')).toBe(true);
    const probes = disk.count('remove', 'probe.tmp');
    while (disk.count('remove', 'probe.tmp') < probes + 3) await turn();
    await expect(log.append([refused(7)])).rejects.toThrow('00000002.jsonl was not made by this gateway');
    expect(readFileSync(foreign, 'utf8')).toBe('of another gateway');
    await expect(log.close()).rejects.toMatchObject({ code: 'ERR_AUDIT_BROKEN' });
  });

  it('P10: takes a checkpoint copy that does not come back for a failure', async () => {
    const folder = temporaryFolder();
    const disk = new FakeDisk();
    const seen = watch();
    const log = await openLog(folder, { files: disk, stallMs: 5, checkpointEvery: 3, ...seen });
    const stuck = Promise.withResolvers<void>();
    disk.onSync = (name) => (name === 'checkpoints.jsonl' ? stuck.promise : undefined);
    for (let n = 0; n < 4; n += 1) await log.append([refused(n)], 'written');
    while (seen.failures.length === 0) await turn();
    disk.onSync = () => {};
    stuck.resolve();
    await seen.recovered;
    await log.close();
    expect(await verifyAudit(folder)).toMatchObject({ ok: true });
  });

  it('refuses to recover over a segment that somebody changed meanwhile', async () => {
    const folder = temporaryFolder();
    const disk = new FakeDisk();
    const seen = watch();
    const log = await openLog(folder, { files: disk, ...seen });
    await log.append([opened('ses_a')], 'synced');
    disk.onWrite = () => diskError('EIO');
    await expect(log.append([refused(1)])).rejects.toThrow('EIO');
    const path = join(folder, 'audit', '00000001.jsonl');
    truncateSync(path, statSync(path).size - 1);
    const probes = disk.count('remove', 'probe.tmp');
    disk.onWrite = () => undefined;
    while (disk.count('remove', 'probe.tmp') < probes + 3) await turn();
    await expect(log.append([refused(2)])).rejects.toMatchObject({ code: 'ERR_AUDIT_BROKEN' });
    await expect(log.close()).rejects.toMatchObject({ code: 'ERR_AUDIT_BROKEN' });
  });
});

describe('a closed audit log', () => {
  it('takes nothing more, says so, and frees the folder', async () => {
    const folder = temporaryFolder();
    const seen = watch();
    const log = await openLog(folder, seen);
    const last = log.append([refused(1)]);
    await Promise.all([log.close(), log.close(), last]);
    await expect(log.append([refused(2)])).rejects.toMatchObject({ code: 'ERR_AUDIT_CLOSED' });
    log.enqueue(refused(3));
    await turn();
    expect(seen.failures).toMatchObject([{ code: 'ERR_AUDIT_CLOSED' }]);
    await (await openLog(folder)).close();
  });

  it('says when its end could not be written, and frees the folder all the same', async () => {
    const folder = temporaryFolder();
    const disk = new FakeDisk();
    const log = await openLog(folder, { files: disk });
    log.enqueue(refused(1));
    disk.onWrite = () => diskError('ENOSPC');
    await expect(log.close()).rejects.toMatchObject({ code: 'ERR_AUDIT_UNWRITABLE' });
    await (await openLog(folder)).close();
    expect(await verifyAudit(folder)).toMatchObject({ ok: true });
  });

  it('rejects an event that is not JSON without harm to the chain', async () => {
    const folder = temporaryFolder();
    const log = await openLog(folder);
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    const bad = { ...refused(1), request: circle as never };
    await expect(log.append([refused(0), bad])).rejects.toMatchObject({ code: 'ERR_AUDIT_EVENT' });
    expect(() => log.enqueue(bad)).toThrow(expect.objectContaining({ code: 'ERR_AUDIT_EVENT' }));
    await log.append([refused(2)]);
    await log.close();
    expect(await eventsOf(folder)).toHaveLength(1);
    expect(await verifyAudit(folder)).toMatchObject({ ok: true });
  });
});
