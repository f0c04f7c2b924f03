import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  closed,
  intent,
  opened,
  openLog,
  outcome,
  temporaryFolder,
  tickingClock,
} from '../../test/audit/audit-fixture.ts';
import type { AuditRecord } from './record.ts';
import { listSessions, type SessionFilter, type SessionSummary, showSession } from './sessions.ts';

async function list(folder: string, filter?: SessionFilter): Promise<readonly SessionSummary[]> {
  const sessions: SessionSummary[] = [];
  for await (const session of listSessions(folder, filter)) sessions.push(session);
  return sessions;
}

async function show(folder: string, session: string): Promise<readonly AuditRecord[]> {
  const records: AuditRecord[] = [];
  for await (const record of showSession(folder, session)) records.push(record);
  return records;
}

/** Twenty sessions over many small segments; each fourth stays open. */
async function manySessions(folder: string): Promise<{ close(): Promise<void> }> {
  const log = await openLog(folder, { segmentBytes: 4000 });
  for (let n = 0; n < 20; n += 1) {
    const session = `ses_${n}`;
    await log.append([opened(session, n % 2 === 0 ? 'alice' : 'bob'), intent(session, 1)]);
    await log.append([outcome(session, 1), intent(session, 2, { effect: 'deny' })]);
    // Ends one round later, so that most sessions reach over segments.
    if (n > 0 && n % 4 !== 0) await log.append([closed(`ses_${n}`, 2, 1)]);
  }
  return log;
}

describe('listing sessions', () => {
  it('gives the last opened first, with their end and counts, over all segments', async () => {
    const folder = temporaryFolder();
    const log = await manySessions(folder);
    const sessions = await list(folder);
    expect(sessions.map(({ session }) => session)).toEqual(
      Array.from({ length: 20 }, (_, n) => `ses_${19 - n}`),
    );
    for (const { session, state, exchanges, refused, reason } of sessions) {
      const isOpen = Number(session.slice(4)) % 4 === 0;
      expect({ session, state, exchanges, refused, reason }).toEqual({
        session,
        state: isOpen ? 'open' : 'closed',
        exchanges: 2,
        refused: 1,
        reason: isOpen ? undefined : 'client left',
      });
    }
    await log.close();
    // The next start ends those that were open; its record stands in another segment than they do.
    await (await openLog(folder)).close();
    const after = await list(folder);
    expect(after).toHaveLength(20);
    expect(after.filter(({ reason }) => reason === 'gateway died').map(({ session }) => session)).toEqual([
      'ses_16',
      'ses_12',
      'ses_8',
      'ses_4',
      'ses_0',
    ]);
    expect(after.every(({ state }) => state === 'closed')).toBe(true);
  });

  it('filters by principal, agent, resource and time, and stops at the limit', async () => {
    const folder = temporaryFolder();
    const log = await manySessions(folder);
    const all = await list(folder);
    expect((await list(folder, { principal: 'alice' })).map(({ principal }) => principal.subject)).toEqual(
      Array.from({ length: 10 }, () => 'alice'),
    );
    expect(await list(folder, { principal: 'claims-bot', resource: 'pg-prod' })).toHaveLength(20);
    expect(await list(folder, { principal: 'ali' })).toEqual([]);
    expect(await list(folder, { resource: 'pg-test' })).toEqual([]);
    expect(await list(folder, { limit: 3 })).toEqual(all.slice(0, 3));
    const since = Date.parse(all[6]?.openedAt ?? '');
    expect(await list(folder, { sinceMs: since })).toEqual(all.slice(0, 7));
    expect(await list(folder, { sinceMs: since, principal: 'bob' })).toEqual(
      all.slice(0, 7).filter(({ principal }) => principal.subject === 'bob'),
    );
    await log.close();
  });

  it('does not read segments that are older than the time asked for', async () => {
    const folder = temporaryFolder();
    await (await manySessions(folder)).close();
    const all = await list(folder);
    writeFileSync(
      join(folder, 'audit', '00000001.jsonl'),
      '{"seq":1,"type":"session.opened","session":"x"}\n',
    );
    const damaged: string[] = [];
    const onDamaged = (file: string, offset: number): void => void damaged.push(`${file} ${offset}`);
    expect(await list(folder, { sinceMs: Date.parse(all[3]?.openedAt ?? ''), onDamaged })).toEqual(
      all.slice(0, 4),
    );
    expect(damaged).toEqual([]);
    await list(folder, { onDamaged });
    expect(damaged).toEqual(['00000001.jsonl 0']);
  });

  it('finds sessions although the clock of the machine was set back', async () => {
    const folder = temporaryFolder();
    const late = Date.UTC(2030, 0, 1);
    const first = await openLog(folder, { clock: tickingClock(late) });
    await first.append([opened('ses_future'), closed('ses_future')]);
    await first.close();
    for (let n = 0; n < 3; n += 1) {
      const log = await openLog(folder, { clock: tickingClock(Date.UTC(2026, 0, 1 + n)) });
      await log.append([opened(`ses_${n}`), closed(`ses_${n}`)]);
      await log.close();
    }
    expect((await list(folder, { sinceMs: late })).map(({ session }) => session)).toEqual(['ses_future']);
  });

  it('gives nothing where there is no log', async () => {
    expect(await list(temporaryFolder())).toEqual([]);
  });
});

describe('showing a session', () => {
  it('gives its records and no others, in order, while the gateway writes', async () => {
    const folder = temporaryFolder();
    const log = await manySessions(folder);
    const records = await show(folder, 'ses_7');
    expect(records.map(({ event }) => event.type)).toEqual([
      'session.opened',
      'exchange.intent',
      'exchange.outcome',
      'exchange.intent',
      'session.closed',
    ]);
    expect(records.every(({ event }) => 'session' in event && event.session === 'ses_7')).toBe(true);
    // Not even where the name of one session begins like another's.
    expect(await show(folder, 'ses_')).toEqual([]);
    await log.close();
  });

  it('is not fooled by a text that looks like a record of the session', async () => {
    const folder = temporaryFolder();
    const log = await openLog(folder);
    await log.append([intent('ses_b', 1, { request: { text: '","session":"ses_a"', session: 'ses_a' } })]);
    await log.close();
    expect(await show(folder, 'ses_a')).toEqual([]);
    expect(await show(folder, 'ses_b')).toHaveLength(1);
  });

  it('takes any text for an id', async () => {
    const folder = temporaryFolder();
    const id = 'a"\n\u2028é\\';
    const log = await openLog(folder);
    await log.append([opened(id), opened('other')]);
    await log.close();
    expect(await show(folder, id)).toHaveLength(1);
  });

  it('leaves out a last line that is not finished yet', async () => {
    const folder = temporaryFolder();
    const log = await openLog(folder);
    await log.append([opened('ses_a')]);
    await log.append([intent('ses_a', 1)]);
    await log.close();
    const path = join(folder, 'audit', '00000001.jsonl');
    const text = readFileSync(path, 'utf8');
    const cut = text.indexOf('"exchange":"ses_a.1"');
    rmSync(path);
    writeFileSync(path, text.slice(0, cut + 20));
    expect(await show(folder, 'ses_a')).toHaveLength(1);
  });
});
