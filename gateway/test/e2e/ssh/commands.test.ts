import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findTool, requireTool, tools } from '../../support/installed-tool.ts';
import { connectSsh2, resultOf, runOpenSsh, type SshLogin } from '../../support/ssh-clients.ts';
import { type SshGateway, startSshGateway } from '../../support/ssh-gateway.ts';
import { startTestSshd, type TestSshd } from '../../support/sshd.ts';

const MEGABYTE = 1024 * 1024;

type Bytes = { readonly stdout?: number };

let sshd: TestSshd;
let gateway: SshGateway;

beforeAll(async () => {
  const program = findTool(tools.sshd);
  if (program === undefined) return;
  sshd = await startTestSshd(program);
  gateway = await startSshGateway({ sshd, recording: {}, resource: { aliases: ['box-1.example.com'] } });
}, 60_000);
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await sshd?.[Symbol.asyncDispose]();
});

const login = async (user = 'deploy+box'): Promise<SshLogin> => ({
  host: gateway.host,
  port: gateway.port,
  user,
  password: await gateway.issuer.token(),
});

describe('commands', () => {
  it('run with their input, output and exit status', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login());
    const result = await client.run('echo hello; cat /nonexistent-of-test; false');
    expect(result).toMatchObject({ code: 1, stdout: 'hello\n' });
    expect(result.stderr).toContain('/nonexistent-of-test');
    expect(await client.run('cat', 'piped')).toMatchObject({ code: 0, stdout: 'piped', stderr: '' });
  });

  it('run for OpenSSH, which asks for the token', async (context) => {
    requireTool(context, tools.sshd);
    const ssh = requireTool(context, tools.ssh);
    const command = ['cat;', 'echo', "'a b'"];
    const result = await runOpenSsh(ssh, await login('box'), { command, input: 'in\n' });
    expect(result).toMatchObject({ code: 0, stdout: 'in\na b\n', stderr: '' });
  });

  it('run for OpenSSH by the method password alone', async (context) => {
    requireTool(context, tools.sshd);
    const ssh = requireTool(context, tools.ssh);
    const options = ['-o', 'PreferredAuthentications=password'];
    const result = await runOpenSsh(ssh, await login(), { command: ['echo', 'hello'], options });
    expect(result).toMatchObject({ code: 0, stdout: 'hello\n' });
  });

  it('P11: run on the machine by an alias as well, and are judged and recorded under its name', async (context) => {
    requireTool(context, tools.sshd);
    for (const user of ['deploy+box-1.example.com', 'BOX-1.example.com']) {
      await using client = await connectSsh2(await login(user));
      expect(await client.run('echo by alias')).toMatchObject({ code: 0, stdout: 'by alias\n' });
    }
    expect(gateway.records().findLast(({ type }) => type === 'session.opened')).toMatchObject({
      resource: 'box',
      account: 'deploy',
    });
    await using other = await connectSsh2(await login('box-2.example.com'));
    const told = await other.run('echo no');
    expect(told).toMatchObject({
      code: 126,
      stdout: '',
      stderr: expect.stringContaining('UNKNOWN_RESOURCE'),
    });
  });

  it('P2: what is sent is what was judged, with every word quoted', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login());
    expect(await client.run('echo "a  b" c\\*d')).toMatchObject({ stdout: 'a  b c*d\n' });
    const intent = gateway.records().findLast(({ type }) => type === 'exchange.intent');
    expect(intent).toMatchObject({ request: { account: 'deploy', text: 'echo "a  b" c\\*d' } });
    const { sent } = (intent?.['request'] ?? {}) as { readonly sent?: string };
    expect(sent).toMatch(/^'?echo'? 'a {2}b' 'c\*d'$/);
  });

  it('P9: a denial is one line on stderr with exit status 126, and the session goes on', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login());
    const denied = await client.run(`touch ${sshd.folder}/denied`);
    expect(denied).toMatchObject({ code: 126, stdout: '' });
    expect(denied.stderr).toMatch(
      /^POLICY_DENIED \[dec_\w+\] touch [^\n]*: no rule allows it\. Do not retry this command\. [^\n]*\n$/,
    );
    expect(readdirSync(sshd.folder)).not.toContain('denied');
    expect(await client.run('echo on')).toMatchObject({ code: 0, stdout: 'on\n' });
  });

  it('P4: intent before outcome, with exit status and bytes', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login());
    await client.run('echo on-record; false');
    const records = await gateway.recordsUntil((all) =>
      all.some(({ type, result }) => type === 'exchange.outcome' && (result as Bytes).stdout === 10),
    );
    const intent = records.findLast(
      ({ request }) => (request as { text?: string } | undefined)?.text === 'echo on-record; false',
    );
    const outcome = records.find(
      ({ type, exchange }) => type === 'exchange.outcome' && exchange === intent?.['exchange'],
    );
    expect(outcome).toMatchObject({ status: 'ok', result: { exit: 1, stdout: 10, stderr: 0, stdin: 0 } });
    expect(records.indexOf(outcome ?? {})).toBeGreaterThan(records.indexOf(intent ?? {}));
  });

  it('carry signals both ways', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login());
    const channel = await client.open('echo ready; sleep 600');
    await new Promise((resolve) => channel.once('data', resolve));
    const result = resultOf(channel);
    channel.signal('TERM');
    expect(await result).toMatchObject({ code: undefined, signal: 'SIGTERM' });
  });

  it('P10: large output and large input arrive whole', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login());
    const down = await client.run(`head -c ${30 * MEGABYTE} /dev/zero`);
    expect(down.stdout.length).toBe(30 * MEGABYTE);
    const up = await client.run('wc -c', 'z'.repeat(20 * MEGABYTE));
    expect(up.stdout.trim()).toBe(String(20 * MEGABYTE));
  }, 60_000);

  it('P10: stdout and stderr that both fill the window arrive whole', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login());
    const result = await client.run(
      `head -c ${8 * MEGABYTE} /dev/zero & head -c ${8 * MEGABYTE} /dev/zero >&2; wait`,
    );
    expect([result.stderr.length, result.stdout.length, result.code]).toEqual([
      8 * MEGABYTE,
      8 * MEGABYTE,
      0,
    ]);
  }, 60_000);

  it('P10: a client that does not read holds the command up', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login());
    const before = process.memoryUsage().arrayBuffers;
    const channel = await client.open(`head -c ${400 * MEGABYTE} /dev/zero`);
    channel.pause();
    // Another command on the same connection is served meanwhile, and nothing piles up.
    for (let index = 0; index < 5; index += 1) expect((await client.run('echo on')).code).toBe(0);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * MEGABYTE);
    channel.close();
  }, 60_000);

  it('end when their client goes away', async (context) => {
    requireTool(context, tools.sshd);
    const client = await connectSsh2(await login());
    const channel = await client.open('echo ready; sleep 601');
    await new Promise((resolve) => channel.once('data', resolve));
    client.raw.destroy();
    await gateway.recordsUntil((all) =>
      all.some(
        ({ type, status, result }) =>
          type === 'exchange.outcome' &&
          status === 'cancelled' &&
          (result as { code?: string }).code === 'client-gone',
      ),
    );
  });
});

