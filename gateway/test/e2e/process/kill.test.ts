/**
 * kill -9 of a gateway under load, at any moment: of plain and masked statements, writes that wait for approvals, people
 * who answer, session credentials, all recorded. What clients were told, what is in PostgreSQL, the audit and the
 * recordings are held against each other. `SALLYPORT_KILL_SEED` repeats the points of a run.
 */
import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyAudit } from '../../../src/audit/verify-audit.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { startProcess } from '../../support/processes.ts';
import { AuditLines } from './audit-lines.ts';
import { type ClientMemory, createClientMemory } from './client-memory.ts';
import { eventually, type GatewayProcess } from './gateway-process.ts';
import { ENVIRONMENT, type GatewaySite, prepareSite, SALLYPORT } from './gateway-site.ts';
import { APPROVER_GROUP, HELD_TABLE, heldWriters } from './held-writes.ts';
import {
  checkCredentials,
  checkCutRecordings,
  checkDeath,
  checkEndings,
  checkGrants,
  checkHeld,
  checkRecordings,
  checkRequests,
  checkSecrets,
  type Rows,
} from './kill-witnesses.ts';
import { LEDGER, loadUntilDeath, PLAIN_WORKERS } from './marked-load.ts';
import { MOST_ROWS, maskedReaders, PEOPLE_TABLE } from './masked-reads.ts';
import { redeemers } from './redeemed-credentials.ts';

/** For each durability. */
const POINTS = 50;
const MOST_ANSWERS = 160;
const MOST_DELAY_MS = 8;
/** How often a whole check of the audit, which gets longer and longer, and a kill during the start come along. */
const EVERY = 10;
const TIMEOUT_MS = 600_000;

const SEED = Number(process.env['SALLYPORT_KILL_SEED'] ?? randomInt(2 ** 31));

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] }, limits: { sessions: 50 } }
  - id: masked-reads
    effect: allow
    on: sql
    match: { groups: [agents], kinds: [SELECT], tables: [public.people] }
    mask: [{ columns: ['*.email'], with: partial }, { columns: ['*.ssn'], with: redact }]
    limits: { rows: ${MOST_ROWS}, statementsPerMinute: 100000 }
  - { id: ledger, effect: allow, on: sql, match: { groups: [agents], kinds: [SELECT, INSERT, COPY], tables: [public.ledger] } }
  - id: held-writes
    effect: allow
    on: sql
    match: { groups: [agents], kinds: [INSERT], tables: [public.held] }
    approval: { by: [${APPROVER_GROUP}], within: 15m, wait: 60s }
