/**
 * Ways round a guarded shell: to run what was not judged, to change what later lines mean, to read or write what the gateway tells the
 * shell. The policy allows whatever a policy can of builtins and variables: what is refused is refused by the shell being one that stays.
 */
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findTool, requireTool, tools } from '../../support/installed-tool.ts';
import { driveShell, type ShellDriver } from '../../support/shell-driver.ts';
import { EVASIONS } from '../../support/shell-evasions.ts';
import {
  connectSsh2,
  resultOf,
  type SshLogin,
  type SshResult,
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
    match: { groups: [agents], kinds: [RUN], argv: ['echo **', 'cat **', 'true **', 'false', ':', 'sleep **', 'seq **', 'head **', 'wc **', 'id', 'env **', 'printf **', 'wait **', 'cd **', 'pwd **', 'exit **', 'test **', 'read **', 'command **', 'return **', 'shift **', 'ulimit **', 'umask **', 'hash **'] }
  - id: builtins
    effect: allow
    on: shell
    match: { groups: [agents], kinds: [RUN, SET], argv: ['alias **', 'unalias **', 'trap **', 'exec **', 'eval **', 'source **', '. **', 'builtin **', 'enable **', 'set **', 'shopt **', 'export **', 'readonly **', 'unset **', 'read **', 'declare **', 'local **', 'fc **', 'history **', 'mapfile **', 'bind **', 'command **', 'vi **', 'less **', 'top **'], opaque: ['builtin:*', 'variable:*', 'escape:*', 'options:*'] }
  - { id: variables, effect: allow, on: shell, match: { groups: [agents], kinds: [SET], variables: ['*'], opaque: ['variable:*'] } }
  - { id: plain-variables, effect: allow, on: shell, match: { groups: [agents], kinds: [SET], variables: ['*'] } }
  - { id: functions, effect: allow, on: shell, match: { groups: [agents], kinds: [SET], opaque: ['function:*'] } }
  - { id: reads, effect: allow, on: shell, match: { groups: [agents], kinds: [READ], reads: ['/**'] } }
`;

let sshd: TestSshd;
let gateway: SshGateway;
let client: TestClient;
/** Holds programs that leave a canary when they run. */
let evil: string;

const login = async (): Promise<SshLogin> => ({
  host: gateway.host,
  port: gateway.port,
  user: 'box',
  password: await gateway.issuer.token(),
});

beforeAll(async () => {
  const program = findTool(tools.sshd);
  if (program === undefined) return;
  sshd = await startTestSshd(program);
  evil = path.join(path.dirname(sshd.folder), 'evil');
  mkdirSync(evil);
  for (const name of ['echo', 'cat', 'seq', 'head', 'rc']) {
    writeFileSync(path.join(evil, name), `#!/bin/sh\n: > ${sshd.folder}/f\n`);
    chmodSync(path.join(evil, name), 0o755);
  }
  writeFileSync(path.join(evil, 'path'), `${evil}\n`);
  gateway = await startSshGateway({
    sshd,
    policy: POLICY,
    resource: { shell: 'guarded' },
    account: { home: sshd.home },
    listener: { maxChannels: 20 },
  });
  client = await connectSsh2(await login());
}, 60_000);
afterEach(() => {
  if (sshd !== undefined) rmSync(path.join(sshd.folder, 'f'), { force: true });
});
afterAll(async () => {
  await client?.[Symbol.asyncDispose]();
  await gateway?.[Symbol.asyncDispose]();
  await sshd?.[Symbol.asyncDispose]();
});

/** Lines by a pipe, to the end. */
async function pipe(text: string | Buffer): Promise<SshResult> {
  const channel = await client.shell();
  const result = resultOf(channel);
  channel.end(text);
  return await result;
}

const PROMPT = /deploy@box:[^\r\n$]*\$ $/;

async function open(): Promise<ShellDriver> {
  const driver = driveShell(await client.terminal(), PROMPT);
  await driver.expect(PROMPT);
  return driver;
}

