import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { openLog, temporaryFolder } from '../../test/audit/audit-fixture.ts';
import { isDataFolderLocked } from './data-folder-lock.ts';
import { auditLayout } from './layout.ts';
import { verifyAudit } from './verify-audit.ts';

const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
});

/** Another process that has opened the log of the folder, or was refused. */
async function holder(folder: string, said: string = 'open'): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, '../../test/audit/hold-log-child.ts'), [folder], {
    execArgv: [],
  });
  children.push(child);
  const [message] = (await once(child, 'message')) as [unknown];
  expect(message).toBe(said);
  return child;
}

describe('two gateways on one data folder', () => {
  it('are refused in one process', async () => {
    const folder = temporaryFolder();
    const log = await openLog(folder);
    await expect(openLog(folder)).rejects.toMatchObject({ code: 'ERR_AUDIT_LOCKED' });
    await expect(openLog(folder)).rejects.toThrow(`in use by another gateway (pid ${process.pid})`);
    await log.close();
    await (await openLog(folder)).close();
  });

  it('are refused in two processes, naming the one that holds it; kill -9 of that one frees the folder', async () => {
    const folder = temporaryFolder();
    const child = await holder(folder);
    await expect(openLog(folder)).rejects.toThrow(`in use by another gateway (pid ${child.pid})`);
    const before = readFileSync(join(folder, 'audit', '00000001.jsonl'));
    expect(existsSync(join(folder, 'audit', '00000002.jsonl'))).toBe(false);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const log = await openLog(folder);
    await log.close();
    expect(readFileSync(join(folder, 'audit', '00000001.jsonl'))).toEqual(before);
    expect(await verifyAudit(folder)).toMatchObject({ ok: true, segments: 2 });
  });

  it('are not told apart by process ids: a stale file with the id of a living process blocks nobody', async () => {
    const folder = temporaryFolder();
    await (await openLog(folder)).close();
    // In a container the gateway is pid 1 before and after the crash.
    writeFileSync(join(folder, 'gateway.pid'), `{"pid":${process.ppid}}\n`);
    await (await openLog(folder)).close();
  });

  it('do not both start when they start at the same moment', async () => {
    const folder = temporaryFolder();
    const results = await Promise.allSettled(Array.from({ length: 4 }, () => openLog(folder)));
    const open = results.filter((result) => result.status === 'fulfilled');
    expect(open).toHaveLength(1);
    for (const { value } of open) await value.close();
  });
});

describe('a reader', () => {
  it('sees whether a gateway holds the folder, and never keeps one from starting', async () => {
    const folder = temporaryFolder();
    const layout = auditLayout(folder);
    expect(isDataFolderLocked(layout)).toBe(false);
    const child = await holder(folder);
    expect(isDataFolderLocked(layout)).toBe(true);
    expect(await verifyAudit(folder)).toMatchObject({ ok: true, live: true, closed: false });
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isDataFolderLocked(layout)).toBe(false);
    expect(await verifyAudit(folder)).toMatchObject({ ok: true, live: false, closed: false });
    await (await openLog(folder)).close();
  });

  it('does not loosen the lock from within the process that holds it, in a thread or not', async () => {
    const folder = temporaryFolder();
    const log = await openLog(folder);
    expect(isDataFolderLocked(auditLayout(folder))).toBe(true);
    const worker = new Worker(
      `import(${JSON.stringify(join(import.meta.dirname, 'verify-audit.ts'))})
        .then(({ verifyAudit }) => verifyAudit(${JSON.stringify(folder)}))
        .then(({ live }) => require('node:worker_threads').parentPort.postMessage(live))`,
      { eval: true, execArgv: [] },
    );
    const [live] = (await once(worker, 'message')) as [boolean];
    await worker.terminate();
    expect(live).toBe(true);
    await holder(folder, 'ERR_AUDIT_LOCKED');
    await log.close();
    await holder(folder);
  });

  it('says that a lock file cannot be used', () => {
    const folder = temporaryFolder();
    const layout = auditLayout(folder);
    writeFileSync(
      layout.lock,
      'this is no lock file, but long enough to be looked at by whoever opens it'.repeat(20),
    );
    expect(() => isDataFolderLocked(layout)).toThrow(
      expect.objectContaining({ code: 'ERR_AUDIT_UNREADABLE' }),
    );
  });
});
