import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestPostgres, type TestPostgres } from './postgres.ts';
import { runProcess, startProcess } from './processes.ts';
import { runPsql } from './psql.ts';

const grandchild = `console.log('grandchild ready'); setInterval(() => {}, 1000);`;

describe('a program started by a test', () => {
  it('is heard on both streams and by its exit code', async () => {
    const script = `process.stdin.pipe(process.stdout); console.error('aside'); process.exitCode = 3;`;
    const result = await runProcess(process.execPath, ['-e', script], { input: 'hello' });
    expect(result).toEqual({ code: 3, signal: undefined, stdout: 'hello', stderr: 'aside\n' });
  });

  it('does not inherit the environment', async () => {
    const script = 'console.log(Object.keys(process.env).filter((name) => name !== "PATH").join())';
    const result = await runProcess(process.execPath, ['-e', script], { env: { GIVEN: '1' } });
    expect(result.stdout).toBe('GIVEN\n');
  });

  it('is ended when its time is over', async () => {
    const result = await runProcess(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
      timeoutMs: 300,
    });
    expect(result.signal).toBe('SIGKILL');
  });

  it('is ended with its children when the scope ends', async () => {
    const script = `
      require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(grandchild)}], { stdio: 'inherit' });
      setInterval(() => {}, 1000);`;
    const running = startProcess(process.execPath, ['-e', script]);
    {
      await using scope = running;
      await scope.waitForOutput(/grandchild ready/);
    }
    // Its output closes only when the grandchild, which holds it too, is gone.
    expect(await running.ended()).toMatchObject({ signal: 'SIGKILL' });
  });

  it('rejects a wait for what it never says, with what it said', async () => {
    await using running = startProcess(process.execPath, ['-e', 'console.log("other")']);
    await expect(running.waitForOutput(/never/)).rejects.toThrow(/ended without.*\nother/);
  });

  it('that cannot be started rejects', async () => {
    await expect(runProcess('/no/such/program', [])).rejects.toThrow('ENOENT');
  });
});

describe('the PostgreSQL of a suite', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startTestPostgres();
  });
  afterAll(() => postgres[Symbol.asyncDispose]());

  it('takes logins over verified TLS, from node-postgres and from psql', async (context) => {
    const tls = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
    expect(await postgres.query(tls)).toEqual([{ ssl: true }]);
    const result = await runPsql(context, { url: postgres.url(), script: tls });
    expect(result).toMatchObject({ code: 0, stdout: 't\n', stderr: '' });
  });

  it('refuses a wrong password and a certificate that is not trusted', async () => {
    await expect(postgres.query('SELECT 1', { password: 'wrong' })).rejects.toThrow('authentication failed');
    const untrusting = postgres.url().replace(/&?sslrootcert=[^&]*/, '');
    const result = await runProcess(process.execPath, ['-e', connectScript, untrusting]);
    expect(result.stdout).toMatch(/self-signed|unable to verify|issuer/);
  });

  it('keeps roles and databases apart', async () => {
    const login = await postgres.createRole('reader');
    await postgres.createDatabase('shop two');
    const who = 'SELECT current_user AS name, current_database() AS database';
    expect(await postgres.query(who, { ...login, database: 'shop two' })).toEqual([
      { name: 'reader', database: 'shop two' },
    ]);
  });
});

const connectScript = `
  const { Client } = require('pg');
  new Client({ connectionString: process.argv[1] }).connect().then(() => console.log('in'), (e) => console.log(e.message));`;
