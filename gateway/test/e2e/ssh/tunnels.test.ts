/** Tunnels of `ssh`: to what the gateway knows, by the listener of its own protocol; and nowhere else. */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { findTool, requireTool, tools } from '../../support/installed-tool.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { type RunningProcess, startProcess } from '../../support/processes.ts';
import { runPsql } from '../../support/psql.ts';
import { connectSsh2, runOpenSsh, type SshLogin } from '../../support/ssh-clients.ts';
import { SOME_COMMANDS, type SshGateway, startSshGateway } from '../../support/ssh-gateway.ts';
import { startTestSshd, type TestSshd } from '../../support/sshd.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';
import { askApi } from '../api/api-client.ts';

const POLICY = `${SOME_COMMANDS}
  - { id: reads, effect: allow, on: sql, match: { groups: [agents], kinds: [SELECT] } }
  - { id: box-only, effect: allow, on: connect, match: { groups: [boxers], resources: [box] } }
`;

let sshd: TestSshd;
let postgres: TestPostgres;
let gateway: SshGateway;
let folder: TemporaryFolder;

beforeAll(async () => {
  const program = findTool(tools.sshd);
  if (program === undefined) return;
  folder = createTemporaryFolder('tunnels');
  sshd = await startTestSshd(program);
  postgres = await startTestPostgres({ settings: { fsync: 'off' } });
  const login = await postgres.createRole('app');
  writeFileSync(path.join(folder.path, 'secret'), login.password, { mode: 0o600 });
  gateway = await startSshGateway({
    sshd,
    policy: POLICY,
    api: { groups: { admins: ['admins'] } },
    more: {
      listeners: [{ protocol: 'postgres', listen: '127.0.0.1:0' }],
      resources: [
        {
          name: 'shop',
          protocol: 'postgres',
          host: postgres.server.host,
          port: postgres.server.port,
          database: 'postgres',
          tls: { mode: 'verify-full', ca: postgres.certificate.caFile },
          accounts: [{ name: 'app', credential: { file: path.join(folder.path, 'secret') } }],
        },
      ],
    },
  });
}, 120_000);
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await postgres?.[Symbol.asyncDispose]();
  await sshd?.[Symbol.asyncDispose]();
  folder?.[Symbol.dispose]();
});