`;

type Durability = 'written' | 'synced';

let postgres: TestPostgres;
let sites: Readonly<Record<Durability, GatewaySite>>;

beforeAll(async () => {
  postgres = await startTestPostgres();
  await postgres.createRole('app');
  // One after the other: PostgreSQL refuses to grant the same at the same time.
  sites = { written: await killSite('written'), synced: await killSite('synced') };
});

afterAll(async () => {
  for (const site of Object.values(sites ?? {})) await site[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

/** A site on a database of its own, so that two can be killed at the same time. */
async function killSite(durability: Durability): Promise<GatewaySite> {
  await postgres.createDatabase(durability, 'app');
  const tables = `${LEDGER}; ${HELD_TABLE}; ${PEOPLE_TABLE}; GRANT ALL ON ledger, held, people TO app`;
  await postgres.query(tables, { database: durability });
  return prepareSite({
    postgres,
    policy: POLICY,
    config: { audit: { durability }, api: { listen: '127.0.0.1:0' } },
    resource: { database: durability },
  });
}

/** Numbers below `below`, the same ones for the same seed (a linear congruential generator, as Numerical Recipes has it). */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
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

/** A process that ends in order leaves its compiled code behind; those that are killed do not. */
async function warmUp(site: GatewaySite): Promise<void> {
  await using gateway = await site.start();
  gateway.kill('SIGTERM');
  await gateway.ended();
}

/** One site and its witnesses. */
interface Scene {
  readonly site: GatewaySite;
  readonly memory: ClientMemory;
  readonly audit: AuditLines;
  /** What the superuser sees. */
  readonly database: pg.Client;
  readonly below: (below: number) => number;
  /** How many requests and answers a process after their own has been asked for. */
  readonly seen: { requests: number; answers: number };
}

/** Rows, once the server has seen that the gateway is gone and no statement can follow any more. */
async function rowsOf({ database }: Scene): Promise<Rows> {
  const busy = "SELECT 1 FROM pg_stat_activity WHERE usename = 'app' AND datname = current_database()";
  await eventually(async () => (await database.query(busy)).rows.length === 0);
  const column = async (text: string): Promise<readonly string[]> =>
    (await database.query<[string]>({ text, rowMode: 'array' })).rows.map(([value]) => value);
  return { ledger: await column('SELECT id FROM ledger'), held: await column('SELECT mark FROM held') };
}

/** A moment after so many answers. */
function killer(gateway: GatewayProcess, { below }: Scene): (count: number) => void {
  const answers = 1 + below(MOST_ANSWERS);
  const delayMs = below(MOST_DELAY_MS);
  return (count) => {
    if (count === answers) setTimeout(() => gateway.kill('SIGKILL'), delayMs);
  };
}

async function killOnce(scene: Scene, round: number): Promise<void> {
  const { site, memory, audit } = scene;
  if (round % EVERY === 3) await killWhileStarting(site, scene.below(1500));
  await using gateway = await site.start();
  await checkRecordings(site.dataDir);
  if (round % EVERY === 9) expect((await verifyAudit(site.dataDir)).findings).toEqual([]);
  await checkRequests(gateway, memory, [
    ...[...memory.requested].slice(scene.seen.requests),
    ...[...memory.acknowledged.keys()].slice(scene.seen.answers),
  ]);
  scene.seen.requests = memory.requested.size;
  scene.seen.answers = memory.acknowledged.size;
  const workers = {
    ...PLAIN_WORKERS,
    ...heldWriters(memory, round),
    ...redeemers(memory),
    ...maskedReaders(memory),
  };
  const notes = await loadUntilDeath(gateway, { round, workers }, killer(gateway, scene));
  expect((await gateway.ended()).signal).toBe('SIGKILL');
  const rows = await rowsOf(scene);
  const records = audit.read();
  checkDeath(notes, rows, records);
  checkHeld(memory, rows.held);
  await checkCutRecordings(site.dataDir, records);
}

/** What is left when the last process has started and stopped in order. */
async function checkAll({ site, memory, audit }: Scene): Promise<void> {
  {
    await using last = await site.start();
    await checkRecordings(site.dataDir);
    await checkRequests(last, memory, memory.requested);
    last.kill('SIGTERM');
    expect((await last.ended()).code).toBe(0);
  }
  const records = audit.read();
  expect(audit.changed(), 'what was on file stays').toBeUndefined();
  checkEndings(records);
  checkGrants(memory, records);
  checkCredentials(memory, records);
  await checkRecordings(site.dataDir, records);
  checkSecrets(site.dataDir);
  for (const what of ['audit', 'sessions']) {
    const verified = await site.run(what, 'verify', '-c', site.configFile);
    expect(verified.code, verified.stdout).toBe(0);
  }
}

describe(`kill -9 under load, SALLYPORT_KILL_SEED=${SEED}`, () => {
  it.concurrent.each(['written', 'synced'] as const)(
    `P4: %s: nothing acknowledged is lost, no grant is used twice, every recording can be read, at ${POINTS} points`,
    { timeout: TIMEOUT_MS },
    async (durability) => {
      const site = sites[durability];
      const database = new pg.Client({ connectionString: postgres.url({ database: durability }) });
      // Where the test fails, the server may be stopped before this.
      database.on('error', () => undefined);
      await database.connect();
      const scene: Scene = {
        site,
        database,
        memory: createClientMemory(),
        audit: new AuditLines(site.dataDir),
        seen: { requests: 0, answers: 0 },
        below: numbersFrom(durability === 'written' ? SEED : ~SEED),
      };
      try {
        await warmUp(site);
        for (let round = 0; round < POINTS; round += 1) await killOnce(scene, round);
        await checkAll(scene);
      } finally {
        await database.end();
      }
    },
  );
});
