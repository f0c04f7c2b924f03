import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from './cli.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sallyport-cli-'));
});

afterEach(async () => {
  await rm(root, { recursive: true });
});

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const code = await runCli(argv, {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  });
  return { code, out, err };
}

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: open, effect: allow, on: connect, match: { groups: [agents], databases: ["app*"] } }
`;
const CASES = `apiVersion: sallyport.dev/v1
cases:
  - { name: agents open app, as: { groups: [agents] }, to: pg, connect: app1, expect: permit, rule: open }
`;

async function write(name: string, text: string): Promise<void> {
  await writeFile(join(root, name), text);
}

describe('the command line', () => {
  it('shows help, for itself and for a command, with exit code 0', async () => {
    expect(await run('--help')).toMatchObject({ code: 0, out: expect.stringContaining('policy') });
    expect(await run('policy', 'check', '--help')).toMatchObject({
      code: 0,
      out: expect.stringContaining('--strict'),
    });
  });

  it('answers wrong usage with exit code 2 and a suggestion', async () => {
    expect(await run('policy', 'chekc')).toMatchObject({ code: 2, err: expect.stringContaining('check') });
    expect(await run('nope')).toMatchObject({ code: 2 });
    expect(await run()).toMatchObject({ code: 2 });
    expect(await run('policy', 'check', '--frobnicate')).toMatchObject({ code: 2 });
  });

  it('answers a folder that is not there with exit code 2 and no stack trace', async () => {
    const { code, err } = await run('policy', 'check', join(root, 'nope'));
    expect(code).toBe(2);
    expect(err).toMatch(
      /^sallyport: cannot read .*no such file or folder \(ERR_POLICY_SOURCE_UNREADABLE\)\n$/,
    );
    await write('policy.yaml', POLICY);
    expect((await run('policy', 'check', join(root, 'policy.yaml'))).err).toContain(
      'name the one that holds the policy files',
    );
  });
});

describe('policy check', () => {
  it('says ok with exit code 0', async () => {
    await write('main.yaml', POLICY);
    expect(await run('policy', 'check', root)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^ok: 1 file in /),
    });
  });

  it('shows every error with a code frame and exit code 1', async () => {
    await write(
      'main.yaml',
      POLICY.replace('effect: allow', 'effect: alow').replace('databases', 'database'),
    );
    const { code, err, out } = await run('policy', 'check', root);
    expect(code).toBe(1);
    expect(err).toContain('main.yaml:3:25: error: unknown word `alow`');
    expect(err).toContain('did you mean `databases`?');
    expect(err).toContain('^^^^');
    expect(out).toMatch(/^FAIL: .*2 errors/);
  });

  it('counts warnings only with --strict', async () => {
    await write('main.yaml', `${POLICY}calendars: { unused: { timezone: UTC } }\n`);
    expect(await run('policy', 'check', root)).toMatchObject({
      code: 0,
      err: expect.stringContaining('warning'),
    });
    expect(await run('policy', 'check', root, '--strict')).toMatchObject({ code: 1 });
  });

  it('prints JSON', async () => {
    await write('main.yaml', POLICY.replace('on: connect', 'on: conect'));
    const { code, out } = await run('policy', 'check', root, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      errors: [{ code: 'ERR_POLICY_UNKNOWN_NAME', path: 'main.yaml', line: 3, column: 36 }],
    });
  });
});

describe('policy test', () => {
  it('runs the cases and counts them', async () => {
    await write('main.yaml', POLICY);
    await write('main.test.yaml', CASES);
    expect(await run('policy', 'test', root)).toEqual({
      code: 0,
      out: 'ok    agents open app\n1 passed, 0 failed\n',
      err: '',
    });
  });

  it('explains a case that fails, with exit code 1', async () => {
    await write('main.yaml', POLICY);
    await write('main.test.yaml', CASES.replace('app1', 'other'));
    const { code, out } = await run('policy', 'test', root);
    expect(code).toBe(1);
    expect(out).toContain('FAIL  agents open app  (main.test.yaml:3)');
    expect(out).toContain('databases: wants app*');
    expect(out).toContain('0 passed, 1 failed');
  });

  it.each([
    ['there is no case', ''],
    ['a case has an unknown key', CASES.replace('expect', 'expects')],
    ['a case asks for nothing', CASES.replace('connect: app1, ', '')],
    ['a case asks for what makes no sense', CASES.replace('app1', '[]')],
  ])('fails when %s', async (_, cases) => {
    await write('main.yaml', POLICY);
    if (cases !== '') {
      await write('main.test.yaml', cases);
    }
    expect(await run('policy', 'test', root)).toMatchObject({ code: 1 });
  });

  it('fails when the policy is broken, whatever the cases say', async () => {
    await write('main.yaml', POLICY.replace('allow', 'alow'));
    await write('main.test.yaml', CASES.replace('permit', 'deny').replace(', rule: open', ''));
    expect(await run('policy', 'test', root)).toMatchObject({
      code: 1,
      err: expect.stringContaining('alow'),
    });
  });
});

describe('policy explain', () => {
  const asked = ['--resource', 'pg', '--connect', 'app1'];

  it('gives exit code 0 for a permit and 1 for a denial, with the reasons', async () => {
    await write('main.yaml', POLICY);
    const permitted = await run('policy', 'explain', root, '--as-group', 'agents', ...asked);
    expect(permitted).toMatchObject({ code: 0, out: expect.stringContaining('permit by open') });
    const denied = await run('policy', 'explain', root, '--as-group', 'others', ...asked);
    expect(denied).toMatchObject({
      code: 1,
      out: expect.stringContaining('groups: wants agents; is others'),
    });
  });

  it('prints JSON', async () => {
    await write('main.yaml', POLICY);
    const { out } = await run('policy', 'explain', root, '--as-group', 'agents', '--json', ...asked);
    expect(JSON.parse(out)).toMatchObject([
      { decision: { effect: 'permit' }, rules: [{ rule: 'open', outcome: 'covers' }] },
    ]);
  });

  it.each([
    ['nothing is asked', ['--resource', 'pg']],
    ['two things are asked', [...asked, '--ask', 'connect=app']],
    ['a label has no value', [...asked, '--label', 'env']],
    ['the time has no offset', [...asked, '--at', '2026-07-01T10:00']],
    ['the family is unknown', ['--resource', 'pg', '--ask', 'nope=1']],
  ])('refuses with exit code 2 when %s', async (_, options) => {
    await write('main.yaml', POLICY);
    expect(await run('policy', 'explain', root, ...options)).toMatchObject({ code: 2 });
  });
});

describe('policy commands on SQL', () => {
  const SQL_POLICY = `${POLICY}  - id: read
    effect: allow
    on: sql
    match: { groups: [agents], kinds: [SELECT], tables: ["public.orders"], labels: { env: [prod] } }
  - { id: bounded, effect: deny, on: sql, match: { kinds: [DELETE] }, when: "!sql.hasWhere", message: Add a WHERE. }
