/** Commands on a terminal, as `ssh -tt` and Ansible ask for one, and variables that clients send. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findTool, requireTool, tools } from '../../support/installed-tool.ts';
import {
  connectSsh2,
  resultOf,
  runOpenSsh,
  type SshLogin,
  type TestChannel,
} from '../../support/ssh-clients.ts';
import { type SshGateway, startSshGateway } from '../../support/ssh-gateway.ts';
import { replayed } from '../../support/ssh-recordings.ts';
import { startTestSshd, type TestSshd } from '../../support/sshd.ts';

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: everyone-connects, effect: allow, on: connect, match: { groups: [agents] } }
  - id: harmless
    effect: allow
    on: shell
    match: { groups: [agents], argv: ['echo **', 'cat **', 'stty **', 'tty', 'env', 'sleep *', 'read **', 'true', 'test **'] }
  - { id: names, effect: allow, on: shell, match: { groups: [agents], kinds: [SET], variables: [x] } }
  - id: asked
    effect: allow
    on: shell
    match: { groups: [agents], argv: ['uname **'] }
    approval: { by: [ops], within: 5m }
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
    approvals: { waitMs: 0 },
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

/** Resolves as soon as the channel has written what matches. */
function shown(channel: TestChannel, pattern: RegExp): Promise<string> {
  let text = '';
  return new Promise((resolve, reject) => {
    channel.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (pattern.test(text)) resolve(text);
    });
    channel.once('close', () => reject(new Error(`closed without ${String(pattern)}: ${text}`)));
  });
}

function closeOf(channel: TestChannel): Promise<void> {
  return new Promise((resolve) => channel.once('close', () => resolve()));
}

describe('commands on a terminal', () => {
  it('have the terminal that the client asked for, with one output', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login());
    const channel = await client.terminal('stty size; tty; env; echo to-err >&2', {
      cols: 101,
      rows: 33,
      term: 'vt220',
      modes: { IUTF8: 1 },
    });
    const { code, stdout, stderr } = await resultOf(channel);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^33 101\r\n\/dev\/pts\/\d+\r\n/);
    expect(stdout).toContain('TERM=vt220\r\n');
    expect(stdout).toMatch(/to-err\r\n$/);
    expect(stderr).toBe('');
  });

  it('P2: what runs is what was judged, whatever the terminal', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login());
    await resultOf(await client.terminal('echo "a  b"'));
    const intent = gateway.records().findLast(({ type }) => type === 'exchange.intent');
    expect(intent).toMatchObject({
      request: { text: 'echo "a  b"', terminal: { term: 'xterm', columns: 80, rows: 24 } },
    });
    expect(intent).toMatchObject({ request: { sent: expect.stringMatching(/^'?echo'? 'a {2}b'$/) } });
  });

  it('run for ssh -tt, which has none itself', async (context) => {
    requireTool(context, tools.sshd);
    const ssh = requireTool(context, tools.ssh);
    const result = await runOpenSsh(ssh, await login(), { command: ['tty'], options: ['-tt'] });
    expect(result).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\/dev\/pts\/\d+\r\n$/) });
  });

  it('P9: are denied with a line that a terminal shows well', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login());
    const { code, stderr } = await resultOf(await client.terminal('whoami'));
    expect(code).toBe(126);
    expect(stderr).toMatch(/^POLICY_DENIED [^\n]*\r\n$/);
  });

  it('are told of another size, and of a flood of sizes the last one (P10)', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login('agent-sized'));
    const channel = await client.terminal('while true; do stty size; sleep 0.1; done');
    const closed = closeOf(channel);
    await shown(channel, /24 80/);
    for (let rows = 1; rows <= 5000; rows += 1) channel.setWindow(rows > 4096 ? 50 : rows, 77, 0, 0);
    await shown(channel, /50 77/);
    channel.write('\u0003');
    await closed;
    const resizes = (await replayed(gateway, client, 'agent-sized')).filter(
      (entry) => entry.type === 'note' && (entry.head as { name?: string }).name === 'resize',
    );
    expect(resizes.length).toBeGreaterThan(0);
    expect(resizes.length).toBeLessThan(500);
    expect(resizes.at(-1)).toMatchObject({ head: { details: { columns: 77, rows: 50 } } });
  }, 60_000);

  it('a key for an interrupt ends what runs there', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login());
    const channel = await client.terminal('echo ready; sleep 600');
    await shown(channel, /ready/);
    const result = resultOf(channel);
    channel.write('\u0003');
    const { code, signal } = await result;
    expect(code === 130 || signal === 'SIGINT').toBe(true);
  });

  it('P5: what is typed while nothing is shown is not on record; what is shown is', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login('agent-typing'));
    const channel = await client.terminal(
      'echo one; read x; stty -echo; echo two; read x; stty echo; echo three',
    );
    const closed = closeOf(channel);
    await shown(channel, /one/);
    channel.write('visible words\r');
    await shown(channel, /two/);
    channel.write('hunter2-secret\r');
    await shown(channel, /three/);
    await closed;
    const entries = await replayed(gateway, client, 'agent-typing');
    const input = entries.flatMap((entry) =>
      entry.type === 'data' && entry.kind === 'request' ? [entry.bytes.toString()] : [],
    );
    expect(input.join('')).toBe('visible words\r');
    expect(
      JSON.stringify(entries.map((entry) => ('bytes' in entry ? entry.bytes.toString() : entry))),
    ).not.toContain('hunter2');
    expect(entries).toContainEqual(
      expect.objectContaining({ type: 'note', head: { name: 'input-left-out', details: { lines: 1 } } }),
    );
  });

  it('that people approved have none, because nobody approved what is typed there', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login());
    const { code, stderr } = await resultOf(await client.terminal('uname -s'));
    expect(code).toBe(75);
    expect(stderr).toContain('APPROVAL_PENDING');
  });
});

describe('variables of the client', () => {
  it('P2: languages and the kind of terminal reach the machine, nothing else does, and that is on record', async (context) => {
    requireTool(context, tools.sshd);
    await using client = await connectSsh2(await login());
    const harmless = { LANG: 'C.UTF-8', LC_TIME: 'de_DE.UTF-8', TERM: 'dumb' };
    const refused = {
      LD_PRELOAD: '/evil.so',
      BASH_ENV: '/evil',
      PATH: '/evil',
      LC_EVIL: 'x',
      LC_ALL: '/evil',
      LC_CTYPE: 'ja_JP.SJIS',
      'A B': 'evil',
    };
    const channel = await new Promise<TestChannel>((resolve, reject) => {
      client.raw.exec('env', { env: { ...harmless, ...refused } }, (error, made) =>
        error === undefined ? resolve(made) : reject(error),
      );
    });
    const { stdout } = await resultOf(channel);
    const lines = new Set(stdout.split('\n'));
    for (const [name, value] of Object.entries(harmless)) expect(lines).toContain(`${name}=${value}`);
    expect(stdout).not.toMatch(/evil|LC_EVIL|SJIS/i);
    const intent = gateway.records().findLast(({ type }) => type === 'exchange.intent');
    expect(intent).toMatchObject({
      request: {
        environment: harmless,
        refusedEnvironment: expect.arrayContaining(['LD_PRELOAD', 'PATH', 'A?B']),
      },
    });
    expect(JSON.stringify(intent)).not.toContain('/evil');
  });
});