/** Lines one after the other in one shell, of which none may leave a file in `%`, whose programs in `@` would. */
const ATTACKS: readonly (readonly string[])[] = [
  ['alias echo=touch', 'echo %/f'],
  ['alias cat="touch %/f; cat"', 'cat /dev/null'],
  ['alias cd="touch %/f;"', 'cd /'],
  ['command alias seq=touch', 'seq %/f'],
  ['trap "touch %/f" DEBUG', 'true'],
  ['trap "touch %/f" EXIT', 'exit'],
  ["trap 'touch %/f' 0 1 2 15", 'exit 1'],
  ['command trap "touch %/f" EXIT', 'exit'],
  ['PROMPT_COMMAND="touch %/f"', 'true'],
  ["PS1='$(touch %/f)'", 'true'],
  ["PS1='`touch %/f`\\$ '", 'true'],
  ["PS4='$(touch %/f)'", 'set -x', 'true'],
  ['exec sh', 'touch %/f'],
  ['exec bash -i', 'touch %/f'],
  ["exec sh -c 'touch %/f'"],
  ['exec < @/rc', 'true'],
  ['exec 0< @/rc', 'true'],
  ['exec cat', 'touch %/f'],
  ["eval 'touch %/f'"],
  ["eval 'alias echo=touch'", 'echo %/f'],
  ['. @/rc'],
  ['source @/rc'],
  ['. /dev/stdin', 'touch %/f'],
  ['command . @/rc'],
  ['builtin source @/rc'],
  ['cat', 'touch %/f'],
  ['cat -', 'touch %/f'],
  ['read x', 'touch %/f'],
  ['read x; read y; echo "$x"', 'touch %/f'],
  ['head -c 4000', 'touch %/f'],
  ['head -n 1 /dev/stdin', 'touch %/f'],
  ['while read x; do echo "$x"; done', 'touch %/f'],
  ['sh', 'touch %/f'],
  ['sh -s', 'touch %/f'],
  ['cat | sh', 'touch %/f'],
  ['cat /proc/self/fd/0', 'touch %/f'],
  ['cat /proc/$$/fd/0', 'touch %/f'],
  ['cat <&3', 'cat <&9', 'touch %/f'],
  ['echo "touch %/f" > /proc/$$/fd/0', 'true'],
  ['echo "touch %/f" > /proc/self/fd/0', 'true'],
  ["sh -c 'echo touch %/f > /proc/$PPID/fd/0'", 'true'],
  ['echo "touch %/f" > /dev/stdin', 'true'],
  ['sleep 0.2 & touch %/f'],
  ['{ sleep 0.1; touch %/f; } &'],
  ['sleep 1 &', 'fg', 'touch %/f'],
  ['jobs -x touch %/f'],
  ['PATH=@:$PATH', 'seq 1', 'head -c 1 /dev/null'],
  ['PATH=@ :', 'seq 1'],
  ['PATH=@ export A=1', 'seq 1'],
  ['export PATH=@', 'seq 1'],
  ['readonly PATH=@', 'seq 1'],
  ['command export PATH=@', 'seq 1'],
  ['for PATH in @; do true; done', 'seq 1'],
  ['read PATH < @/path', 'seq 1'],
  ['unset PATH', 'cd @', 'seq 1'],
  ['hash -p @/seq seq', 'seq 1'],
  ['export ENV=@/rc', 'sh -c true'],
  ['BASH_ENV=@/rc', 'bash -c true'],
  ['export LD_PRELOAD=@/x.so', 'cat /dev/null'],
  ['IFS=,', 'x=touch,%/f', '$x'],
  ['CDPATH=@', 'cd rc'],
  ['HOME=@', 'cat ~/rc', 'cd', './rc'],
  ['set -- touch %/f', '"$@"'],
  ['x="touch %/f"', '$x'],
  ['x=touch', '"$x" %/f'],
  ['cd @', './rc'],
  ['cd @', 'rc'],
  ['cd %', 'echo > f'],
  ['cd %', 'true > ./f'],
  ['cd /; cd %', 'cat /dev/null > f'],
  ['echo() { touch %/f; }', 'echo'],
  ['seq() { "$@"; }', 'seq touch %/f'],
  ['printf() { true; }', 'true'],
  ['pwd() { printf /srv; }', 'pwd'],
  ['exit() { true; }', 'exit'],
  ['cat() { sh -s; }', 'cat', 'touch %/f'],
  ['} </dev/null', 'touch %/f', '{ true'],
  ['echo a }; touch %/f; { true'],
  ['echo a; }', 'touch %/f'],
  ["cat <<'E'", 'E', 'touch %/f'],
  ['cat <<E', '$(touch %/f)', 'E'],
  ["cat <<'E'", '}', '} </dev/null', 'touch %/f', 'E', 'touch %/f'],
  ['true; \\', 'touch %/f'],
  ['true &&', 'touch %/f'],
  ["echo 'a", "'; touch %/f", "echo 'b'"],
  ['if true', 'then touch %/f', 'fi'],
  ['for i in 1', 'do touch %/f', 'done'],
  ['case x in', 'x) touch %/f;;', 'esac'],
  ['echo \\', '$(touch %/f)'],
  ['set -n', 'touch %/f'],
  ['set -o vi', 'touch %/f'],
  ['set -v', 'touch %/f'],
  ['enable -n echo', 'echo'],
  ['fc -e touch %/f'],
  ['vi -c "w %/f"'],
  ['less -o %/f /etc/passwd'],
  ['coproc touch %/f'],
  ['select x in a; do touch %/f; break; done'],
  ['umask 777; touch %/f'],
  ['return 0', 'touch %/f'],
  ['exit 0; touch %/f'],
  ['readonly x=1; x=2', 'touch %/f'],
  ['printf "\\036"', 'touch %/f'],
  ['printf "\\0360123456789abcdef0123456789abcdef0:/\\nx"', 'touch %/f'],
  ['\u001b[200~touch %/f\u001b[201~'],
  ['echo a\u0003touch %/f'],
  ['echo a\rtouch %/f'],
  ['echo a\u0016\u000atouch %/f'],
  ['echo a\u0000', 'touch %/f'],
  ['echo a\u2028touch %/f'],
];

