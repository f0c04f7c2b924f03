/**
 * docs/protect-your-database.md, as somebody new does it: each command as it is printed, in terminals of their own, with
 * an empty home folder, before a PostgreSQL that knows nothing of us. Only the installation is left out, and the ports
 * are free ones.
 */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findTool, requireTool, tools } from '../../support/installed-tool.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { startProcess } from '../../support/processes.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';
import { type DocBlock, shellBlocks } from './doc-blocks.ts';
import { openTerminal, type Terminal, type Typed } from './terminal.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const PATIENCE_MS = 400_000;

let folder: TemporaryFolder;
let postgres: TestPostgres;
let clone: string;
let blocks: readonly DocBlock[];

beforeAll(async () => {
  folder = createTemporaryFolder('walk');
  clone = path.join(folder.path, 'clone');
  // What a clone is to the commands: a folder in which `npx sallyport` is installed.
  mkdirSync(clone);
  mkdirSync(path.join(folder.path, 'home'));
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(clone, 'node_modules'));
  writeFileSync(path.join(clone, 'package.json'), '{ "private": true }\n');
  postgres = await startTestPostgres();
  await postgres.createDatabase('shop');
  const page = readFileSync(path.join(ROOT, 'docs/protect-your-database.md'), 'utf8');
  const [api, listener] = await freePorts();
  blocks = shellBlocks(page).map(({ place, text }) => ({
    place,
    text: text.replaceAll('8443', api).replaceAll('6432', listener),
  }));
}, PATIENCE_MS);

