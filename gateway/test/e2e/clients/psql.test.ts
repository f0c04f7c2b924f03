/** psql, unchanged but for the URL: its meta-commands show the same through the gateway as without it. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import type { TestGateway } from '../../support/gateway.ts';
import type { ProcessResult } from '../../support/processes.ts';
import { runPsql } from '../../support/psql.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';
import { META } from './psql-commands.ts';
import { refusedStatements, startShop, stopShop } from './shop.ts';

let gateway: TestGateway;
let folder: TemporaryFolder;

beforeAll(async () => {
  folder = createTemporaryFolder('psql');
  gateway = await startShop();
});

afterAll(async () => {
  await stopShop(gateway);
  folder[Symbol.dispose]();
});

async function psql(
  context: TestContext,
  script: string,
  args: readonly string[] = [],
): Promise<ProcessResult> {
  return await runPsql(context, { url: await gateway.url(), script, args });
}

describe('psql', () => {
  it('shows the same by its \\d commands through the gateway as without it', async (context) => {
    const seen = await psql(context, META);
    const url = gateway.postgres.url({ user: 'app', password: 'app-secret' });
    const direct = await runPsql(context, { url, script: META });
    expect(seen.stdout).toContain('orders_customer_id_fkey');
    expect({ stdout: seen.stdout, stderr: seen.stderr }).toEqual({
      stdout: direct.stdout,
      stderr: direct.stderr,
    });
    expect(refusedStatements(gateway)).toEqual([]);
  });

  it.for([
    [String.raw`\sf order_total`, 'pg_get_functiondef'],
    [String.raw`\df+ order_total`, 'pg_proc'],
    [String.raw`\d+ open_orders`, 'pg_get_viewdef'],
    [String.raw`\drds`, 'pg_db_role_setting'],
  ])(
    'does not show code and settings by the baseline alone: %s',
    async ([command = '', subject = ''], context) => {
      const { stderr } = await psql(context, command);
      expect(stderr).toContain('POLICY_DENIED');
      expect(stderr).toContain(subject);
    },
  );

  it('copies from and to files, and refuses what policy refuses', async (context) => {
    const source = path.join(folder.path, 'in.csv');
    const target = path.join(folder.path, 'out.csv');
    writeFileSync(source, 'copy1@psql,"One, by copy"\ncopy2@psql,Two\n');
    const script = String.raw`
      \copy customers (email, name) FROM '${source}' CSV
      \copy (SELECT email, name FROM customers WHERE email LIKE 'copy%@psql' ORDER BY 1) TO '${target}' CSV
      \copy integration_tokens TO '${path.join(folder.path, 'secret.csv')}'
      \copy integration_tokens FROM '${source}' CSV
      SELECT 'still here';`;
    const { stdout, stderr } = await psql(context, script);
    expect(stdout.trim()).toBe('still here');
    expect(readFileSync(target, 'utf8')).toBe('copy1@psql,"One, by copy"\ncopy2@psql,Two\n');
    expect(stderr.match(/POLICY_DENIED/g)).toHaveLength(2);
  });

  it('P9: prints a refusal with detail and hint, and goes on; a transaction needs its ROLLBACK', async (context) => {
    const script = String.raw`
      \set VERBOSITY verbose
      DELETE FROM orders;
      SELECT 'one';
      BEGIN;
      UPDATE customers SET name = 'lost' WHERE id = 2;
      TRUNCATE orders;
      SELECT 'not seen';
      COMMIT;
      SELECT name FROM customers WHERE id = 2;`;
    const { stdout, stderr, code } = await psql(context, script);
    expect(stdout.split('\n').filter(Boolean)).toEqual(['one', 'Customer 2']);
    expect(stderr).toMatch(/ERROR: {2}42501: POLICY_DENIED \[dec_\w+\] DELETE on public\.orders/);
    expect(stderr).toContain('DETAIL:');
    expect(stderr).toContain('HINT:');
    expect(stderr).toContain('25P02');
    expect(code).toBe(0);
  });

  it('stops at a refusal with ON_ERROR_STOP, and undoes a --single-transaction', async (context) => {
    const script = "INSERT INTO customers (email) VALUES ('single@psql'); DROP TABLE orders; SELECT 'never';";
    const { stdout, code } = await psql(context, script, ['--set=ON_ERROR_STOP=1', '--single-transaction']);
    expect([stdout, code]).toEqual(['', 3]);
    const { stdout: left } = await psql(
      context,
      "SELECT count(*) FROM customers WHERE email = 'single@psql'",
    );
    expect(left.trim()).toBe('0');
  });

  it('describes, executes and repeats queries with its \\g family, and fetches by cursor', async (context) => {
    const script = String.raw`
      SELECT id, amount FROM orders \gdesc
      SELECT format('SELECT %s', n) FROM generate_series(1, 2) n \gexec
      SELECT email AS mail FROM customers WHERE id = 3 \gset
      \echo :mail
      \set FETCH_COUNT 1000
      SELECT count(*) FROM (SELECT id FROM readings) r;
      SELECT sensor FROM readings WHERE id <= 3000 AND id > 2998;
      SELECT 1 \; SELECT 2;`;
    const { stdout, stderr } = await psql(context, script);
    expect(stderr).toBe('');
    expect(stdout).toContain('amount|numeric(10,2)');
    expect(stdout).toContain('customer3@example.org\n100000\nsensor-9\nsensor-0');
  });

  it('asks for read-only and isolation as it likes, and not for READ WRITE (incident 3)', async (context) => {
    const script = `
      BEGIN TRANSACTION ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE;
      SHOW transaction_read_only;
      COMMIT;
      SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY;
      SHOW default_transaction_read_only;
      SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE;
      BEGIN READ WRITE;
      INSERT INTO customers (email) VALUES ('ro@psql');`;
    const { stdout, stderr } = await psql(context, script);
    expect(stdout.split('\n').filter(Boolean)).toEqual(['on', 'on']);
    expect(stderr.match(/POLICY_DENIED/g)).toHaveLength(2);
    expect(stderr).toContain('cannot execute INSERT in a read-only transaction');
  });

  it('reads its options from the environment, and a broken token is an error, not a hang', async (context) => {
    const env = { PGOPTIONS: '-c statement_timeout=4321 -c TimeZone=Asia/Tokyo', PGAPPNAME: 'report' };
    const script = 'SHOW statement_timeout; SHOW TimeZone; SHOW application_name;';
    const { stdout } = await runPsql(context, { url: await gateway.url(), script, env });
    expect(stdout).toMatch(/^4321ms\nAsia\/Tokyo\nsallyport\/ses_\w+.*report\n$/);
    const broken = await runPsql(context, { url: await gateway.url({ token: 'no-token' }), script });
    expect(broken.code).toBe(2);
    expect(broken.stderr).toContain('FATAL');
  });
});
