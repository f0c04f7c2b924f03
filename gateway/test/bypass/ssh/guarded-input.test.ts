/**
 * The shell of a guarded session reads what the gateway writes from a pipe, which has a path of its own (`/proc/…/fd`). Where a policy allows
 * all files, and all programs but some, nothing may be put into that pipe, or taken from it.
 */
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findTool, requireTool, tools } from '../../support/installed-tool.ts';
import { connectSsh2, resultOf, type SshResult, type TestClient } from '../../support/ssh-clients.ts';
import { type SshGateway, startSshGateway } from '../../support/ssh-gateway.ts';
import { startTestSshd, type TestSshd } from '../../support/sshd.ts';

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: everyone-connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: programs, effect: allow, on: shell, match: { groups: [agents], commands: ['*'] } }
  - { id: reads, effect: allow, on: shell, match: { groups: [agents], kinds: [READ], reads: ['/**'] } }
  - { id: writes, effect: allow, on: shell, match: { groups: [agents], kinds: [WRITE], writes: ['/**'] } }
  - { id: variables, effect: allow, on: shell, match: { groups: [agents], kinds: [SET], variables: ['*'] } }
  - { id: no-touch, effect: deny, on: shell, match: { commands: [touch] } }
`;

/** One line each, which would leave a file in `%` once the shell reads on. */
const ATTACKS: readonly string[] = [
  'echo "touch %/f" > /dev/fd/10',
  'echo "touch %/f" >> //dev//fd/./10',
  'echo "touch %/f" <> /dev/fd/10 >&0',
  'cd /dev; echo "touch %/f" > fd/10',
  'cd /dev/fd; echo "touch %/f" > 10',
  'cd /proc; cd self/fd; echo "touch %/f" > 10',
  'd=/dev/fd; echo "touch %/f" > $d/10',
  'd=/proc; echo "touch %/f" > $d/$$/fd/10',
  'd=/proc; echo "touch %/f" > "$d/self/fd/10"',
  'd=/proc; echo "touch %/f" | tee $d/$$/fd/10',
  'd=/proc; sh -c "echo touch %/f > \\$0" $d/$$/fd/10',
  'd=/proc; cp /etc/hostname $d/$$/fd/10',
  'd=/proc; chmod 600 $d/$$/fd/10; echo "touch %/f" > $d/$$/fd/10',
  'cd /proc; cd $$; chmod 600 fd/10; echo "touch %/f" > fd/10',
  'd=/proc; find $d/$$/fd -name 10 -exec chmod 600 {} +; echo "touch %/f" > $d/$$/fd/10',
  'chmod 600 /dev/fd/10; d=/dev/fd; echo "touch %/f" > $d/10',
];

/** One line each, which would wait for what the gateway writes next. */
const THIEVES: readonly string[] = [
  'read x < /dev/fd/10; echo "$x"',
  'd=/dev/fd; read x < $d/10; echo "$x"',
  'd=/proc; cat $d/$$/fd/10',
  'd=/proc; head -c 4 $d/$$/fd/10',
];

let sshd: TestSshd;
let gateway: SshGateway;
let client: TestClient;

beforeAll(async () => {
  const program = findTool(tools.sshd);
  if (program === undefined) return;
  sshd = await startTestSshd(program);
  const account = { home: sshd.home };
  gateway = await startSshGateway({ sshd, policy: POLICY, resource: { shell: 'guarded' }, account });
  const { host, port } = gateway;
  client = await connectSsh2({ host, port, user: 'box', password: await gateway.issuer.token() });
}, 60_000);
afterAll(async () => {
  await client?.[Symbol.asyncDispose]();
  await gateway?.[Symbol.asyncDispose]();
  await sshd?.[Symbol.asyncDispose]();
});

async function lines(text: string): Promise<SshResult> {
  const channel = await client.shell();
  const result = resultOf(channel);
  channel.end(text);
  return await result;
}

describe('P1: what the gateway writes to a guarded shell', () => {
  it('is all that the shell reads', async (context) => {
    requireTool(context, tools.sshd);
    const ran: string[] = [];
    for (const attack of ATTACKS) {
      const { stdout } = await lines(`${attack.replaceAll('%', sshd.folder)}\ntrue\ntrue\necho on\n`);
      if (readdirSync(sshd.folder).length > 0) ran.push(attack);
      expect(stdout).toMatch(/on\n$/);
      rmSync(path.join(sshd.folder, 'f'), { force: true });
    }
    expect(ran).toEqual([]);
  }, 120_000);

  it('is read by the shell alone', async (context) => {
    requireTool(context, tools.sshd);
    for (const thief of THIEVES) {
      const { stdout } = await lines(`${thief}\necho on\n`);
      expect([thief, stdout.trim()]).toEqual([thief, 'on']);
    }
  }, 60_000);

  it('and what is honest beside that is done', async (context) => {
    requireTool(context, tools.sshd);
    const text = [
      `cd ${sshd.folder}`,
      'echo one > a; f=a; cat "$f"; chmod 600 a; chmod -R go-rwx a',
      'echo two > /dev/stdout; echo three > /dev/fd/1; cat < /dev/null',
      'for i in a; do wc -l < "$i"; done; rm a',
    ];
    expect(await lines(`${text.join('\n')}\n`)).toMatchObject({
      code: 0,
      stdout: 'one\ntwo\nthree\n1\n',
      stderr: '',
    });
  }, 60_000);
});