const login = async (groups: readonly string[] = ['agents']): Promise<SshLogin> => ({
  host: gateway.host,
  port: gateway.port,
  user: 'deploy+box',
  password: await gateway.issuer.token({ groups }),
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** `ssh -N -L`, once it listens. */
async function startTunnel(
  context: TestContext,
  to: string,
  groups?: readonly string[],
): Promise<RunningProcess & { local: number }> {
  const local = await freePort();
  const { host, port, user, password } = await login(groups);
  const askpass = path.join(folder.path, 'askpass');
  writeFileSync(askpass, '#!/bin/sh\nprintf "%s\\n" "$PASSWORD_OF_TEST"\n', { mode: 0o700 });
  const settings = [
    'StrictHostKeyChecking=no',
    `UserKnownHostsFile=${folder.path}/known`,
    'ExitOnForwardFailure=yes',
  ];
  const running = startProcess(
    requireTool(context, tools.ssh),
    [
      ...['-v', '-F', 'none', '-N', '-L', `127.0.0.1:${local}:${to}`],
      ...settings.flatMap((one) => ['-o', one]),
      ...['-p', String(port), '-l', user, host],
    ],
    {
      env: {
        DISPLAY: ':0',
        SSH_ASKPASS: askpass,
        SSH_ASKPASS_REQUIRE: 'force',
        PASSWORD_OF_TEST: password,
        HOME: folder.path,
      },
    },
  );
  await running.waitForOutput(/Entering interactive session/, 20_000);
  return Object.assign(running, { local });
}

const databaseUrl = async (local: number, subject: string): Promise<string> => {
  const url = new URL(`postgres://127.0.0.1:${local}/shop`);
  url.username = 'app';
  url.password = await gateway.issuer.token({ sub: subject });
  url.searchParams.set('sslmode', 'verify-full');
  url.searchParams.set('sslrootcert', gateway.caFile);
  return url.href;
};

describe('a tunnel', () => {
  it('to a database is served by the gateway itself: its certificate, its login, its policy', async (context) => {
    requireTool(context, tools.sshd);
    for (const to of ['shop', postgres.server.host]) {
      await using tunnel = await startTunnel(context, `${to}:${postgres.server.port}`);
      const url = await databaseUrl(tunnel.local, `through-${to}`);
      const read = await runPsql(context, { url, script: "SELECT 'in';" });
      expect(read, read.stderr + tunnel.output()).toMatchObject({ code: 0, stdout: 'in\n' });
      const written = await runPsql(context, { url, script: 'CREATE TABLE of_nobody (id int);' });
      expect(written.stderr).toContain('POLICY_DENIED');
      // The login of the upstream account is worth nothing here.
      const direct = url.replace(/:[^:@]*@/, ':app-secret@');
      expect((await runPsql(context, { url: direct, script: 'SELECT 1;' })).code).not.toBe(0);
    }
    const records = await gateway.recordsUntil((all) =>
      all.some(
        ({ type, protocol, principal }) =>
          type === 'session.opened' &&
          protocol === 'postgres' &&
          JSON.stringify(principal).includes('through-shop'),
      ),
    );
    expect(
      records.filter(({ summary }) => summary === 'tunnel to shop').map(({ effect }) => effect),
    ).toContain('permit');
  });

  it('P1: is not opened for who may not connect there, who is told why', async (context) => {
    requireTool(context, tools.sshd);
    await using tunnel = await startTunnel(context, `shop:${postgres.server.port}`, ['boxers']);
    const url = await databaseUrl(tunnel.local, 'agent-1');
    expect((await runPsql(context, { url, script: 'SELECT 1;' })).code).not.toBe(0);
    await expect
      .poll(() => tunnel.output(), { timeout: 10_000 })
      .toMatch(/open failed: administratively prohibited: sallyport: POLICY_DENIED/);
    await gateway.recordsUntil((all) =>
      all.some(({ summary, effect }) => summary === 'tunnel to shop' && effect === 'deny'),
    );
  });

  it('P12: ends with its session', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login());
    const opened = Promise.withResolvers<NodeJS.EventEmitter>();
    client.raw.forwardOut(
      '127.0.0.1',
      1,
      'shop',
      postgres.server.port,
      (error: Error | undefined, channel: NodeJS.EventEmitter) =>
        error === undefined ? opened.resolve(channel) : opened.reject(error),
    );
    const channel = (await opened.promise) as NodeJS.EventEmitter & { resume(): void };
    const closed = new Promise((resolve) => channel.once('close', resolve));
    channel.resume();
    const session = gateway
      .records()
      .findLast(({ type, protocol }) => type === 'session.opened' && protocol === 'ssh')?.['session'];
    const token = await gateway.issuer.token({ groups: ['admins'] });
    const killed = await askApi(gateway, `/v1/sessions/${String(session)}/kill`, { token, body: {} });
    expect(killed.status).toBe(200);
    await closed;
    await gateway.recordsUntil((all) =>
      all.some(
        ({ type, result }) => type === 'exchange.outcome' && JSON.stringify(result).includes('"received"'),
      ),
    );
  });

  it('to a machine is another login at the gateway: ssh -J', async (context) => {
    requireTool(context, tools.sshd);
    const ssh = requireTool(context, tools.ssh);
    const right = await login();
    // What `-J` makes of itself, with the options that a test needs at both.
    const jump = `${ssh} -F none -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -p ${right.port} -W %h:%p deploy+box@${right.host}`;
    const told = await runOpenSsh(
      ssh,
      { ...right, host: 'box', port: sshd.port },
      {
        command: ['echo', 'inside'],
        options: ['-o', `ProxyCommand=${jump}`],
      },
    );
    expect(told, told.stderr).toMatchObject({ code: 0, stdout: 'inside\n' });
  });
});
