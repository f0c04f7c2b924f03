import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { type AuditLogFile } from '../../src/audit/log-writer.ts';
import { type AuditLogOptions, openAuditLog } from '../../src/audit/open-audit-log.ts';
import { readAudit } from '../../src/audit/read-audit.ts';
import type { AuditRecord } from '../../src/audit/record.ts';
import type { AuditEvent, ExchangeIntent } from '../../src/model/audit-event.ts';
import type { Clock } from '../../src/model/clock.ts';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** An empty folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-audit-'));
  folders.push(folder);
  return folder;
}

/** A clock that goes on by one millisecond at each look. */
export function tickingClock(startMs: number = Date.UTC(2026, 10, 26, 12)): Clock {
  let nowMs = startMs;
  return { nowMs: () => nowMs++ };
}

/** Opens a log with small limits and no timers in the way. */
export function openLog(folder: string, options: Partial<AuditLogOptions> = {}): Promise<AuditLogFile> {
  return openAuditLog({
    folder,
    durability: 'written',
    clock: tickingClock(),
    checkpointMs: 3_600_000,
    recoverMs: 2,
    ...options,
  });
}

/** A session that began. */
export function opened(session: string, subject: string = 'alice'): AuditEvent {
  return {
    type: 'session.opened',
    session,
    protocol: 'postgres',
    principal: {
      issuer: 'https://idp.example',
      subject,
      groups: ['data-agents'],
      agent: 'claims-bot',
      delegation: [],
      tokenDigest: 'ab'.repeat(16),
      expiresAtMs: 0,
    },
    resource: 'pg-prod',
    account: 'reader',
    sourceAddress: '127.0.0.1',
    hints: { application_name: 'psql' },
    details: { database: 'app' },
  };
}

/** A session that ended. */
export function closed(session: string, exchanges: number = 0, refused: number = 0): AuditEvent {
  return { type: 'session.closed', session, reason: 'client left', exchanges, refused };
}

/** What is asked in exchange `n` of a session. */
export function intent(session: string, n: number, more: Partial<ExchangeIntent> = {}): ExchangeIntent {
  return {
    type: 'exchange.intent',
    session,
    exchange: `${session}.${n}`,
    request: { text: `SELECT ${n}` },
    summary: 'SELECT',
    effect: 'permit',
    decision: `dec_${session}_${n}`,
    rules: ['analytics-read'],
    policy: { hash: 'cd'.repeat(32) },
    ...more,
  };
}

/** How exchange `n` of a session ended. */
export function outcome(session: string, n: number): AuditEvent {
  return {
    type: 'exchange.outcome',
    session,
    exchange: `${session}.${n}`,
    status: 'ok',
    result: { tag: 'SELECT 1', rows: 1 },
    durationMs: 3,
  };
}

/** All records of a log. */
export async function recordsOf(folder: string): Promise<readonly AuditRecord[]> {
  const records: AuditRecord[] = [];
  for await (const record of readAudit(folder)) records.push(record);
  return records;
}

/** The events of a log without what the log says of itself. */
export async function eventsOf(folder: string): Promise<readonly AuditEvent[]> {
  const records = await recordsOf(folder);
  return records
    .map(({ event }) => event)
    .filter((event): event is AuditEvent => !event.type.startsWith('audit.'));
}