function filled(text: string): string {
  return text.replaceAll('%', sshd.folder).replaceAll('@', evil);
}

function canaries(): readonly string[] {
  return readdirSync(sshd.folder);
}

describe('P1 and P2: in a guarded shell', () => {
  it('nothing runs that was not judged, whatever the lines before', async (context) => {
    requireTool(context, tools.sshd);
    expect(ATTACKS.length).toBeGreaterThan(100);
    const ran: string[] = [];
    for (const attack of ATTACKS) {
      const { stdout } = await pipe(filled(`${attack.join('\n')}\n`));
      if (canaries().length > 0) ran.push(JSON.stringify(attack));
      if (stdout.includes('\u001e')) expect(attack.join()).toContain('036');
      rmSync(path.join(sshd.folder, 'f'), { force: true });
    }
    expect(ran).toEqual([]);
    // Nothing of this would fail behind a gateway that runs nothing at all.
    expect(await pipe('echo still\n')).toMatchObject({ code: 0, stdout: 'still\n' });
  }, 300_000);

  it('nor does anything of what was tried with commands', async (context) => {
    requireTool(context, tools.sshd);
    const ran: string[] = [];
    for (const evasion of EVASIONS) {
      const { stdout } = await pipe(`${evasion.replaceAll('%', sshd.folder)}\necho next\n`);
      if (canaries().length > 0) ran.push(evasion);
      // A line that is not whole takes the next one with it; any other is refused, and the next one runs.
      expect(stdout.replace('next\n', '').replace(/^a?\n?$/, '')).not.toContain('touch');
      for (const name of canaries()) rmSync(path.join(sshd.folder, name), { recursive: true, force: true });
    }
    expect(ran).toEqual([]);
  }, 300_000);

  it('what is typed with keys is what the line shows, and no key runs anything', async (context) => {
    requireTool(context, tools.sshd);
    const shell = await open();
    const target = `${sshd.folder}/f`;
    const typed = [
      `\u001b[200~touch ${target}\r\u001b[201~`,
      `echo a\u001b[201~; touch ${target}\r`,
      `echo x\u0008\u0008\u0008\u0008\u0008\u0008touch ${target}\r`,
      `${target}\u0001touch \r`,
      `echo a\u0000;touch ${target}\r`,
      `echo a\u000btouch ${target}\u0001\u000b\r`,
      `\u001b]0;touch ${target}\u0007\r`,
      `\u001bP+q544e\u001b\\touch ${target}\r`,
      `\u009btouch ${target}\r`,
      `echo a\u0016\rtouch ${target}\r`,
      `echo a\u001a\rtouch ${target}\r`,
      `echo a\u001c\rtouch ${target}\r`,
      `!!\r`,
      `^a^touch ${target}\r`,
      `\u0012touch\r`,
    ];
    for (const text of typed) {
      shell.send(text);
      shell.send('\u0015echo in-step\r');
      await shell.expect(/\nin-step\r\n[^\n]*\$ $/);
    }
    expect(canaries()).toEqual([]);
    // Nothing of the client's comes back as a sequence: those of the editor move and erase, and no more.
    const sequences = shell.output().match(/\u001b[^A-Za-z]*[A-Za-z]?/g) ?? [];
    expect(sequences.filter((one) => !/^\u001b\[[0-9]*[ACJHm]$/.test(one))).toEqual([]);
  }, 120_000);

  it('P3: bytes that are no UTF-8 are refused, and not what they may stand for', async (context) => {
    requireTool(context, tools.sshd);
    for (const bytes of [
      [0xff],
      [0xc0, 0xaf],
      [0xed, 0xa0, 0x80],
      [0xef, 0xbf, 0xbd],
      [0xef, 0xbb, 0xbf],
      [0xe2, 0x82],
    ]) {
      const text = Buffer.concat([
        Buffer.from('echo '),
        Buffer.from(bytes),
        Buffer.from(`; touch ${sshd.folder}/f\n`),
      ]);
      expect(await pipe(text)).toMatchObject({ code: 126, stdout: '' });
    }
    expect(canaries()).toEqual([]);
  });

  it('P10: lines of a megabyte, and many that are never whole, are refused; the shell goes on', async (context) => {
    requireTool(context, tools.sshd);
    const target = `${sshd.folder}/f`;
    const long = `echo ${'a'.repeat(1024 * 1024)}; touch ${target}\necho on\n`;
    const one = await pipe(long);
    expect(one.stdout).toBe('on\n');
    expect(one.stderr).toContain('a command has at most');
    // What follows a command that was cut in the middle may be a part of it.
    const many = await pipe(`echo "\n${`echo ${'x'.repeat(1200)}\n`.repeat(200)}"\necho on\n`);
    expect(many).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('a command has at most'),
    });
    // A document of many lines is read once.
    const lines = `touch ${target}\n`.repeat(2000);
    const document = await pipe(`cat <<'E'\n${lines}E\necho on\n`);
    expect([document.stderr, document.stdout.length]).toEqual(['', lines.length + 3]);
    expect(canaries()).toEqual([]);
    const shell = await open();
    shell.send(long.replaceAll('\n', '\r'));
    await shell.expect(/\non\r\n/);
    expect(canaries()).toEqual([]);
  }, 120_000);

  it('P10: output without a line end arrives whole, and costs no memory', async (context) => {
    requireTool(context, tools.sshd);
    const before = process.memoryUsage().arrayBuffers;
    const { stdout } = await pipe('head -c 30000000 /dev/zero\necho on\n');
    expect(stdout.length).toBe(30_000_003);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(256 * 1024 * 1024);
  }, 120_000);

  it('P10: many shells side by side, and floods of sizes and keys, are served or refused', async (context) => {
    requireTool(context, tools.sshd);
    await using other = await connectSsh2(await login());
    const opened = await Promise.allSettled(Array.from({ length: 60 }, () => other.terminal()));
    const channels = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(channels.length).toBe(20);
    for (const channel of channels) {
      channel.resume();
      for (let index = 0; index < 500; index += 1) channel.setWindow(index, index, 0, 0);
      channel.write('\u0003\u0004x\u001b[A'.repeat(1000));
      channel.close();
    }
    expect(await pipe('echo on\n')).toMatchObject({ code: 0, stdout: 'on\n' });
  }, 120_000);

  it('P10: who types without end while a line runs is not read without end', async (context) => {
    requireTool(context, tools.sshd);
    await using other = await connectSsh2(await login());
    const channel = await other.terminal();
    channel.resume();
    channel.write('sleep 600\r');
    const before = process.memoryUsage().arrayBuffers;
    const block = Buffer.alloc(64 * 1024, 'x');
    for (let index = 0; index < 500; index += 1) channel.write(block);
    expect(await pipe('echo on\n')).toMatchObject({ code: 0, stdout: 'on\n' });
    // The client itself holds what it could not send.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(128 * 1024 * 1024);
  }, 120_000);

  it('P5: what an earlier line left behind does not write into a later one', async (context) => {
    requireTool(context, tools.sshd);
    const { stdout, stderr } = await pipe("sh -c 'echo now; sleep 1; echo late'\nsleep 0.1\necho last\n");
    expect([stdout, stderr]).toEqual(['now\nlate\nlast\n', '']);
  });
});