describe('what is no command', () => {
  it('P3: shells and subsystems are refused with a line that says what to do', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login());
    const shell = await resultOf(await client.shell());
    expect(shell).toMatchObject({ code: 126, stderr: expect.stringContaining('give the command') });
    for (const name of ['SFTP', 'netconf', "x'; echo y"]) {
      const refused = await resultOf(await client.subsystem(name));
      expect(refused).toMatchObject({ code: 126, stderr: expect.stringContaining('no subsystems') });
    }
  });

  it('P3: forwarding is refused, in both directions', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login());
    const out = new Promise((resolve) =>
      client.raw.forwardOut('127.0.0.1', 1, '127.0.0.1', 9, (error: unknown) => resolve(error)),
    );
    expect(String(await out)).toContain('Channel open failure');
    const back = new Promise((resolve) => client.raw.forwardIn('127.0.0.1', 0, resolve));
    expect(String(await back)).toContain('Unable to bind');
  });

  it('P2: variables of the client go nowhere', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login());
    const env = { LD_PRELOAD: '/evil.so', BASH_ENV: '/evil', PATH: '/evil', SMUGGLED: '1' };
    const result = new Promise((resolve, reject) =>
      client.raw.exec('env', { env }, (error, channel) =>
        error === undefined ? resolve(resultOf(channel)) : reject(error),
      ),
    );
    const { stdout } = (await result) as { readonly stdout: string };
    expect(stdout).toContain('HOME=');
    expect(stdout).not.toMatch(/evil|SMUGGLED/);
  });
});
