import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findTool, requireTool, tools } from '../../support/installed-tool.ts';
import { runProcess } from '../../support/processes.ts';
import { connectSsh2, type SshLogin } from '../../support/ssh-clients.ts';
import { type SshGateway, startSshGateway } from '../../support/ssh-gateway.ts';
import { transferClients } from '../../support/ssh-transfers.ts';
import { startTestSshd, type TestSshd } from '../../support/sshd.ts';

let sshd: TestSshd;
let gateway: SshGateway;
let open: string;

const FILES = 'READ, WRITE, LIST, STAT, SETSTAT, MKDIR, RMDIR, DELETE, RENAME, LINK, SYMLINK';

beforeAll(async () => {
  const program = findTool(tools.sshd);
  if (program === undefined) return;
  sshd = await startTestSshd(program);
  const policy = `apiVersion: sallyport.dev/v1
rules:
  - { id: everyone-connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: open, effect: allow, on: files, match: { operations: [${FILES}], paths: ["${sshd.folder}/open/**"] } }
  - { id: rsync, effect: allow, on: files, match: { operations: [${FILES}], paths: ["${sshd.folder}/open/**"], opaque: ["stream:rsync"] } }
  - { id: fetch, effect: allow, on: files, match: { operations: [FETCH], paths: ["${sshd.folder}/open/**"] } }
  - { id: push, effect: allow, on: files, match: { operations: [PUSH], paths: ["${sshd.folder}/open/mine.git"] } }
`;
  gateway = await startSshGateway({ sshd, policy, recording: {} });
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

const login = async (user = 'deploy+box'): Promise<SshLogin> => ({
  host: gateway.host,
  port: gateway.port,
  user,
  password: await gateway.issuer.token(),
});

describe.each([
  ['its own protocol', ['-O']],
  ['sftp', ['-s']],
])('scp over %s', (_, mode) => {
  it('copies files and folders there and back, with times and permissions', async (context) => {
    const scp = requireTool(context, tools.scp);
    using clients = transferClients(await login());
    const at = (name: string): string => path.join(clients.folder, name);
    const bytes = randomBytes(2_000_003);
    mkdirSync(at('tree/deep'), { recursive: true });
    writeFileSync(at('tree/big'), bytes, { mode: 0o640 });
    writeFileSync(at('tree/deep/empty'), '');
    writeFileSync(at("tree/deep/it's a name"), 'odd');
    utimesSync(at('tree/big'), 1_600_000_000, 1_600_000_000);
    expect(await clients.scp(scp, [...mode, '-rp', 'tree', `box:${open}`])).toMatchObject({
      code: 0,
      stderr: '',
    });
    expect(readFileSync(path.join(open, 'tree/big'))).toEqual(bytes);
    const { mode: bits, mtimeMs } = statSync(path.join(open, 'tree/big'));
    expect([bits & 0o777, mtimeMs]).toEqual([0o640, 1_600_000_000_000]);
    expect(await clients.scp(scp, [...mode, '-rp', `box:${open}/tree`, 'back'])).toMatchObject({
      code: 0,
      stderr: '',
    });
    expect(readFileSync(at('back/big'))).toEqual(bytes);
    expect(readFileSync(at("back/deep/it's a name"), 'utf8')).toBe('odd');
    expect(statSync(at('back/big')).mtimeMs).toBe(1_600_000_000_000);
  }, 60_000);

  it('copies what a glob stands for', async (context) => {
    const scp = requireTool(context, tools.scp);
    using clients = transferClients(await login());
    for (const name of ['a.log', 'b.log', 'c.txt']) writeFileSync(path.join(open, name), name);
    mkdirSync(path.join(clients.folder, 'in'));
    expect(await clients.scp(scp, [...mode, `box:${open}/*.log`, 'in'])).toMatchObject({ code: 0 });
    expect(readdirSync(path.join(clients.folder, 'in')).sort()).toEqual(['a.log', 'b.log']);
  }, 60_000);

  it('P9: is denied by name, and the rest is copied', async (context) => {
    const scp = requireTool(context, tools.scp);
    using clients = transferClients(await login());
    writeFileSync(path.join(open, 'fine'), 'fine');
    mkdirSync(path.join(clients.folder, 'in'));
    const result = await clients.scp(scp, [...mode, 'box:/etc/passwd', `box:${open}/fine`, 'in']);
    expect(result.code).not.toBe(0);
    expect(result.stderr).toMatch(
      /POLICY_DENIED \[dec_\w+\] (READ|STAT) on \/etc\/passwd: no rule allows it\./,
    );
    expect(readdirSync(path.join(clients.folder, 'in'))).toEqual(['fine']);
    const put = await clients.scp(scp, [...mode, 'in/fine', `box:${sshd.folder}/denied`]);
    expect(put.code).not.toBe(0);
    expect(existsSync(path.join(sshd.folder, 'denied'))).toBe(false);
  }, 60_000);
});

describe('rsync', () => {
  it('moves a tree there and back, and deletes what is gone', async (context) => {
    const rsync = requireTool(context, tools.rsync);
    using clients = transferClients(await login());
    const at = (name: string): string => path.join(clients.folder, name);
    const bytes = randomBytes(1_000_000);
    mkdirSync(at('tree/deep'), { recursive: true });
    writeFileSync(at('tree/big'), bytes);
    writeFileSync(at('tree/deep/x'), 'x');
    expect(await clients.run(rsync, ['-rlptz', 'tree/', `box:${open}/tree`])).toMatchObject({ code: 0 });
    expect(readFileSync(path.join(open, 'tree/big'))).toEqual(bytes);
    rmSync(at('tree/deep/x'));
    writeFileSync(at('tree/big'), Buffer.concat([bytes, Buffer.from('more')]));
    const args = ['-rlpt', '--delete', '--timeout=30', 'tree/', `box:${open}/tree/`];
    expect(await clients.run(rsync, args)).toMatchObject({ code: 0 });
    expect(readdirSync(path.join(open, 'tree/deep'))).toEqual([]);
    expect(statSync(path.join(open, 'tree/big')).size).toBe(1_000_004);
    expect(await clients.run(rsync, ['-a', `box:${open}/tree`, 'back'])).toMatchObject({ code: 0 });
    expect(statSync(at('back/tree/big')).size).toBe(1_000_004);
    expect(await clients.run(rsync, [`box:${open}/tree/b*`, at('one')])).toMatchObject({ code: 0 });
    expect(statSync(at('one')).size).toBe(1_000_004);
  }, 60_000);

  it('P9: is denied elsewhere, with the reason on stderr', async (context) => {
    const rsync = requireTool(context, tools.rsync);
    using clients = transferClients(await login());
    writeFileSync(path.join(clients.folder, 'x'), 'x');
    const up = await clients.run(rsync, ['x', `box:${sshd.folder}/refused`]);
    expect(up.code).not.toBe(0);
    expect(up.stderr).toMatch(/POLICY_DENIED \[dec_\w+\] WRITE on [^\n]*\/refused: no rule allows it/);
    expect(existsSync(path.join(sshd.folder, 'denied'))).toBe(false);
    const down = await clients.run(rsync, ['box:/etc/passwd', 'stolen']);
    expect(down.code).not.toBe(0);
    expect(existsSync(path.join(clients.folder, 'stolen'))).toBe(false);
  }, 60_000);
});

describe('git', () => {
  const repository = async (git: string, name: string): Promise<void> => {
    const at = path.join(open, name);
    await runProcess(git, ['init', '-q', '--bare', '-b', 'main', at], { env: { HOME: open } });
    if (process.getuid?.() === 0) await runProcess('chown', ['-R', sshd.user, at]);
  };

  it('clones, pushes and fetches by the path of the repository', async (context) => {
    const git = requireTool(context, tools.git);
    using clients = transferClients(await login());
    await repository(git, 'mine.git');
    const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
    expect(await clients.run(git, ['clone', '-q', `box:${open}/mine`, 'work'])).toMatchObject({ code: 0 });
    writeFileSync(path.join(clients.folder, 'work/file'), 'text');
    await clients.run(git, ['-C', 'work', 'add', 'file']);
    await clients.run(git, [...identity, '-C', 'work', 'commit', '-qm', 'first']);
    const pushed = await clients.run(git, ['-C', 'work', 'push', '-q', 'origin', 'HEAD:main']);
    expect(pushed).toMatchObject({ code: 0 });
    expect(await clients.run(git, ['clone', '-q', `ssh://box${open}/mine.git`, 'again'])).toMatchObject({
      code: 0,
    });
    expect(readFileSync(path.join(clients.folder, 'again/file'), 'utf8')).toBe('text');
  }, 60_000);

  it('P9: fetches where it may not push, and nothing elsewhere', async (context) => {
    const git = requireTool(context, tools.git);
    using clients = transferClients(await login());
    await repository(git, 'other.git');
    expect(await clients.run(git, ['clone', '-q', `box:${open}/other.git`, 'work'])).toMatchObject({
      code: 0,
    });
    writeFileSync(path.join(clients.folder, 'work/file'), 'text');
    await clients.run(git, ['-C', 'work', 'add', 'file']);
    await clients.run(git, ['-c', 'user.name=a', '-c', 'user.email=a@b', '-C', 'work', 'commit', '-qm', 'x']);
    const pushed = await clients.run(git, ['-C', 'work', 'push', '-q', 'origin', 'HEAD:main']);
    expect(pushed.code).not.toBe(0);
    expect(pushed.stderr).toMatch(/POLICY_DENIED \[dec_\w+\] PUSH on [^\n]*other\.git: no rule allows it/);
    const elsewhere = await clients.run(git, ['clone', '-q', 'box:/srv/elsewhere.git', 'no']);
    expect(elsewhere.stderr).toContain('FETCH on /srv/elsewhere.git');
  }, 60_000);
});

describe('words that nobody can judge', () => {
  it.each([
    'rsync --server --daemon .',
    'rsync --server --sender -logDtprse.iLsfxCIvu . /srv/x',
    'rsync --server --sender -vlLogDtpre.iLsfxCIvu . /srv/x',
    'rsync --server -vlogDtprKe.iLsfxCIvu . /srv/x',
    'rsync --server -vlogDtprRe.iLsfxCIvu . /srv/x',
    'rsync --server --files-from=/etc/passwd --sender -logDtpre.iLsfxCIvu . /',
    'rsync --server --log-file=/srv/log -logDtpre.iLsfxCIvu . /srv/x',
    'rsync --server --write-batch=/srv/b -logDtpre.iLsfxCIvu . /srv/x',
    'rsync --server --temp-dir=/etc -logDtpre.iLsfxCIvu . /srv/x',
    'rsync --server --backup-dir=/etc -logDtpre.iLsfxCIvu . /srv/x',
    'rsync --server --link-dest=/etc -logDtpre.iLsfxCIvu . /srv/x',
    'rsync --server --rsync-path=touch -logDtpre.iLsfxCIvu . /srv/x',
    'rsync --server --sender -e sh . /srv/x',
    'rsync --server --copy-devices --sender -re.iLs . /srv/x',
    'rsync --server --remove-source-files --sender -re.iLs . /srv/x',
    'rsync --server --sender -re.iLs . --daemon',
    'git-upload-pack --timeout=1 /srv/x',
    'git-receive-pack /srv/x /srv/y',
    'scp -t /srv/x /srv/y',
    'scp -t -S touch /srv/x',
    'scp -tf /srv/x',
  ])('P3: %s is denied, and on record', async (text) => {
    await using client = await connectSsh2(await login());
    const before = gateway.records().length;
    const result = await client.run(text);
    expect(result).toMatchObject({ code: 126, stdout: '' });
    expect(result.stderr).toMatch(/^POLICY_DENIED \[dec_\w+\] /);
    const intents = gateway
      .records()
      .slice(before)
      .filter(({ type }) => type === 'exchange.intent');
    expect(intents.at(-1)).toMatchObject({ effect: 'deny' });
  });
});