afterAll(async () => {
  await postgres[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

async function freePorts(): Promise<readonly [string, string]> {
  const servers = [createServer(), createServer()] as const;
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<string>((resolve) => {
          server.listen(0, '127.0.0.1', () => {
            const address = server.address();
            resolve(String(typeof address === 'object' ? address?.port : address));
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return [ports[0] ?? '', ports[1] ?? ''];
}

function environment(): Readonly<Record<string, string>> {
  const psql = path.dirname(findTool(tools.psql) ?? '/usr/bin/psql');
  return {
    PATH: [psql, process.env['PATH'] ?? '', '/usr/bin', '/bin'].join(path.delimiter),
    HOME: path.join(folder.path, 'home'),
    PGPASSWORD: postgres.server.superuser.password,
    LC_ALL: 'C.UTF-8',
    NO_COLOR: '1',
  };
}

/** The next block; fails where the page has another one than the test knows of. */
function take(place: string, has: string): string {
  const [next, ...rest] = blocks;
  blocks = rest;
  expect(next, `the page goes on with a block for \`${place}\` that has \`${has}\``).toMatchObject({
    place,
    text: expect.stringContaining(has),
  });
  return next?.text ?? '';
}

/** Types a whole block; each of its commands has to succeed. */
async function well(terminal: Terminal, text: string): Promise<string> {
  const { code, output } = await terminal.type(`set -e\n${text}\nset +e`);
  expect(code, output).toBe(0);
  return output;
}

function linesOf(text: string): readonly string[] {
  return text.trim().split('\n');
}

/** What an administrator does by hand: the doctor's lines above all others. */
async function closeThePath(doctor: string): Promise<void> {
  const lines = linesOf(doctor).filter((line) => /^(?:hostssl|host|local) /u.test(line));
  expect(lines).toHaveLength(4);
  const [row] = await postgres.query('SHOW hba_file');
  const file = String(row?.['hba_file']);
  writeFileSync(file, `${lines.join('\n')}\n${readFileSync(file, 'utf8')}`);
}

/** Answers as the page says, as soon as the request is there. */
async function approve(terminal: Terminal, text: string): Promise<void> {
  const lines = linesOf(text);
  await well(terminal, lines.slice(0, -2).join('\n'));
  const [list = '', answer = ''] = lines.slice(-2);
  for (;;) {
    const id = /apr_[\w-]+/u.exec(await well(terminal, list))?.[0];
    if (id === undefined) continue;
    expect(answer).toContain('apr_…');
    expect(await well(terminal, answer.replace('apr_…', id))).toContain(`approved ${id}`);
    return;
  }
}

it('works as printed', { timeout: PATIENCE_MS }, async (context) => {
  requireTool(context, tools.psql);
  requireTool(context, tools.openssl);
  const env = environment();
  const terminal = (): Terminal => openTerminal({ cwd: clone, env });
  await using main = terminal();
  await using approver = terminal();

  const [install, ...version] = linesOf(take('', 'npm ci'));
  expect(install).toBe('npm ci --omit=dev --loglevel=error');
  expect(await well(main, version.join('\n'))).toMatch(/^\d+\.\d+\.\d+$/mu);

  take('yours', 'PGHOST=');
  const { host, port, superuser } = postgres.server;
  await well(
    main,
    `export PGHOST=${host} PGPORT=${port} PGUSER=${superuser.user} PGDATABASE=shop
export PGSSLMODE=verify-full PGSSLROOTCERT='${postgres.certificate.caFile}'`,
  );
  await well(main, take('', 'CREATE TABLE'));
  await well(main, take('', 'CREATE ROLE'));

  take('provider', 'ISSUER=');
  const start = path.join(ROOT, 'examples/quickstart/main.ts');
  const state = path.join(clone, '.sallyport');
  await using quickstart = startProcess(process.execPath, [start, '--state', state], {
    env,
    timeoutMs: PATIENCE_MS,
  });
  await quickstart.waitForOutput(/Ctrl-C stops it/u, PATIENCE_MS);
  const tokens = take('', 'ISSUER=');
  await well(main, tokens);
  await well(approver, tokens);

  await well(main, take('', 'sallyport.yaml'));
  const policy = await well(main, take('', 'policy test'));
  expect(policy).toContain('0 errors, 0 warnings');
  expect(policy).toMatch(/^[1-9]\d* passed, 0 failed$/mu);

  const doctor = await well(main, take('', 'doctor'));
  expect(doctor).not.toMatch(/^fail/mu);
  await closeThePath(doctor);
  expect(await well(main, take('', 'pg_reload_conf'))).toMatch(/pg_hba\.conf\nt$/u);

  await using serve = startProcess('bash', ['-c', take('serve', 'serve')], {
    cwd: clone,
    env,
    timeoutMs: PATIENCE_MS,
  });
  await serve.waitForOutput(/"event":"ready"/u, PATIENCE_MS);

  const read = await well(main, take('', 'credential create'));
  expect(read).toMatch(/Ada Farrow +\| \[redacted\] +\| Berlin +\| prefers calls: \*\*\*19/u);
  expect(read).not.toContain('farrow.example');

  for (const line of linesOf(take('refused', 'DROP TABLE'))) {
    const { code, output }: Typed = await main.type(line);
    expect({ code, output }).toMatchObject({
      code: 1,
      output: expect.stringMatching(/POLICY_DENIED \[dec_/u),
    });
  }

  const write = well(main, take('waits', 'UPDATE'));
  await approve(approver, take('approver', 'approvals approve'));
  expect(await write).toContain('UPDATE 1');

  const record = await well(main, take('', 'audit verify'));
  expect(record).toMatch(/^ok: \d+ records/mu);
  expect(record).toMatch(/^ok: \d+ recordings checked/mu);
  const session = /ses_\w+/u.exec(record)?.[0] ?? '';
  const replay = take('replay', 'ses_…').replace('ses_…', session);
  expect(await well(main, replay)).toContain("UPDATE customers SET city = 'Bremen'");
  const after = await well(main, take('', 'doctor'));
  expect(after).toContain('doctor --probe');
  expect(after).toContain('every group that rules name was seen');
  expect(blocks).toEqual([]);
});
