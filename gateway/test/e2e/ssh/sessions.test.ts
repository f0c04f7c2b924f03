import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IssuedCredential } from '../../../src/api/contract/credential.ts';
import { runCli } from '../../../src/cli/cli.ts';
import { decideApproval } from '../../support/approver.ts';
import { findTool, requireTool, tools } from '../../support/installed-tool.ts';
import type { TokenClaims } from '../../support/issuer.ts';
import {
  connectSsh2,
  resultOf,
  runOpenSsh,
  type SshLogin,
  type TestChannel,
} from '../../support/ssh-clients.ts';
import { SOME_COMMANDS, type SshGateway, startSshGateway } from '../../support/ssh-gateway.ts';
import { startTestSshd, type TestSshd } from '../../support/sshd.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';
import { askApi } from '../api/api-client.ts';

const POLICY = `${SOME_COMMANDS}
  - { id: asked-for, effect: allow, on: shell, match: { groups: [agents], argv: ['uname **', 'tr **'] }, approval: { by: [dba], within: 15m, wait: 1s } }
  - { id: little, effect: allow, on: shell, match: { groups: [agents], argv: ['yes **'] }, limits: { bytes: 1000 } }
  - { id: short, effect: allow, on: shell, match: { groups: [agents], argv: ['tail **'] }, limits: { timeout: 1s } }
`;

let sshd: TestSshd;
let gateway: SshGateway;

beforeAll(async () => {
  const program = findTool(tools.sshd);
  if (program === undefined) return;
  sshd = await startTestSshd(program);
  gateway = await startSshGateway({
    sshd,
    policy: POLICY,
    recording: {},
    api: { groups: { admins: ['admins'] } },
    identity: { expiryGraceMs: 0 },
  });
}, 60_000);
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await sshd?.[Symbol.asyncDispose]();
});

const login = async (claims: TokenClaims = {}, user = 'deploy+box'): Promise<SshLogin> => ({
  host: gateway.host,
  port: gateway.port,
  user,
  password: await gateway.issuer.token(claims),
});

/** Starts a command that goes on until it is ended, and waits until it runs. */
async function ready(opening: Promise<TestChannel>): Promise<TestChannel> {
  const channel = await opening;
  await new Promise((resolve) => channel.once('data', resolve));
  return channel;
}

async function mint(wish: object = {}): Promise<IssuedCredential> {
  const token = await gateway.issuer.token();
  const body = { resource: 'box', ...wish };
  const answer = await askApi(gateway, '/v1/credentials', { token, body });
  if (answer.status !== 200) throw new Error(answer.text);
  return answer.json as IssuedCredential;
}

