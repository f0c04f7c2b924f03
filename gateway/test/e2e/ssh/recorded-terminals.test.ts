/** A whole terminal on the machine: only by a rule that names it, and recorded as it was seen. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../../src/cli/cli.ts';
import { findTool, requireTool, tools } from '../../support/installed-tool.ts';
import { driveShell } from '../../support/shell-driver.ts';
import { connectSsh2, resultOf, type SshLogin } from '../../support/ssh-clients.ts';
import { type SshGateway, startSshGateway } from '../../support/ssh-gateway.ts';
import { replayed, sessionOf } from '../../support/ssh-recordings.ts';
import { startTestSshd, type TestSshd } from '../../support/sshd.ts';

const rules = (terminal: string): string => `apiVersion: sallyport.dev/v1
rules:
  - { id: everyone-connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: terminal, effect: allow, on: shell, match: { groups: [agents]${terminal} } }
`;
const NAMED = rules(', terminals: [recorded]');

let sshd: TestSshd;
let gateway: SshGateway;

beforeAll(async () => {
  const program = findTool(tools.sshd);
  if (program === undefined) return;
  sshd = await startTestSshd(program);
  gateway = await startSshGateway({ sshd, policy: NAMED, recording: {}, resource: { shell: 'recorded' } });
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

async function cli(...args: readonly string[]): Promise<string> {
  let text = '';
  const write = (piece: string): number => (text += piece).length;
  const code = await runCli([...args, '--data-dir', gateway.dataDir], {
    stdout: { write },
    stderr: { write },
  });
  expect([code, text]).toEqual([0, expect.any(String)]);
  return text;
}

describe('a recorded terminal', () => {
  it('is a terminal on the machine, and on record as it was seen', async (context) => {
    requireTool(context, tools.sshd);
    const client = await connectSsh2(await login('agent-seen'));
    const shell = driveShell(await client.terminal(undefined, { cols: 100, rows: 30 }), /\$ $/);
    await shell.expect(/\$ $/);
    shell.send('stty size; tty\r');
    await shell.expect(/30 100\r\n\/dev\/pts\/\d+\r\n/);
    shell.send('exit 4\r');
    await shell.closed;
    const entries = await replayed(gateway, client, 'agent-seen');
    const begin = entries.find(({ type }) => type === 'begin');
    expect(begin).toMatchObject({
      head: {
        effect: 'permit',
        rules: ['terminal'],
        request: { shell: 'recorded', terminal: { columns: 100, rows: 30 } },
      },
    });
    const output = entries.flatMap((one) =>
      one.type === 'data' && one.kind === 'response' ? [one.bytes] : [],
    );
    expect(Buffer.concat(output).toString()).toContain('30 100\r\n');
    expect(entries.find(({ type }) => type === 'end')).toMatchObject({ head: { result: { exit: 4 } } });
  });

  it('is played in a terminal, and exported as asciicast, without what would act on that one', async (context) => {
    requireTool(context, tools.sshd);
    const client = await connectSsh2(await login('agent-played'));
    const shell = driveShell(await client.terminal(), /\$ $/);
    await shell.expect(/\$ $/);
    shell.send("printf '\\033]52;c;ZXZpbA==\\007\\033[31mred\\033[0m\\033[6n\\n'\r");
    await shell.expect(/red/);
    shell.send('exit\r');
    await shell.closed;
    await replayed(gateway, client, 'agent-played');
    const session = sessionOf(gateway, 'agent-played');
    const played = await cli('sessions', 'replay', session, '--terminal', '--speed', '1000', '--seek', '1s');
    expect(played).toContain('\u001b[31mred\u001b[0m');
    expect(played).not.toMatch(/\u001b\]|\u001b\[6n|\u0007/);
    const lines = (await cli('sessions', 'export', session, '--format', 'asciicast-v3'))
      .trimEnd()
      .split('\n');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ version: 3, term: { cols: 80, rows: 24 } });
    expect(lines.join('\n')).toContain('\\u001b[31mred');
    expect(lines.join('\n')).not.toMatch(/\\u001b\]|\\u001b\[6n|\\u0007/);
    expect(await cli('sessions', 'export', session, '--format', 'asciicast-v2', '--raw-escapes')).toContain(
      '\\u001b]52;c;',
    );
  });

  it('P1: is denied by a rule that does not name it, and without a rule', async (context) => {
    requireTool(context, tools.sshd);
    for (const text of [
      rules(''),
      rules(', kinds: [TERMINAL]'),
      rules(", commands: ['*']"),
      rules(", opaque: ['*']"),
    ]) {
      await gateway.setPolicy(text);
      await using client = await connectSsh2(await login());
      expect(await resultOf(await client.terminal())).toMatchObject({
        code: 126,
        stdout: '',
        stderr: expect.stringContaining('POLICY_DENIED'),
      });
    }
    await gateway.setPolicy(NAMED);
    await using client = await connectSsh2(await login());
    // Nor does its own rule allow a command.
    expect((await client.run('id')).code).toBe(126);
  });

  it('is not there unless the resource says so', async (context) => {
    requireTool(context, tools.sshd);
    await using other = await startSshGateway({ sshd, policy: NAMED });
    const { host, port, issuer } = other;
    await using client = await connectSsh2({ host, port, user: 'box', password: await issuer.token() });
    expect(await resultOf(await client.terminal())).toMatchObject({
      code: 126,
      stderr: expect.stringContaining('no interactive shells'),
    });
  });
});
