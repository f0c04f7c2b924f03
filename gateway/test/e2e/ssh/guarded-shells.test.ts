/** Shells whose prompt is the gateway's: each line judged, then run in one shell on the machine. */
import { existsSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decideApproval } from '../../support/approver.ts';
import { findTool, requireTool, tools } from '../../support/installed-tool.ts';
import { driveShell, type ShellDriver } from '../../support/shell-driver.ts';
import {
  connectSsh2,
  resultOf,
  runOpenSsh,
  type SshLogin,
  type TestClient,
} from '../../support/ssh-clients.ts';
import { type SshGateway, startSshGateway } from '../../support/ssh-gateway.ts';
import { startTestSshd, type TestSshd } from '../../support/sshd.ts';

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: everyone-connects, effect: allow, on: connect, match: { groups: [agents] } }
  - id: harmless
    effect: allow
    on: shell
    match: { groups: [agents], kinds: [RUN, SET], argv: ['echo **', 'cat **', 'cd **', 'pwd', 'true', 'false', 'sleep **', 'seq **', 'head **', 'exit **', 'env', 'printf **', 'set **', 'test **', 'sh **', ':', 'stty **', 'export **', 'wc **'] }
  - { id: names, effect: allow, on: shell, match: { groups: [agents], kinds: [SET], variables: [x, y, i, name] } }
  - { id: functions, effect: allow, on: shell, match: { groups: [agents], kinds: [SET, RUN], opaque: ['function:greet'], argv: ['greet **'] } }
  - { id: function-itself, effect: allow, on: shell, match: { groups: [agents], kinds: [SET], opaque: ['function:greet'] } }
  - id: asked
    effect: allow
    on: shell
    match: { groups: [agents], argv: ['uname **'] }
    approval: { by: [dba], within: 5m }
  - id: bounded
    effect: allow
    on: shell
    match: { groups: [agents], argv: ['yes'] }
    limits: { bytes: 2000 }
  - id: slow
    effect: allow
    on: shell
    match: { groups: [agents], argv: ['tail -f /dev/null'] }
    limits: { timeout: 300ms }