describe('who is let in', () => {
  it('P11: whoever has a token, whatever the user name says; nobody else', async (context) => {
    requireTool(context, tools.sshd);
    const right = await login();
    for (const user of ['box', 'deploy+box']) {
      await using client = await connectSsh2({ ...right, user });
      expect((await client.run('echo in')).stdout).toBe('in\n');
    }
    const tokens = [
      '',
      'password',
      `${right.password}x`,
      await gateway.issuer.token({ expiresIn: -60 }),
      await gateway.issuer.token({ audience: 'somebody-else' }),
    ];
    for (const password of tokens) {
      const asked = connectSsh2({ ...right, password });
      await expect(asked).rejects.toThrow('authentication methods failed');
    }
    const failed = gateway.records().filter(({ type }) => type === 'authentication.failed');
    expect(failed.map(({ protocol }) => protocol)).toContain('ssh');
    expect(JSON.stringify(gateway.records())).not.toContain(right.password);
  });

  it('P6: a token in the user name is refused and blotted out', async (context) => {
    requireTool(context, tools.sshd);
    const right = await login();
    await expect(connectSsh2({ ...right, user: right.password })).rejects.toThrow();
    const records = await gateway.recordsUntil((all) =>
      all.some(({ code }) => code === 'ERR_SSH_MISPLACED_TOKEN'),
    );
    expect(JSON.stringify(records)).not.toContain(right.password);
  });

  it('OpenSSH is told why it is refused', async (context) => {
    requireTool(context, tools.sshd);
    const ssh = requireTool(context, tools.ssh);
    const long = { ...(await login()), password: `eyJhbGciOi${'x'.repeat(3_000)}` };
    const options = [
      '-o',
      'LogLevel=INFO',
      '-o',
      'NumberOfPasswordPrompts=1',
      '-o',
      'PreferredAuthentications=keyboard-interactive',
    ];
    const refused = await runOpenSsh(ssh, long, { command: ['true'], options });
    expect(refused).toMatchObject({ code: 255 });
    expect(refused.stderr).toMatch(/at most 1,?023 bytes/);
    expect(refused.stderr).toContain('session credential');
  });

  it('whoever names no resource, or no account of it, is told so after the token', async (context) => {
    requireTool(context, tools.sshd);
    for (const user of ['nothing', 'root+box', 'a+b+box']) {
      if (user === 'a+b+box') {
        await expect(connectSsh2(await login({}, user))).rejects.toThrow();
        continue;
      }
      await using client = await connectSsh2(await login({}, user));
      const told = await client.run('echo x');
      expect(told).toMatchObject({ code: 126, stdout: '', stderr: expect.stringContaining('no resource') });
    }
  });

  it('P1: a session that the policy denies runs nothing, and is told', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login({ groups: ['others'] }));
    const told = await client.run('echo x');
    expect(told).toMatchObject({ code: 126, stdout: '', stderr: expect.stringContaining('POLICY_DENIED') });
  });

  it('a session credential logs in, in either form, and only where it is for', async (context) => {
    requireTool(context, tools.sshd);
    const ssh = requireTool(context, tools.ssh);
    const { id, secret, user } = (await mint()) as IssuedCredential & { user: string };
    const right = await login();
    const ways = [
      { ...right, user, password: secret },
      { ...right, password: `${id}.${secret}` },
    ];
    for (const way of ways) {
      const result = await runOpenSsh(ssh, way, { command: ['echo', 'in'] });
      expect(result).toMatchObject({ code: 0, stdout: 'in\n' });
    }
    for (const way of [
      { ...right, user, password: `${secret.slice(0, -1)}${secret.endsWith('x') ? 'y' : 'x'}` },
      { ...right, password: secret },
      { ...right, user: `nobody+box+${id}`, password: secret },
      { ...right, user: `deploy+other+${id}`, password: secret },
    ]) {
      await expect(connectSsh2(way)).rejects.toThrow();
    }
    expect(JSON.stringify(gateway.records())).not.toContain(secret);
  });
});

describe('the host key', () => {
  it('is made once, is the same after a restart, and nobody else may read it', async (context) => {
    requireTool(context, tools.sshd);
    using folder = createTemporaryFolder('ssh-host-key');
    const dataDir = path.join(folder.path, 'data');
    const shown: string[] = [];
    for (let start = 0; start < 2; start += 1) {
      await using again = await startSshGateway({ sshd, dataDir });
      const { host, port } = again;
      const password = await again.issuer.token();
      await using client = await connectSsh2(
        { host, port, user: 'box', password },
        { hostHash: 'sha256', hostVerifier: (hash: string) => shown.push(hash) > 0 },
      );
      expect((await client.run('true')).code).toBe(0);
    }
    expect(shown).toHaveLength(2);
    expect(shown[0]).toBe(shown[1]);
    const file = path.join(dataDir, 'keys', 'ssh_host_ed25519_key');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toContain('OPENSSH PRIVATE KEY');
  });
});

