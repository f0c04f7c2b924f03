import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificateFromLocalCa } from '../../../gateway/src/listener/local-ca.ts';
import { type PostgresOptions, type RunningPostgres, startPostgres } from './server.ts';

async function query(
  server: RunningPostgres,
  text: string,
  login: pg.ClientConfig = server.superuser,
): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ host: server.host, port: server.port, database: 'postgres', ...login });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function eventually(question: () => boolean | Promise<boolean>): Promise<boolean> {
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline) {
    if (await question()) return true;
    await delay(50);
  }
  return false;
}

const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

describe('a started PostgreSQL', () => {
  let server: RunningPostgres;
  beforeAll(async () => {
    server = await startPostgres({ settings: { log_statement: 'all' } });
  });
  afterAll(() => server.stop());

  it('is version 18 and keeps passwords as SCRAM only', async () => {
    const [row] = await query(
      server,
      "SELECT current_setting('server_version_num')::int / 10000 AS major, rolpassword FROM pg_authid WHERE rolname = current_user",
    );
    expect(row?.['major']).toBe(18);
    expect(row?.['rolpassword']).toMatch(/^SCRAM-SHA-256\$/u);
  });

  it('refuses a wrong password and a login without one', async () => {
    await expect(query(server, 'SELECT 1', { user: 'postgres', password: 'wrong' })).rejects.toMatchObject({
      code: '28P01',
    });
    const rules = await query(server, 'SELECT DISTINCT auth_method FROM pg_hba_file_rules');
    expect(rules).toEqual([{ auth_method: 'scram-sha-256' }]);
  });

  it('listens on the loopback address and nowhere else', async () => {
    const [row] = await query(
      server,
      "SELECT current_setting('listen_addresses') AS tcp, current_setting('unix_socket_directories') AS unix",
    );
    expect(row).toEqual({ tcp: '127.0.0.1', unix: '' });
  });

  it('does not run as root', async () => {
    const owner = (await stat(path.join(path.dirname(server.logFile), 'data'))).uid;
    expect(owner).not.toBe(0);
  });

  it('logs what it is asked to log', async () => {
    await query(server, "SELECT 'written in the log'");
    expect(await readFile(server.logFile, 'utf8')).toContain('written in the log');
  });

  it('runs beside a second one on its own port', async () => {
    const second = await startPostgres();
    try {
      expect(second.port).not.toBe(server.port);
      expect(await query(second, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    } finally {
      await second.stop();
    }
    expect(await query(server, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

describe('a PostgreSQL with a certificate', () => {
  it('takes passwords inside verified TLS and not outside of it', async () => {
    const directory = await mkdtemp(path.join(os.tmpdir(), 'sallyport-postgres-tls-'));
    const clock = { nowMs: () => Date.now() };
    const { certificatePem, keyPem } = await certificateFromLocalCa({ directory, names: [], clock }).load();
    const server = await startPostgres({ tls: { cert: certificatePem, key: keyPem } });
    try {
      const ca = await readFile(path.join(directory, 'ca.crt'), 'utf8');
      const login = { ...server.superuser, ssl: { ca } };
      expect(await query(server, 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()', login)).toEqual([
        { ssl: true },
      ]);
      await expect(query(server, 'SELECT 1')).rejects.toMatchObject({ code: '28000' });
    } finally {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    }
  });
});

describe('stopping PostgreSQL', () => {
  it('ends the process, removes the folder, and may be asked twice', async () => {
    const server = await startPostgres();
    await Promise.all([server.stop(), server.stop()]);
    expect(isAlive(server.pid)).toBe(false);
    expect(await exists(path.dirname(server.logFile))).toBe(false);
  });

  it('leaves no orphan and no folder when its parent is killed with SIGKILL', async () => {
    const module = fileURLToPath(new URL('server.ts', import.meta.url));
    const script = `
      import { startPostgres } from ${JSON.stringify(module)};
      process.umask(0o077);
      const { pid, logFile } = await startPostgres();
      console.log(JSON.stringify({ pid, logFile }));
      setInterval(() => undefined, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const { pid, logFile } = JSON.parse(line.toString()) as { pid: number; logFile: string };
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    expect(await eventually(() => !isAlive(pid))).toBe(true);
    expect(await eventually(async () => !(await exists(path.dirname(logFile))))).toBe(true);
  });
});

describe('a kept data directory', () => {
  let base: string;
  beforeAll(async () => {
    base = await mkdtemp(path.join(os.tmpdir(), 'sallyport-kept-'));
    await chmod(base, 0o755);
  });
  afterAll(() => rm(base, { recursive: true, force: true }));

  it('survives a killed server, and is refused to a second one meanwhile', async () => {
    const options: PostgresOptions = { dataDir: path.join(base, 'data') };
    const first = await startPostgres(options);
    await query(first, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await expect(startPostgres(options)).rejects.toMatchObject({
      code: 'ERR_QUICKSTART_POSTGRES_START',
      message: expect.stringContaining('postmaster.pid'),
    });
    await query(first, 'CHECKPOINT');
    process.kill(first.pid, 'SIGKILL');
    await first.stop();

    const second = await startPostgres(options);
    try {
      expect(second.superuser).toEqual(first.superuser);
      expect(await query(second, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    } finally {
      await second.stop();
    }
    expect(await exists(path.join(base, 'data'))).toBe(true);
  });
});

describe('a start that cannot succeed', () => {
  it('says that a fixed port is taken', async () => {
    const server = await startPostgres();
    await expect(startPostgres({ port: server.port })).rejects.toMatchObject({
      message: `PostgreSQL did not start: port ${server.port} is taken`,
    });
    await server.stop();
  });

  it('refuses a setting name that could be something else', async () => {
    await expect(startPostgres({ settings: { 'port=1 -c x': 'y' } })).rejects.toMatchObject({
      code: 'ERR_QUICKSTART_POSTGRES_OPTIONS',
    });
  });

  it('gives the last words of a server that refuses its settings', async () => {
    await expect(startPostgres({ settings: { shared_buffers: 'plenty' } })).rejects.toThrow(
      /shared_buffers/u,
    );
  });
});