`;
  const who = ['--as-group', 'agents', '--resource', 'pg', '--label', 'env=prod'];

  it('a bound on changed rows that nobody can count is a denial, as the gateway has it', async () => {
    const rule = `${SQL_POLICY}  - { id: few, effect: allow, on: sql, match: { groups: [agents], kinds: [UPDATE, TRUNCATE], tables: ["public.orders"] }, limits: { affectedRows: 3 } }\n`;
    await write('main.yaml', rule);
    const update = await run('policy', 'explain', root, ...who, '--sql', 'UPDATE orders SET id = 1');
    expect(update).toMatchObject({ code: 0, out: expect.stringContaining('permit by few') });
    expect(update.out).toContain('3 rows changed');
    const truncate = await run('policy', 'explain', root, ...who, '--sql', 'TRUNCATE orders');
    expect(truncate).toMatchObject({ code: 1, out: expect.stringContaining('does not tell how many') });
  });

  it.each([
    ['SELECT id FROM orders', 0, 'permit by read'],
    ['SELECT id FROM orders; DELETE FROM orders', 1, 'deny (rule bounded)'],
    ['WITH gone AS (DELETE FROM orders RETURNING id) SELECT * FROM gone', 1, 'deny (rule bounded)'],
    ['SELECT id FROM orders UNION SELECT id FROM secrets', 1, 'deny (default)'],
    ['DO $$ BEGIN END $$', 1, 'deny'],
    ['BEGIN', 0, 'permit by client-baseline/postgres#transactions'],
  ])('explain %s', async (sql, code, said) => {
    await write('main.yaml', SQL_POLICY);
    expect(await run('policy', 'explain', root, ...who, '--sql', sql)).toMatchObject({
      code,
      out: expect.stringContaining(said),
    });
  });

  it('P5: explain and test deny what a mask cannot be kept for, as the gate does', async () => {
    const masked = SQL_POLICY.replace(
      'labels: { env: [prod] } }',
      'labels: { env: [prod] } }\n    mask: [{ columns: ["*.email"], with: redact }]',
    );
    await write('main.yaml', masked);
    const plain = 'SELECT email FROM orders';
    const computed = 'SELECT email::int FROM orders';
    expect(await run('policy', 'explain', root, ...who, '--sql', plain)).toMatchObject({
      code: 0,
      out: expect.stringContaining('obliges: mask *.email'),
    });
    expect(await run('policy', 'explain', root, ...who, '--sql', computed)).toMatchObject({
      code: 1,
      out: expect.stringContaining('deny (obligation read)'),
    });
    const asked = (name: string, sql: string, expectation: string): string =>
      `  - { name: ${name}, as: { groups: [agents] }, to: { name: pg, labels: { env: prod } }, sql: ${sql}, ${expectation} }\n`;
    const cases =
      asked('a', plain, 'expect: permit') + asked('b', computed, 'expect: deny, cause: obligation');
    await write('main.test.yaml', `apiVersion: sallyport.dev/v1\ncases:\n${cases}`);
    expect(await run('policy', 'test', root)).toMatchObject({ code: 0 });
  });

  it('explain says how a time is written', async () => {
    await write('policy.yaml', POLICY);
    const asked = ['--resource', 'pg', '--connect', 'app1', '--at', 'yesterday'];
    const { code, err } = await run('policy', 'explain', root, ...asked);
    expect([code, err]).toEqual([2, expect.stringContaining('such as `2026-11-27T09:00:00Z`')]);
  });

  it('explain refuses text that is no SQL with exit code 2', async () => {
    await write('main.yaml', SQL_POLICY);
    const { code, err } = await run('policy', 'explain', root, ...who, '--sql', 'SELEC 1');
    expect(code).toBe(2);
    expect(err).toContain('the SQL is not grammatical');
  });

  it('take folder, labels of resources and groups from the config file', async () => {
    await write('sallyport.yaml', CONFIG);
    await mkdir(join(root, 'rules'));
    await write('rules/main.yaml', SQL_POLICY);
    await write('rules/main.test.yaml', SQL_CASES);
    const config = join(root, 'sallyport.yaml');
    expect(await run('policy', 'test', '-c', config)).toMatchObject({
      code: 0,
      out: expect.stringContaining('1 passed'),
    });
    const { code, err } = await run('policy', 'check', '-c', config);
    expect(code).toBe(0);
    expect(err).toContain('no issuer mapping produces the group `agents`; did you mean `agent`?');
    expect(err).toContain('no rule uses the mapped group `agent`');
    const explain = ['policy', 'explain', '-c', config, '--sql', 'SELECT 1', '--resource'];
    expect(await run(...explain, 'pgg')).toMatchObject({
      code: 2,
      err: expect.stringContaining('the config has no resource `pgg`'),
    });
    expect(await run(...explain, 'pgg', '--protocol', 'postgres')).toMatchObject({ code: 0 });
  });
});

const SQL_CASES = `apiVersion: sallyport.dev/v1
cases:
  - { name: label of the config, as: { groups: [agents] }, to: pg, sql: SELECT id FROM orders, expect: permit }
`;

const CONFIG = `
dataDir: data
identity:
  issuers:
    - issuer: https://idp.example
      audience: [gateway]
      groupMapping: { map: { idp-agents: [agent] } }
policy: { folder: rules }
listeners: [{ protocol: postgres, listen: "127.0.0.1:0" }]
resources:
  - name: pg
    protocol: postgres
    labels: { env: prod }
    host: 127.0.0.1
    database: shop
    tls: { mode: verify-full }
    defaultAccount: app
    accounts: [{ name: app, credential: { env: PG_PASSWORD } }]
`;