describe('the end of a session', () => {
  it('P12: a kill ends the command on the machine, tells the client, and closes', async (context) => {
    requireTool(context, tools.sshd);
    const client = await connectSsh2(await login({ sub: 'agent-killed' }));
    const result = resultOf(await ready(client.open('echo ready; sleep 602')));
    const admin = await gateway.issuer.token({ sub: 'admin', groups: ['admins'] });
    const listed = (await askApi(gateway, '/v1/sessions', { token: admin })).json as {
      readonly sessions: readonly { readonly session: string; readonly principal: { subject: string } }[];
    };
    const id = listed.sessions.find(({ principal }) => principal.subject === 'agent-killed')?.session ?? '';
    const killed = await askApi(gateway, `/v1/sessions/${id}/kill`, { token: admin, body: {} });
    expect(killed.status).toBeLessThan(300);
    expect(await result).toMatchObject({ code: 126, stderr: expect.stringContaining('was ended') });
    await client.closed;
    await expect.poll(() => isRunning('sleep 602')).toBe(false);
  });

  it('P12: at the end of the token the command is ended; the connection stays, and is told at its next', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login({ expiresIn: 3 }));
    const result = resultOf(await ready(client.open('echo ready; sleep 603')));
    expect(await result).toMatchObject({ code: 126, stderr: expect.stringContaining('has ended') });
    expect(await client.run('echo x')).toMatchObject({
      code: 126,
      stderr: expect.stringContaining('has ended'),
    });
    await expect.poll(() => isRunning('sleep 603')).toBe(false);
  }, 20_000);

  it('P12: a revoked credential ends its sessions', async (context) => {
    requireTool(context, tools.sshd);
    const { id, secret } = await mint();
    const client = await connectSsh2({ ...(await login()), password: `${id}.${secret}` });
    const result = resultOf(await ready(client.open('echo ready; sleep 604')));
    const token = await gateway.issuer.token();
    await askApi(gateway, `/v1/credentials/${id}`, { method: 'DELETE', token });
    expect((await result).code).toBe(126);
    await client.closed;
  });
});

describe('changes while a session lives', () => {
  it('P8: a new policy decides the next command', async (context) => {
    requireTool(context, tools.sshd);
    await using other = await startSshGateway({ sshd });
    const { host, port } = other;
    await using client = await connectSsh2({ host, port, user: 'box', password: await other.issuer.token() });
    expect((await client.run('id -u')).code).toBe(126);
    await other.setPolicy(SOME_COMMANDS.replace("'id'", "'id **'"));
    expect((await client.run('id -u')).code).toBe(0);
    await other.setPolicy(SOME_COMMANDS.replace("'id', ", ''));
    expect((await client.run('id')).code).toBe(126);
  });

  it('a stop lets what runs finish, takes nothing new, and closes what is idle', async (context) => {
    requireTool(context, tools.sshd);
    await using other = await startSshGateway({ sshd });
    const { host, port } = other;
    const to = { host, port, user: 'box', password: await other.issuer.token() };
    const [busy, idle] = [await connectSsh2(to), await connectSsh2(to)];
    await idle.run('true');
    const channel = await ready(busy.open('echo ready; cat; echo done'));
    const result = resultOf(channel);
    const stopped = other.gateway.stop('test');
    await idle.closed;
    expect((await busy.run('echo new')).stderr).toContain('about to stop');
    channel.end();
    expect(await result).toMatchObject({ code: 0, stdout: 'done\n' });
    await busy.closed;
    await stopped;
  });

  it('P11: two principals on one machine have nothing in common', async (context) => {
    requireTool(context, tools.sshd);
    const subjects = ['agent-one', 'agent-two'];
    const clients = await Promise.all(subjects.map(async (sub) => connectSsh2(await login({ sub }))));
    await Promise.all(clients.map((client, index) => client.run(`echo of-${subjects[index]}`)));
    await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
    const records = gateway.records();
    for (const sub of subjects) {
      const intent = records.find(
        ({ request }) => (request as { readonly text?: string } | undefined)?.text === `echo of-${sub}`,
      );
      const opened = records.find(
        ({ type, session }) => type === 'session.opened' && session === intent?.['session'],
      );
      expect(opened).toMatchObject({ principal: { subject: sub } });
    }
    const [one, two] =
      sshd
        .output()
        .match(/Accepted publickey for \S+ from 127\.0\.0\.1 port \d+/g)
        ?.slice(-2) ?? [];
    expect(one).toBeDefined();
    expect(one).not.toBe(two);
  });
});

