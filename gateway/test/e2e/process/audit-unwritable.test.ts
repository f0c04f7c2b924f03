/**
 * The disk of the audit fails while the gateway serves: full for real (a small tmpfs), or made to fail in the process.
 * Witnesses that nothing was forwarded: the server's own statement log, and the rows.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { verifyAudit } from '../../../src/audit/verify-audit.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { eventually, type GatewayProcess } from './gateway-process.ts';
import { type GatewaySite, prepareSite } from './gateway-site.ts';

const PRELOAD = pathToFileURL(path.join(import.meta.dirname, 'failing-disk-child.ts')).href;

let postgres: TestPostgres;

beforeAll(async () => {
  postgres = await startTestPostgres({ settings: { log_statement: 'all' } });
  await postgres.createRole('app');
  await postgres.query('CREATE TABLE ledger (id text PRIMARY KEY); GRANT ALL ON ledger TO app');
});

afterAll(async () => {
  await postgres[Symbol.asyncDispose]();
});

/** A disk that can be broken and mended. */
interface Disk extends Disposable {
  readonly config: Readonly<Record<string, unknown>>;
  readonly start: Parameters<GatewaySite['start']>[0];
  fail(): void;
  mend(): void;
}

/** Fails inside the gateway process, in the way that `how` names. */
function injectedDisk(site: { readonly folder: string }, how: string): Disk {
  const control = path.join(site.folder, 'disk');
  return {
    config: {},
    start: { nodeFlags: ['--import', PRELOAD], env: { SALLYPORT_TEST_DISK: control } },
    fail: () => writeFileSync(control, how),
    mend: () => rmSync(control),
    [Symbol.dispose]: () => undefined,
  };
}

/** A file system of its own, filled to the last byte. Only root may mount one. */
function smallDisk(folder: string, context: TestContext): Disk {
  const mountPoint = path.join(folder, 'small');
  mkdirSync(mountPoint);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'sallyport-test', mountPoint], { stdio: 'pipe' });
  } catch {
    context.skip('a small tmpfs can be mounted by root only');
  }
  const filler = path.join(mountPoint, 'filler');
  return {
    // Recordings and their index would free space again just when the disk is to be full.
    config: { dataDir: path.join(mountPoint, 'data'), recording: { enabled: false } },
    start: {},
    fail: () => {
      for (const size of [64 * 1024, 1024, 1]) fill(filler, size);
    },
    mend: () => rmSync(filler),
    [Symbol.dispose]: () => void execFileSync('umount', ['--lazy', mountPoint]),
  };
}

function fill(file: string, size: number): void {
  try {
    for (;;) writeFileSync(file, Buffer.alloc(size), { flag: 'a' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

const errorOf = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    (value) => value,
    (error: unknown) => error,
  );

const UNRECORDED = { code: '58030', severity: 'FATAL' };

/** What the server was asked to do, as it logged it itself. */
const serverLog = (): string => readFileSync(postgres.server.logFile, 'utf8');

async function rowsLike(id: string): Promise<number> {
  return (await postgres.query(`SELECT 1 FROM ledger WHERE id LIKE '${id}%'`)).length;
}

/** Asks for nothing much until the gateway can record no more. */
async function untilRefused(client: pg.Client): Promise<void> {
  for (let asked = 0; asked < 50; asked += 1) {
    const answer = await errorOf(client.query('SELECT 1'));
    if (answer instanceof Error) return;
  }
  throw new Error('a full disk took 50 records');
}

/** All that must be refused while the disk fails. `id` marks every statement. */
async function attack(gateway: GatewayProcess, id: string, live: readonly pg.Client[], token: string) {
  const [simple, extended, inTransaction] = live;
  if (simple === undefined || extended === undefined || inTransaction === undefined)
    throw new Error('too few');
  await inTransaction.query('BEGIN');
  await inTransaction.query(`INSERT INTO ledger VALUES ('${id}-before')`);
  return {
    answers: async () => [
      await errorOf(simple.query(`INSERT INTO ledger VALUES ('${id}-simple')`)),
      await errorOf(extended.query('INSERT INTO ledger VALUES ($1)', [`${id}-extended`])),
      await errorOf(inTransaction.query(`INSERT INTO ledger VALUES ('${id}-after'); COMMIT`)),
      await errorOf(gateway.connect({ token })),
    ],
  };
}

describe('audit unwritable while serving', () => {
  it.for([
    ['a full file system', 'tmpfs'],
    ['a write that fails', 'full'],
    ['a write that stops in the middle', 'torn'],
    ['a sync that fails', 'unsynced'],
  ] as const)(
    'P4: %s (%s): nothing is forwarded, the error is clear, and it recovers',
    async ([, how], context) => {
      await using undo = new AsyncDisposableStack();
      const id = `row-${how}`;
      const bare = undo.use(await prepareSite({ postgres }));
      const disk = undo.use(how === 'tmpfs' ? smallDisk(bare.folder, context) : injectedDisk(bare, how));
      const site = how === 'tmpfs' ? undo.use(await prepareSite({ postgres, config: disk.config })) : bare;
      const gateway = undo.use(await site.start(disk.start));
      const token = await site.issuer.token();
      const live = await Promise.all([1, 2, 3].map(() => gateway.connect({ token })));
      const attempts = await attack(gateway, id, live, token);
      const probe = await gateway.connect({ token });

      disk.fail();
      // What is left of the last page of the log takes some records yet.
      if (how === 'tmpfs') await untilRefused(probe);
      for (const answer of await attempts.answers()) {
        expect(answer).toMatchObject(UNRECORDED);
        expect((answer as Error).message).toMatch(/^the gateway cannot .*try again later$/);
      }
      await gateway.says(/"level":"error".*audit unwritable: nothing is forwarded/);
      expect(serverLog()).toContain(`${id}-before`);
      for (const never of ['simple', 'extended', 'after'])
        expect(serverLog()).not.toContain(`${id}-${never}`);
      await eventually(async () => (await rowsLike(id)) === 0);

      disk.mend();
      await gateway.says(/audit writable again/);
      expect(site.records().filter((record) => record['type'] === 'audit.recovered')).toHaveLength(1);
      const again = await gateway.connect({ token });
      await again.query('INSERT INTO ledger VALUES ($1)', [`${id}-again`]);
      await again.end();
      expect(await rowsLike(id)).toBe(1);
      gateway.kill('SIGTERM');
      expect((await gateway.ended()).code).toBe(0);
      expect((await verifyAudit(site.dataDir)).findings).toEqual([]);
      expect(gateway.output().match(/audit unwritable/g)).toHaveLength(1);
    },
  );

  it('P4: a stop meanwhile ends, says what is not on file, and the next start accounts for it', async () => {
    await using site = await prepareSite({ postgres });
    const disk = injectedDisk(site, 'full');
    await using gateway = await site.start(disk.start);
    const client = await gateway.connect();
    await client.query('SELECT 1');
    disk.fail();
    gateway.kill('SIGTERM');
    const { code, stderr } = await gateway.ended();
    expect(code).toBe(2);
    expect(stderr).toMatch(/cannot be written.*ERR_AUDIT_UNWRITABLE/);
    await client.end();
    disk.mend();
    await using next = await site.start();
    expect((await verifyAudit(site.dataDir)).findings).toEqual([]);
    const ends = site.records().filter((record) => record['type'] === 'session.closed');
    expect(ends).toHaveLength(1);
    next.kill('SIGTERM');
    expect((await next.ended()).code).toBe(0);
  });
});
