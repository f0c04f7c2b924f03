import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
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
import { verifyAudit } from './verify-audit.ts';

const segment = (folder: string, n: number): string => join(folder, 'audit', `0000000${n}.jsonl`);

describe('opening the audit log', () => {
  it('P4: keeps events in the order of the calls, whatever their durability', async () => {
    const folder = temporaryFolder();
    const log = await openLog(folder);
    const calls: Promise<void>[] = [];
    for (let n = 0; n < 200; n += 1) {
      if (n % 3 === 0) log.enqueue(intent('ses_a', n, { effect: 'deny' }));
      else
        calls.push(log.append([intent('ses_a', n, { effect: 'deny' })], n % 2 === 0 ? 'written' : 'synced'));
      if (n % 7 === 0) await Promise.resolve();
    }
    await Promise.all(calls);
    await log.close();
    const events = await eventsOf(folder);
    expect(events.map((event) => 'exchange' in event && event.exchange)).toEqual(
      Array.from({ length: 200 }, (_, n) => `ses_a.${n}`),
    );
    expect(await verifyAudit(folder)).toMatchObject({ ok: true, closed: true, live: false });
  });

  it('P4: ends what the last process left open: exchanges as unknown, sessions with their counts', async () => {
    const folder = temporaryFolder();
    const first = await openLog(folder);
    await first.append([
      opened('ses_a'),
      intent('ses_a', 1),
      intent('ses_a', 2),
      intent('ses_a', 3, { effect: 'deny' }),
    ]);
    await first.append([outcome('ses_a', 1), opened('ses_b'), closed('ses_b')]);
    await first.close();
    const second = await openLog(folder);
    await second.close();
    expect((await eventsOf(folder)).slice(7)).toEqual([
      {
        type: 'exchange.outcome',
        session: 'ses_a',
        exchange: 'ses_a.2',
        status: 'unknown',
        result: { reason: 'gateway died' },
        durationMs: expect.any(Number),
      },
      { type: 'session.closed', session: 'ses_a', reason: 'gateway died', exchanges: 3, refused: 1 },
    ]);
    const third = await openLog(folder);
    await third.close();
    expect(await eventsOf(folder)).toHaveLength(9);
    expect(await verifyAudit(folder)).toMatchObject({ ok: true, segments: 3 });
  });

  it('knows what is open from the newest segment alone, however many segments there are', async () => {
    const folder = temporaryFolder();
    const log = await openLog(folder, { segmentBytes: 4096 });
    await log.append([opened('ses_a'), intent('ses_a', 1)]);
    for (let n = 2; n < 100; n += 1) await log.append([intent('ses_a', n, { effect: 'deny' })]);
    await log.close();
    // The oldest segments are not read at start: not even their absence is noticed there, only by verify.
    rmSync(segment(folder, 1));
    rmSync(segment(folder, 2));
    const next = await openLog(folder);
    await next.close();
    const events = await eventsOf(folder);
    expect(events.slice(-2)).toMatchObject([
      { type: 'exchange.outcome', exchange: 'ses_a.1', status: 'unknown' },
      { type: 'session.closed', session: 'ses_a', exchanges: 99, refused: 98 },
    ]);
    expect(await verifyAudit(folder)).toMatchObject({ ok: false });
  });

  it('cuts a torn last line and records what it cut', async () => {
    const folder = temporaryFolder();
    await (await openLog(folder)).close();
    appendFileSync(segment(folder, 1), '{"seq":4,"at":"2026-');
    expect(await verifyAudit(folder)).toMatchObject({
      ok: false,
      findings: [{ kind: 'torn', file: '00000001.jsonl', line: 4 }],
    });
    await (await openLog(folder)).close();
    const repaired = (await recordsOf(folder)).find(({ event }) => event.type === 'audit.repaired');
    expect(repaired?.event).toEqual({
      type: 'audit.repaired',
      segment: 1,
      line: 4,
      bytes: 20,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(await verifyAudit(folder)).toMatchObject({ ok: true });
  });

  it('cuts blocks that a power cut left unwritten', async () => {
    const folder = temporaryFolder();
    await (await openLog(folder)).close();
    appendFileSync(
      segment(folder, 1),
      Buffer.concat([Buffer.alloc(4096), Buffer.from('tail of a record"}\n{"seq":9')]),
    );
    await (await openLog(folder)).close();
    expect(await verifyAudit(folder)).toMatchObject({ ok: true });
  });

  it.each(['', '{"seq":4,"at"', '\0\0\0\n'])(
    'removes a segment that has no first record: %j',
    async (content) => {
      const folder = temporaryFolder();
      await (await openLog(folder)).close();
      writeFileSync(segment(folder, 2), content);
      const log = await openLog(folder);
      await log.append([opened('ses_a')]);
      await log.close();
      expect(await verifyAudit(folder)).toMatchObject({ ok: true, segments: 2 });
    },
  );

  it.each([
    ['a changed record', (text: string) => text.replace('SELECT 3', 'SELECT 8'), 'line 5 (byte 1'],
    [
      'a removed record',
      (text: string) =>
        text
          .split('\n')
          .filter((_, line) => line !== 4)
          .join('\n'),
      'record 6 does not follow record 4',
    ],
    ['a line that is no record', (text: string) => text.replace(/\n(?=\{"seq":4)/, '\nhello\n'), 'line 4'],
  ])('refuses to start on %s, and says where', async (_, tamper, where) => {
    const folder = temporaryFolder();
    const log = await openLog(folder);
    for (let n = 1; n < 6; n += 1) await log.append([intent('ses_a', n, { effect: 'deny' })]);
    await log.close();
    writeFileSync(segment(folder, 1), tamper(readFileSync(segment(folder, 1), 'utf8')));
    const opening = openLog(folder);
    await expect(opening).rejects.toMatchObject({ code: 'ERR_AUDIT_BROKEN' });
    await expect(opening).rejects.toThrow(where);
    // The refusal holds nothing: after the log is restored or moved away the gateway starts.
    rmSync(join(folder, 'audit'), { recursive: true });
    await (await openLog(folder)).close();
  });

  it('refuses to start when the end was cut behind a signed checkpoint', async () => {
    const folder = temporaryFolder();
    const log = await openLog(folder);
    await log.append([opened('ses_a')]);
    await log.close();
    const lines = readFileSync(segment(folder, 1), 'utf8').split('\n');
    truncateSync(segment(folder, 1), lines.slice(0, 3).join('\n').length + 1);
    await expect(openLog(folder)).rejects.toThrow(
      /ends at record 3, line 3, but a signed checkpoint of record 4/,
    );
    rmSync(segment(folder, 1));
    await expect(openLog(folder)).rejects.toThrow(/has no record, but a signed checkpoint of record 4/);
  });

  it('refuses to start when checkpoints.jsonl was cut, removed or changed, so that a cut of the log cannot be hidden', async () => {
    const folder = temporaryFolder();
    const log = await openLog(folder);
    await log.append([opened('ses_a')], 'synced');
    const path = join(folder, 'audit', 'checkpoints.jsonl');
    const text = readFileSync(path, 'utf8');
    await log.close();
    const whole = readFileSync(path, 'utf8');
    rmSync(path);
    await expect(openLog(folder)).rejects.toThrow(/ends at record 0, but checkpoint 2 had been copied/);
    writeFileSync(path, `${whole}nothing\n`);
    await expect(openLog(folder)).rejects.toThrow(/last line of checkpoints\.jsonl .* is no checkpoint/);
    writeFileSync(path, whole.replace('"reason":"close"', '"reason":"clase"'));
    await expect(openLog(folder)).rejects.toThrow(/is no checkpoint/);
    writeFileSync(path, whole);
    await (await openLog(folder)).close();
    // In a later segment the copies of all earlier ones must be there.
    writeFileSync(path, text);
    await expect(openLog(folder)).rejects.toThrow(/ends at record 2, but checkpoint 4 had been copied/);
  });

  it('cuts blocks of checkpoints.jsonl that a power cut left unwritten', async () => {
    const folder = temporaryFolder();
    await (await openLog(folder)).close();
    const path = join(folder, 'audit', 'checkpoints.jsonl');
    appendFileSync(
      path,
      Buffer.concat([Buffer.alloc(300), Buffer.from('"}\n'), Buffer.alloc(20), Buffer.from('x\n{"seq"')]),
    );
    await (await openLog(folder)).close();
    expect(await verifyAudit(folder)).toMatchObject({ ok: true });
  });

  it('refuses a log whose last record before the newest segment was changed or removed', async () => {
    const folder = temporaryFolder();
    await (await openLog(folder)).close();
    await (await openLog(folder)).close();
    const path = segment(folder, 1);
    const text = readFileSync(path, 'utf8');
    truncateSync(path, text.lastIndexOf('\n', text.length - 2) + 1);
    await expect(openLog(folder)).rejects.toMatchObject({ code: 'ERR_AUDIT_BROKEN' });
    rmSync(path);
    await expect(openLog(folder)).rejects.toThrow(/00000001\.jsonl is missing/);
  });

  it('finishes checkpoints.jsonl after a crash between a checkpoint and its copy', async () => {
    const folder = temporaryFolder();
    await (await openLog(folder)).close();
    const path = join(folder, 'audit', 'checkpoints.jsonl');
    const text = readFileSync(path, 'utf8');
    truncateSync(path, text.indexOf('\n') + 30);
    await (await openLog(folder)).close();
    expect(readFileSync(path, 'utf8').startsWith(text)).toBe(true);
    expect(await verifyAudit(folder)).toMatchObject({ ok: true });
  });

  it('says why it cannot open: the folder is a file', async () => {
    const folder = join(temporaryFolder(), 'data');
    writeFileSync(folder, '');
    await expect(openLog(folder)).rejects.toMatchObject({ code: 'ERR_AUDIT_UNREADABLE' });
  });
});

describe('the signing key', () => {
  it('is made at the first start for the owner alone, with the public key beside it', async () => {
    const folder = temporaryFolder();
    const log = await openLog(folder);
    expect(statSync(join(folder, 'audit-signing.key')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder, 'audit-signing.pub'), 'utf8')).toContain('BEGIN PUBLIC KEY');
    expect(statSync(segment(folder, 1)).mode & 0o777).toBe(0o600);
    expect(log.keyId).toMatch(/^[0-9a-f]{16}$/);
    await log.close();
  });

  it('is not silently made anew for a log that was signed with another one', async () => {
    const folder = temporaryFolder();
    await (await openLog(folder)).close();
    const key = join(folder, 'audit-signing.key');
    rmSync(key);
    await expect(openLog(folder)).rejects.toMatchObject({ code: 'ERR_AUDIT_KEY' });
    expect(existsSync(key)).toBe(false);
    const other = temporaryFolder();
    await (await openLog(other)).close();
    writeFileSync(key, readFileSync(join(other, 'audit-signing.key')), { mode: 0o600 });
    const publicKey = readFileSync(join(folder, 'audit-signing.pub'), 'utf8');
    await expect(openLog(folder)).rejects.toThrow(/signed with key/);
    expect(readFileSync(join(folder, 'audit-signing.pub'), 'utf8')).toBe(publicKey);
  });

  it('is refused when others may read it, and when it is no key', async () => {
    const folder = temporaryFolder();
    await (await openLog(folder)).close();
    const key = join(folder, 'audit-signing.key');
    chmodSync(key, 0o640);
    await expect(openLog(folder)).rejects.toThrow(/mode is 640/);
    chmodSync(key, 0o600);
    writeFileSync(key, 'no key');
    await expect(openLog(folder)).rejects.toMatchObject({ code: 'ERR_AUDIT_KEY' });
  });

  it('leaves no half key when the process died while making it', async () => {
    const folder = temporaryFolder();
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'audit-signing.key.new'), '-----BEGIN');
    await (await openLog(folder)).close();
    expect(existsSync(join(folder, 'audit-signing.key.new'))).toBe(false);
  });
});