describe('obligations', () => {
  it('a command that people are asked for is pending with 75, then runs once, without input', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login({ sub: 'agent-asking' }));
    const pending = await client.run('tr a b', 'aaa');
    expect(pending).toMatchObject({
      code: 75,
      stdout: '',
      stderr: expect.stringContaining('APPROVAL_PENDING'),
    });
    const approval = /APPROVAL_PENDING \[([^\]]+)\]/.exec(pending.stderr)?.[1] ?? '';
    await decideApproval(gateway, approval, 'approve');
    expect(await client.run('tr a c', 'aaa')).toMatchObject({ code: 75 });
    const ran = await client.run('tr a b', 'aaa');
    expect(ran).toMatchObject({ code: 0, stdout: '' });
    expect((await client.run('tr a b')).code).toBe(75);
  }, 30_000);

  it('P10: output beyond a bound is cut, and told', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login());
    const cut = await client.run('yes');
    expect(cut).toMatchObject({ code: 126, stderr: expect.stringContaining('LIMIT_EXCEEDED') });
    expect(cut.stdout.length).toBeLessThanOrEqual(1000);
    await expect.poll(() => isRunning('yes')).toBe(false);
    expect((await client.run('echo on')).stdout).toBe('on\n');
  });

  it('P10: time beyond a bound is cut, and told', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login());
    const cut = await client.run('tail -f /dev/null');
    expect(cut).toMatchObject({ code: 126, stderr: expect.stringContaining('LIMIT_EXCEEDED') });
    await expect.poll(() => isRunning('tail -f /dev/null')).toBe(false);
  });

  it('P10: what is told of a cut stands on a line of its own, behind half a line of error output', async (context) => {
    requireTool(context, tools.sshd);
    using folder = createTemporaryFolder('ssh-half-line');
    chmodSync(folder.path, 0o755);
    const half = path.join(folder.path, 'half');
    writeFileSync(half, 'half a line');
    await using client = await connectSsh2(await login());
    const cut = await client.run(`tail -n 1 -f ${half} >&2`);
    expect(cut.stderr).toMatch(/^half a line\n[^\n]*LIMIT_EXCEEDED[^\n]*\n$/);
  });

  it('the recording has input and output', async (context) => {
    requireTool(context, tools.sshd);
    const client = await connectSsh2(await login({ sub: 'agent-recorded' }));
    await client.run('cat; cat /nonexistent-recorded', 'typed in');
    await client[Symbol.asyncDispose]();
    const opened = gateway
      .records()
      .findLast(
        ({ principal }) => (principal as { subject?: string } | undefined)?.subject === 'agent-recorded',
      );
    const session = String(opened?.['session']);
    await gateway.recordsUntil((all) =>
      all.some((event) => event['type'] === 'recording.closed' && event['session'] === session),
    );
    const token = await gateway.issuer.token({ sub: 'admin', groups: ['admins'] });
    let text = '';
    const options = ['--no-wait', '--api', gateway.api, '--ca', gateway.caFile, '--token', token];
    const code = await runCli(['sessions', 'replay', session, ...options], {
      stdout: { write: (piece) => (text += piece) },
      stderr: { write: (piece) => (text += piece) },
    });
    expect(code).toBe(0);
    expect(text).toContain('typed in');
    expect(text).toContain('NOTICE stderr: cat:');
  });
});

/** Whether a process with this command line is there. */
function isRunning(command: string): boolean {
  return processes().some((line) => line === command);
}

function processes(): readonly string[] {
  const { readdirSync } = process.getBuiltinModule('node:fs');
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
      } catch {
        return '';
      }
    });
}
