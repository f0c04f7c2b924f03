/**
 * kill -9 of a gateway under load, at any moment. Three witnesses are held against each other: what clients were told,
 * what is in PostgreSQL, and what is in the audit.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyAudit } from '../../../src/audit/verify-audit.ts';
import { listOpenMarks, recordingLayout } from '../../../src/recording/layout.ts';
import type { AuditRecord } from '../../support/gateway.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { startProcess } from '../../support/processes.ts';
import { eventually } from './gateway-process.ts';
import { ENVIRONMENT, type GatewaySite, prepareSite, SALLYPORT } from './gateway-site.ts';
import { LEDGER, loadUntilDeath, MARK, type Notes } from './marked-load.ts';

/** For each durability; every fourth is preceded by a kill during the start. */
const ROUNDS = 16;
const MOST_ANSWERS = 160;

let postgres: TestPostgres;

beforeAll(async () => {
  postgres = await startTestPostgres();
  await postgres.createRole('app');
});

afterAll(async () => {
  await postgres[Symbol.asyncDispose]();
});

/** A site on a database of its own, so that two can be killed at the same time. */
async function killSite(durability: 'written' | 'synced'): Promise<GatewaySite> {
  await postgres.createDatabase(durability, 'app');
  await postgres.query(`${LEDGER}; GRANT ALL ON ledger TO app`, { database: durability });
  return prepareSite({ postgres, config: { audit: { durability } }, resource: { database: durability } });
}

const marksIn = (value: unknown): readonly string[] => JSON.stringify(value).match(MARK) ?? [];

/** Marks of all permitted intents on file. */
function recordedMarks(records: readonly AuditRecord[]): ReadonlySet<string> {
  const intents = records.filter((one) => one['type'] === 'exchange.intent' && one['effect'] === 'permit');
  return new Set(intents.flatMap((intent) => marksIn(intent['request'])));
}

/** Rows of a round, once the server has seen that the gateway is gone and no statement can follow any more. */
async function rowsOf(database: string, round: number): Promise<readonly string[]> {
  const busy = `SELECT 1 FROM pg_stat_activity WHERE usename = 'app' AND datname = '${database}'`;
  await eventually(async () => (await postgres.query(busy)).length === 0);
  const rows = await postgres.query(`SELECT id FROM ledger WHERE id LIKE 'r${round}-%'`, { database });
  return rows.map((row) => String(row['id']));
}

const withoutRow = (id: string): string => id.replace(/\.\d+$/, '');

/** What must hold of a round the moment after the kill, before anybody repairs anything. */
function checkRound(notes: Notes, rows: readonly string[], recorded: ReadonlySet<string>): void {
  const unrecorded = (marks: Iterable<string>): readonly string[] =>
    [...marks].filter((mark) => !recorded.has(withoutRow(mark)));
  expect(unrecorded(notes.answered), 'answered, but not on file').toEqual([]);
  expect(unrecorded(rows), 'in PostgreSQL, but not on file').toEqual([]);
  const present = new Set(rows);
  expect(
    [...notes.committed].filter((id) => !present.has(id)),
    'acknowledged, but lost',
  ).toEqual([]);
}

/** What must hold once the gateway has started again. */
async function checkRepaired(site: GatewaySite): Promise<void> {
  expect((await verifyAudit(site.dataDir)).findings).toEqual([]);
}

/** Kills a gateway while it starts: recovery must bear being interrupted. */
async function killWhileStarting(site: GatewaySite, afterMs: number): Promise<void> {
  await using starting = startProcess(process.execPath, [SALLYPORT, 'serve', '-c', site.configFile], {
    env: ENVIRONMENT,
  });
  await pause(afterMs);
  starting.kill('SIGKILL');
  await starting.ended();
}

async function killOnce(site: GatewaySite, database: string, round: number, answers: number): Promise<void> {
  if (round % 4 === 3) await killWhileStarting(site, answers * 4);
  await using gateway = await site.start();
  await checkRepaired(site);
  const notes = await loadUntilDeath(gateway, round, (count) => {
    if (count >= answers) gateway.kill('SIGKILL');
  });
  expect((await gateway.ended()).signal).toBe('SIGKILL');
  checkRound(notes, await rowsOf(database, round), recordedMarks(site.records()));
}

/** Everything that was begun has an end on file, and what a dead process left open ended as `unknown`. */
function checkEndings(records: readonly AuditRecord[]): void {
  const of = (type: string): readonly AuditRecord[] => records.filter((one) => one['type'] === type);
  const outcomes = of('exchange.outcome');
  const ended = new Set(outcomes.map((one) => one['exchange']));
  const permitted = of('exchange.intent').filter((one) => one['effect'] === 'permit');
  expect(permitted.filter((one) => !ended.has(one['exchange']))).toEqual([]);
  expect(ended.size, 'one outcome each').toBe(outcomes.length);
  const unknown = outcomes.filter((one) => one['status'] === 'unknown');
  expect(unknown.length).toBeGreaterThan(0);
  const closed = new Set(of('session.closed').map((one) => one['session']));
  expect(of('session.opened').filter((one) => !closed.has(one['session']))).toEqual([]);
}

/** Every recording has an end, can be read, and holds all that the audit was told of it. */
async function checkRecordings(site: GatewaySite): Promise<void> {
  const layout = recordingLayout(site.dataDir);
  expect(listOpenMarks(layout)).toEqual([]);
  const verified = await site.run('sessions', 'verify', '-c', site.configFile);
  expect(verified.code, verified.stdout).toBe(0);
  const closed = site.records().filter((one) => one['type'] === 'recording.closed');
  expect(closed.some((one) => one['reason'] === 'cut')).toBe(true);
  const replayed = await site.run(
    'sessions',
    'export',
    String(closed[0]?.['session']),
    '-c',
    site.configFile,
  );
  expect(replayed.stdout).toContain('"type":"session"');
}

describe('kill -9 under load', () => {
  it.concurrent.each(['written', 'synced'] as const)(
    `P4: %s: nothing runs or is acknowledged that is not on file, in ${ROUNDS} rounds`,
    { timeout: 400_000 },
    async (durability) => {
      await using site = await killSite(durability);
      // Spread over the first answers of a gateway and well into its work; a prime step visits all residues.
      for (let round = 0; round < ROUNDS; round += 1) {
        await killOnce(site, durability, round, 1 + ((round * 101) % MOST_ANSWERS));
      }
      await using last = await site.start();
      await checkRepaired(site);
      last.kill('SIGTERM');
      expect((await last.ended()).code).toBe(0);
      checkEndings(site.records());
      const verified = await site.run('audit', 'verify', '-c', site.configFile);
      expect(verified.code, verified.stdout).toBe(0);
      await checkRecordings(site);
    },
  );
});
