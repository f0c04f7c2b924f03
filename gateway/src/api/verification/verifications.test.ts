import { describe, expect, it } from 'vitest';
import { opened, openLog, temporaryFolder } from '../../../test/audit/audit-fixture.ts';
import { createLog } from '../../telemetry/log.ts';
import { runVerification, type VerificationWord } from './run-verification.ts';
import { type VerificationOptions, Verifications } from './verifications.ts';

const failed: VerificationWord = { code: 'ERR_INTERNAL', message: 'stopped' };

function create(options: Partial<VerificationOptions>): Verifications {
  const log = createLog(
    'error',
    () => undefined,
    () => 0,
  );
  return new Verifications({
    folder: '/nowhere',
    clock: { nowMs: () => 0 },
    log,
    run: async () => failed,
    ...options,
  });
}

describe('verifications', () => {
  it('P10: remember the last sixteen and forget the others', async () => {
    const verifications = create({});
    const ids: string[] = [];
    for (let n = 0; n < 20; n += 1) ids.push((await verifications.start(undefined)).id);
    expect(ids.map((id) => verifications.find(id) !== undefined)).toEqual([
      ...Array<boolean>(4).fill(false),
      ...Array<boolean>(16).fill(true),
    ]);
  });

  it('end with the gateway', async () => {
    const verifications = create({
      waitMs: 1,
      run: (_, signal) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve(failed), { once: true })),
    });
    const { id } = await verifications.start(undefined);
    expect(verifications.find(id)?.state).toBe('running');
    await verifications.close();
    expect(verifications.find(id)?.state).toBe('failed');
  });

  it('end when they run too long', async () => {
    const verifications = create({
      maxMs: 1,
      run: (_, signal) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve(failed), { once: true })),
    });
    expect(await verifications.start(undefined)).toMatchObject({ state: 'failed' });
  });
});

describe('a verification in its own thread', () => {
  it('verifies a log that this process writes, and knows that it is live', async () => {
    const folder = temporaryFolder();
    const log = await openLog(folder);
    await log.append([opened('ses_1')]);
    const signal = new AbortController().signal;
    expect(await runVerification({ folder }, signal)).toMatchObject({ report: { ok: true, live: true } });
    await log.append([opened('ses_2')]);
    await log.close();
    const head = log.head();
    expect(await runVerification({ folder, anchor: head }, signal)).toMatchObject({
      report: { ok: true, live: false, closed: true, head },
    });
    const { openAuditLog } = await import('../../audit/open-audit-log.ts');
    const again = await openAuditLog({ folder, durability: 'written', clock: { nowMs: () => 0 } });
    await again.close();
  });

  it('says why when there is nothing to verify', async () => {
    const word = await runVerification({ folder: temporaryFolder() }, new AbortController().signal);
    expect(word).toMatchObject({ code: 'ERR_AUDIT_UNREADABLE' });
  });

  it('is stopped by its signal, before it begins and while it runs', async () => {
    const folder = temporaryFolder();
    expect(await runVerification({ folder }, AbortSignal.abort())).toMatchObject({ code: 'ERR_INTERNAL' });
    const stop = new AbortController();
    const running = runVerification({ folder }, stop.signal);
    stop.abort();
    expect(await running).toMatchObject({ code: 'ERR_INTERNAL' });
  });
});
