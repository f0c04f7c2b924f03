/** Clients from npm as agents write them: `ssh2` by what its own documentation says, and `node-ssh`. */
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { NodeSSH } from 'node-ssh';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findTool, requireTool, tools } from '../../support/installed-tool.ts';
import { connectSsh2, type SshLogin } from '../../support/ssh-clients.ts';
import { type SshGateway, startSshGateway } from '../../support/ssh-gateway.ts';
import { openSsh2Sftp } from '../../support/ssh-transfers.ts';
import { startTestSshd, type TestSshd } from '../../support/sshd.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';

const policyOf = (folder: string): string => `apiVersion: sallyport.dev/v1
rules:
  - { id: everyone-connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: harmless, effect: allow, on: shell, match: { groups: [agents], argv: ['echo **', 'cat', 'cd **', 'pwd', 'false'] } }
  - id: open
    effect: allow
    on: files
    match: { groups: [agents], operations: [READ, WRITE, LIST, STAT, SETSTAT, MKDIR], paths: ["${folder}/open", "${folder}/open/**"] }
`;

let sshd: TestSshd;
let gateway: SshGateway;
let open: string;

beforeAll(async () => {
  const program = findTool(tools.sshd);
  if (program === undefined) return;
  sshd = await startTestSshd(program);
  gateway = await startSshGateway({ sshd, policy: policyOf(sshd.folder), recording: {} });
}, 60_000);
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await sshd?.[Symbol.asyncDispose]();
});
beforeEach((context) => {
  requireTool(context, tools.sshd);
  open = path.join(sshd.folder, 'open');
  rmSync(open, { recursive: true, force: true });
  mkdirSync(open);
  chmodSync(open, 0o777);
});

const login = async (): Promise<SshLogin> => ({
  host: gateway.host,
  port: gateway.port,
  user: 'deploy+box',
  password: await gateway.issuer.token(),
});

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const DENIED = /^POLICY_DENIED \[dec_\w+\] /;

async function connectNodeSsh(options: object = {}): Promise<NodeSSH> {
  const { user: username, ...place } = await login();
  return await new NodeSSH().connect({ ...place, username, ...options });
}

describe('node-ssh', () => {
  it('runs commands: output, status, standard input, folder, arguments', async () => {
    const ssh = await connectNodeSsh();
    expect(await ssh.execCommand('echo one; false')).toMatchObject({ stdout: 'one', code: 1 });
    expect(await ssh.execCommand('cat', { stdin: 'typed' })).toMatchObject({ stdout: 'typed', code: 0 });
    expect(await ssh.execCommand('pwd', { cwd: open })).toMatchObject({ stdout: open, code: 0 });
    expect(await ssh.exec('echo', ["it's", '$HOME', 'a  b'])).toBe("it's $HOME a  b");
    ssh.dispose();
  });

  it('P9: reads a denial and status 126, and goes on', async () => {
    const ssh = await connectNodeSsh();
    const denied = await ssh.execCommand(`touch ${open}/denied`);
    expect(denied).toMatchObject({ code: 126, stdout: '', stderr: expect.stringMatching(DENIED) });
    await expect(ssh.exec('touch', [`${open}/denied`])).rejects.toThrow(DENIED);
    expect(existsSync(`${open}/denied`)).toBe(false);
    expect(await ssh.execCommand('echo on')).toMatchObject({ stdout: 'on', code: 0 });
    ssh.dispose();
  });

  it('puts and gets files and folders, byte for byte, and a denial is an error of its own', async () => {
    using local = createTemporaryFolder('node-ssh');
    const at = (name: string): string => path.join(local.path, name);
    mkdirSync(at('tree/sub'), { recursive: true });
    const bytes = randomBytes(2_000_000);
    writeFileSync(at('tree/large'), bytes);
    writeFileSync(at('tree/sub/small'), 'small');
    const ssh = await connectNodeSsh();
    await ssh.putFile(at('tree/large'), `${open}/one`);
    await ssh.getFile(at('back'), `${open}/one`);
    expect(sha256(readFileSync(at('back')))).toBe(sha256(bytes));
    expect(await ssh.putDirectory(at('tree'), `${open}/tree`)).toBe(true);
    expect(readFileSync(`${open}/tree/sub/small`, 'utf8')).toBe('small');
    mkdirSync(at('again'));
    expect(await ssh.getDirectory(at('again'), `${open}/tree`)).toBe(true);
    expect(sha256(readFileSync(at('again/large')))).toBe(sha256(bytes));
    await expect(ssh.putFile(at('back'), `${sshd.folder}/closed`)).rejects.toThrow(DENIED);
    await expect(ssh.getFile(at('shadow'), '/etc/passwd')).rejects.toThrow(DENIED);
    expect(existsSync(`${sshd.folder}/closed`)).toBe(false);
    ssh.dispose();
  }, 60_000);

  it('answers the dialogue of keyboard-interactive with the token', async () => {
    const { password } = await login();
    const ssh = await connectNodeSsh({ password, tryKeyboard: true, authHandler: ['keyboard-interactive'] });
    expect(await ssh.execCommand('echo in')).toMatchObject({ stdout: 'in' });
    ssh.dispose();
    await expect(connectNodeSsh({ password: 'none' })).rejects.toThrow(/authentication/);
  });
});

describe('ssh2', () => {
  it('P9: runs commands beside a denied one on the same connection', async () => {
    await using client = await connectSsh2(await login());
    const [first, denied, last] = await Promise.all([
      client.run('cat', 'input'),
      client.run(`touch ${open}/denied`),
      client.run('false'),
    ]);
    expect(first).toMatchObject({ code: 0, stdout: 'input' });
    expect(denied).toMatchObject({ code: 126, stdout: '', stderr: expect.stringMatching(DENIED) });
    expect(last).toMatchObject({ code: 1 });
    expect(existsSync(`${open}/denied`)).toBe(false);
  });

  it('puts and gets by fastPut and fastGet, many pieces at once', async () => {
    using local = createTemporaryFolder('ssh2');
    const at = (name: string): string => path.join(local.path, name);
    const bytes = randomBytes(3_000_001);
    writeFileSync(at('up'), bytes);
    await using client = await connectSsh2(await login());
    const sftp = await openSsh2Sftp(client);
    await sftp.call('fastPut', at('up'), `${open}/file`);
    await sftp.call('fastGet', `${open}/file`, at('down'));
    expect(sha256(readFileSync(at('down')))).toBe(sha256(bytes));
    await expect(sftp.call('fastGet', '/etc/passwd', at('never'))).rejects.toThrow(DENIED);
  }, 60_000);
});