`;

const PROMPT = /deploy@box:[^\r\n$]*\$ $/;

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
    approvals: { waitMs: 0 },
    resource: { shell: 'guarded' },
    account: { home: sshd.home },
  });
}, 60_000);
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await sshd?.[Symbol.asyncDispose]();
});

const login = async (sub = 'agent-1'): Promise<SshLogin> => ({
  host: gateway.host,
  port: gateway.port,
  user: 'deploy+box',
  password: await gateway.issuer.token({ sub }),
});

async function open(client: TestClient): Promise<ShellDriver> {
  const driver = driveShell(await client.terminal(), PROMPT);
  await driver.expect(PROMPT);
  return driver;
}

describe('a guarded shell', () => {
  it('keeps folder, variables and exit status from line to line', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login());
    const shell = await open(client);
    expect(await shell.run('echo hello')).toMatch(/^hello\r\n/);
    expect(await shell.run('x=one; y="two  three"')).not.toContain('DENIED');
    expect(await shell.run('echo "$x $y"')).toMatch(/^one two {2}three\r\n/);
    expect(await shell.run('false')).not.toContain('DENIED');
    expect(await shell.run('echo $?')).toMatch(/^1\r\n/);
    expect(await shell.run(`cd ${sshd.folder}`)).not.toContain('DENIED');
    expect(await shell.run('pwd')).toContain(`${sshd.folder}\r\n`);
    expect(shell.output()).toContain(`deploy@box:${sshd.folder.replace(sshd.home, '~')}$ `);
    expect(await shell.run('cat nonexistent')).toContain('nonexistent: No such file');
  });

  it('P9: shows a denial, and goes on', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login());
    const shell = await open(client);
    expect(await shell.run(`touch ${sshd.folder}/denied`)).toMatch(
      /^POLICY_DENIED \[dec_\w+\] touch [^\n]*\r\n/,
    );
    expect(await shell.run('echo $?')).toMatch(/^126\r\n/);
    expect(readdirSync(sshd.folder)).not.toContain('denied');
  });

  it('waits for the rest of what takes several lines', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login());
    const shell = await open(client);
    for (const line of ['for i in 1 2', 'do', 'echo "n $i"']) {
      shell.send(`${line}\r`);
      await shell.expect(/\r\n> $/);
    }
    expect(await shell.run('done')).toMatch(/^n 1\r\nn 2\r\n/);
    shell.send("cat <<'E'\r");
    await shell.expect(/\r\n> $/);
    shell.send('a $x\r');
    await shell.expect(/\r\n> $/);
    expect(await shell.run('E')).toMatch(/^a \$x\r\n/);
    shell.send('echo "a\r');
    await shell.expect(/\r\n> $/);
    expect(await shell.run('b"')).toMatch(/^a\r\nb\r\n/);
    shell.send('echo "never\r');
    await shell.expect(/\r\n> $/);
    shell.send('\u0003');
    await shell.expect(PROMPT);
    expect(await shell.run('echo $?')).toMatch(/^130\r\n/);
  });

  it('edits lines, and remembers them', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login());
    const shell = await open(client);
    expect(await shell.run('echp\u007fo abd\u001b[D\u001b[3~c')).toContain('abc\r\n');
    expect(await shell.run('junk\u0015echo again')).toContain('again\r\n');
    expect(await shell.run('\u001b[A\u001b[A')).toContain('abc\r\n');
    expect(await shell.run('echo a\u001b]52;c;AAAA\u0007b\u009bc')).not.toMatch(/[\u0007\u009b]|\u001b\]/);
  });

  it('ends a program by Ctrl-C, and stays', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login());
    const shell = await open(client);
    await shell.run('x=kept');
    shell.send('echo begun; sleep 600\r');
    await shell.expect(/\nbegun\r\n/);
    shell.send('\u0003');
    await shell.expect(PROMPT);
    expect(await shell.run('echo "$? $x"')).toMatch(/^130 kept\r\n/);
    // What cannot be interrupted takes the shell with it.
    shell.send('while true; do sleep 0.2; echo turn; done\r');
    await shell.expect(/\nturn\r\n/);
    shell.send('\u0003');
    await shell.expect(/\nturn\r\n/);
    shell.send('\u0003');
    await shell.expect(/has ended[^\n]*\n[^$]*\$ $/);
    expect(await shell.run('echo "[$x]"')).toMatch(/^\[\]\r\n/);
  });

  it('people are asked for a line where it runs, and behind what', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login('agent-asking'));
    const shell = await open(client);
    await shell.run(`cd ${sshd.folder}`);
    await shell.run('x=-s');
    shell.send('uname $x\r');
    const pending = await shell.expect(/APPROVAL_PENDING \[([^\]]+)\][^\n]*\n/);
    expect(pending).toBeDefined();
    await shell.expect(PROMPT);
    const id = /APPROVAL_PENDING \[([^\]]+)\]/.exec(shell.output())?.[1] ?? '';
    await decideApproval(gateway, id, 'approve');
    expect(await shell.run('x=-r')).not.toContain('DENIED');
    // Behind another change it is another line.
    shell.send('uname $x\r');
    await shell.expect(/APPROVAL_PENDING/);
    await shell.expect(PROMPT);
  }, 120_000);

  it('P10: output and time beyond a bound are cut, and the shell stays usable', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login());
    const shell = await open(client);
    await shell.run(`cd ${sshd.folder}`);
    expect(await shell.run('yes')).toContain('LIMIT_EXCEEDED');
    expect(await shell.run('tail -f /dev/null')).toContain('LIMIT_EXCEEDED');
    expect(await shell.run('pwd')).toContain(`${sshd.folder}\r\n`);
  });

  it('ends by exit with its status, and by Ctrl-D with the last one', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login());
    const one = await client.terminal();
    const result = resultOf(one);
    one.write('exit 7\r');
    expect(await result).toMatchObject({ code: 7 });
    const two = await client.terminal();
    const second = resultOf(two);
    two.write('false\r\u0004');
    expect(await second).toMatchObject({ code: 1 });
  });

  it('takes lines from a pipe, without prompt and echo', async (context) => {
    requireTool(context, tools.sshd);
    const ssh = requireTool(context, tools.ssh);
    const input = `x=1\necho "got $x"\ntouch ${sshd.folder}/piped\ncat <<E\nfrom $x\nE\nfalse\n`;
    const { code, stdout, stderr } = await runOpenSsh(ssh, await login(), {
      command: [],
      input,
      options: ['-T'],
    });
    expect([code, stdout]).toEqual([1, 'got 1\nfrom 1\n']);
    expect(stderr).toMatch(/^POLICY_DENIED [^\n]*\n$/);
    expect(existsSync(`${sshd.folder}/piped`)).toBe(false);
  });

  it('serves ssh -tt', async (context) => {
    requireTool(context, tools.sshd);
    const ssh = requireTool(context, tools.ssh);
    const input = 'echo "a  b"\nwhoami\nexit 3\n';
    const { code, stdout } = await runOpenSsh(ssh, await login(), { command: [], input, options: ['-tt'] });
    expect(code).toBe(3);
    expect(stdout).toContain('\r\na  b\r\n');
    expect(stdout).toContain('POLICY_DENIED');
  });

  it('takes the prompt of tools that wait for their own', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login());
    const channel = await client.terminal();
    const shell = driveShell(channel, /\[PEXPECT\]\$ $/);
    shell.send('unset PROMPT_COMMAND\r');
    shell.send("PS1='[PEXPECT]\\$ '\r");
    await shell.expect(/\r\n\[PEXPECT\]\$ $/);
    expect(await shell.run('echo one')).toMatch(/^one\r\n/);
    shell.send('stty -echo\r');
    await shell.expect(/\[PEXPECT\]\$ $/);
    shell.send('echo two\r');
    expect(await shell.expect(/\[PEXPECT\]\$ $/)).toBe('\r\ntwo\r\n');
  });

  it('functions are what they were judged as, and are known by their name', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login());
    const shell = await open(client);
    expect(await shell.run('greet() { echo "hi $1"; }')).not.toContain('DENIED');
    expect(await shell.run('greet you')).toMatch(/^hi you\r\n/);
    expect(await shell.run('echo() { cat /etc/passwd; }')).toContain('a function in the place of echo');
  });

  it('the options of a shell do not show what the gateway tells it', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login());
    const shell = await open(client);
    expect(await shell.run('set -x')).not.toContain('DENIED');
    const traced = await shell.run('echo traced');
    expect(traced).toContain('traced\r\n');
    expect(await shell.run('set +x; set -u')).not.toContain('DENIED');
    expect(await shell.run('echo on')).toMatch(/^on\r\n/);
    await shell.run('set -e');
    expect(await shell.run('false')).toContain('has ended');
    expect(await shell.run('echo on')).toMatch(/^on\r\n/);
  });
});
