/** Clients of scp that do not keep to what was asked for, through the real wire, against a real machine. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findTool, requireTool, tools } from '../../support/installed-tool.ts';
import {
  connectSsh2,
  resultOf,
  type SshLogin,
  type SshResult,
  type TestClient,
} from '../../support/ssh-clients.ts';
import { type SshGateway, startSshGateway } from '../../support/ssh-gateway.ts';
import { startTestSshd, type TestSshd } from '../../support/sshd.ts';

let sshd: TestSshd;
let gateway: SshGateway;
let client: TestClient;
let open: string;
let closed: string;

const login = async (): Promise<SshLogin> => ({
  host: gateway.host,
  port: gateway.port,
  user: 'deploy+box',
  password: await gateway.issuer.token(),
});

beforeAll(async () => {
  const program = findTool(tools.sshd);
  if (program === undefined) return;
  sshd = await startTestSshd(program);
  const policy = `apiVersion: sallyport.dev/v1
rules:
  - { id: everyone-connects, effect: allow, on: connect, match: { groups: [agents] } }
  - id: open
    effect: allow
    on: files
    match: { operations: [READ, WRITE, LIST, STAT, SETSTAT, MKDIR], paths: ["${sshd.folder}/open/**"] }
  - { id: all-words, effect: allow, on: shell, match: { argv: ['scp **', 'rsync **', 'git-upload-pack **'] } }
`;
  gateway = await startSshGateway({ sshd, policy });
  client = await connectSsh2(await login());
}, 60_000);
afterAll(async () => {
  await client?.[Symbol.asyncDispose]();
  await gateway?.[Symbol.asyncDispose]();
  await sshd?.[Symbol.asyncDispose]();
});
beforeEach((context) => {
  requireTool(context, tools.sshd);
  open = path.join(sshd.folder, 'open');
  closed = path.join(sshd.folder, 'closed');
  for (const folder of [open, closed]) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    chmodSync(folder, 0o777);
  }
  writeFileSync(path.join(closed, 'secret'), 'CANARY');
  mkdirSync(path.join(open, 'dir'));
  chmodSync(path.join(open, 'dir'), 0o777);
  symlinkSync(closed, path.join(open, 'out'));
});

async function speak(command: string, bytes: string | Buffer): Promise<SshResult> {
  const channel = await client.open(command.replaceAll('%', sshd.folder));
  const result = resultOf(channel);
  channel.end(bytes);
  return result;
}

describe('a client of scp', () => {
  it.each([
    ['a name that leads up', 'scp -t %/open/dir', 'C0644 6 ../x\nspoilt\0'],
    ['a path', 'scp -t %/open/dir', 'C0644 6 a/../../../closed/x\nspoilt\0'],
    ['an absolute path', 'scp -t %/open/dir', 'C0644 6 /tmp/x\nspoilt\0'],
    ['a folder that leads up', 'scp -rt %/open/dir', 'D0755 0 ..\nC0644 6 x\nspoilt\0E\n'],
    ['a folder without -r', 'scp -t %/open/dir', 'D0755 0 a\nC0644 6 x\nspoilt\0E\n'],
    ['the end of no folder', 'scp -rt %/open/dir', 'E\nC0644 6 x\nspoilt\0'],
    ['no line', 'scp -t %/open/dir', 'spoilt\n'],
    ['a line without an end', 'scp -t %/open/dir', `C0644 6 ${'a'.repeat(5000)}`],
    ['an end within a file', 'scp -t %/open/dir', 'C0644 600 x\nspoilt'],
    ['bytes that are no UTF-8', 'scp -t %/open/dir', Buffer.from('433036343420312001fffe0a', 'hex')],
    ['an end within a folder', 'scp -rt %/open/dir', 'D0755 0 a\nC0644 1 x\nx\0'],
  ])('P3: that sends %s is ended', async (_, command, bytes) => {
    const result = await speak(command, bytes);
    expect(result).toMatchObject({ code: 126, stderr: expect.stringMatching(/\[ERR_SCP_\w+\]/) });
    expect(readdirSync(closed)).toEqual(['secret']);
    expect(readdirSync(sshd.folder).sort()).toEqual(['closed', 'open']);
  });

  it.each([
    ['scp -t %/closed/x', 'C0644 6 x\n'],
    ['scp -t %/closed', 'C0644 6 x\n'],
    ['scp -t %/open/out', 'C0644 6 x\n'],
    ['scp -t %/open/out/x', 'C0644 6 x\n'],
    ['scp -t %/open/../closed/x', 'C0644 6 x\n'],
    ['scp -rt %/open/out', 'D0755 0 a\n'],
    ['scp -rt %/open', 'D0755 0 out\nC0644 6 secret\nspoilt\0E\n'],
  ])('P1: %s writes nothing outside', async (command, bytes) => {
    const result = await speak(command, bytes);
    expect(result.code).not.toBe(0);
    expect(readdirSync(closed)).toEqual(['secret']);
    expect(readFileSync(path.join(closed, 'secret'), 'utf8')).toBe('CANARY');
  });

  it.each([
    'scp -f %/closed/secret',
    'scp -f %/open/out/secret',
    'scp -f %/open/dir/../../closed/secret',
    'scp -rf %/open',
    'scp -rf %/open/out',
    "scp -f '%/closed/'*",
    'scp -f %/open/o*/secret',
    'scp -f %/open/out/*',
    'scp -pf %/closed/secret',
    'scp -d -f -- %/closed/secret',
  ])('P1: %s reads nothing outside', async (command) => {
    const result = await speak(command, '\0'.repeat(50));
    expect(result.stdout).not.toContain('CANARY');
    expect(result.stdout + result.stderr).toContain('POLICY_DENIED');
  });

  it.each([
    'rsync --server --sender -re.iLsfxCIvu . %/closed/',
    'rsync --server --sender -e.iLsfxCIvu . %/open/out/secret',
    'rsync --server -e.iLsfxCIvu . %/closed/x',
    'rsync --server -e.iLsfxCIvu . %/open/x',
    "git-upload-pack '%/closed'",
    "git-upload-pack '%/open'",
    "git-upload-archive '%/closed'",
    "git-receive-pack '%/open'",
  ])('P1: %s is for rules on files alone', async (command) => {
    const result = await speak(command, '');
    expect(result).toMatchObject({ code: 126, stdout: '', stderr: expect.stringContaining('POLICY_DENIED') });
  });
});
