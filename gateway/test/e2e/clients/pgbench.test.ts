/** pgbench, unchanged but for the URL: it makes its tables and runs both of its scripts in all three protocol modes. */
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { requireTool, tools } from '../../support/installed-tool.ts';
import { type ProcessResult, runProcess } from '../../support/processes.ts';
import { refusedStatements, stopShop } from './shop.ts';

/** The tables of pgbench and nothing else; `bounded-writes` because tpcb only writes by key. */
const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: agents-connect, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: bounded-writes, effect: deny, on: sql, match: { kinds: [UPDATE, DELETE] }, when: "!sql.hasWhere" }
  - id: pgbench
    effect: allow
    on: sql
    match:
      groups: [agents]
      kinds: [SELECT, INSERT, UPDATE, COPY, TRUNCATE, VACUUM, ANALYZE, DROP TABLE, CREATE TABLE, ALTER TABLE]
      tables: ["public.pgbench_*"]
`;

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({ policy: POLICY });
});

afterAll(() => stopShop(gateway));

async function pgbench(context: TestContext, args: readonly string[]): Promise<ProcessResult> {
  const program = requireTool(context, tools.pgbench);
  // pgbench takes no URL before version 15; all take the parts of it.
  const url = new URL(await gateway.url());
  const env = {
    PGHOST: url.hostname,
    PGPORT: url.port,
    PGUSER: url.username,
    PGPASSWORD: url.password,
    PGDATABASE: 'shop',
    PGSSLMODE: 'verify-full',
    PGSSLROOTCERT: gateway.caFile,
    PGPASSFILE: '/dev/null',
    LC_ALL: 'C.UTF-8',
  };
  return await runProcess(program, args, { env, timeoutMs: 50_000 });
}

describe('pgbench', () => {
  it('makes and fills its tables', async (context) => {
    const { code, stderr } = await pgbench(context, ['--initialize', '--scale=1', '--quiet']);
    expect(stderr).toContain('done in');
    expect(code).toBe(0);
    expect(refusedStatements(gateway)).toEqual([]);
  });

  const modes = ['simple', 'extended', 'prepared'];
  const scripts = ['tpcb-like', 'select-only'];
  const clients = [1, 8];
  const runs = modes.flatMap((mode) =>
    scripts.flatMap((script) => clients.map((count) => [mode, script, count] as const)),
  );

  it.for(runs)(
    'runs without a failed transaction: %s, %s, %i client(s)',
    async ([mode, script, count], context) => {
      const { stdout, stderr, code } = await pgbench(context, [
        `--protocol=${mode}`,
        `--builtin=${script}`,
        `--client=${count}`,
        '--jobs=1',
        '--transactions=20',
      ]);
      expect(stdout, stderr).toContain(
        `number of transactions actually processed: ${20 * count}/${20 * count}`,
      );
      expect(stdout).toMatch(/number of failed transactions: 0 |^(?![\s\S]*failed)/);
      expect(stderr).not.toContain('ERROR');
      expect(code).toBe(0);
      expect(refusedStatements(gateway)).toEqual([]);
    },
  );

  it('is told what it may not do', async (context) => {
    const { stderr, code } = await pgbench(context, ['--initialize', '--init-steps=f', '--scale=1']);
    expect(stderr).toContain('POLICY_DENIED');
    expect(stderr).toContain('REFERENCES on public.pgbench_branches: no rule allows it');
    expect(code).not.toBe(0);
  });
});
