import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findTool, requireTool, tools } from '../../support/installed-tool.ts';
import { connectSsh2, type SshLogin } from '../../support/ssh-clients.ts';
import { type SshGateway, startSshGateway } from '../../support/ssh-gateway.ts';
import { openSsh2Sftp, transferClients } from '../../support/ssh-transfers.ts';
import { startTestSshd, type TestSshd } from '../../support/sshd.ts';

let sshd: TestSshd;
let gateway: SshGateway;
/** What rules allow, on the machine. */
let open: string;

const policy = (folder: string, more = ''): string => `apiVersion: sallyport.dev/v1
rules:
  - { id: everyone-connects, effect: allow, on: connect, match: { groups: [agents] } }
  - id: open
    effect: allow
    on: files
    match: { groups: [agents], operations: [READ, WRITE, LIST, STAT, SETSTAT, MKDIR, RMDIR, DELETE, RENAME, LINK, SYMLINK], paths: ["${folder}/open/**"] }
  - { id: hidden, effect: deny, on: files, match: { paths: ["/**/*.secret"] } }
${more}`;

beforeAll(async () => {
  const program = findTool(tools.sshd);
  if (program === undefined) return;
  sshd = await startTestSshd(program);
  gateway = await startSshGateway({ sshd, policy: policy(sshd.folder), recording: {} });
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

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe("OpenSSH's sftp", () => {
  it('puts, gets, lists, renames and removes, byte for byte', async (context) => {
    const sftp = requireTool(context, tools.sftp);
    using clients = transferClients(await login());
    const bytes = randomBytes(3_000_000);
    writeFileSync(path.join(clients.folder, 'up'), bytes);
    const result = await clients.sftp(sftp, [
      `cd ${open}`,
      'put up one',
      'mkdir dir',
      'rename one dir/two',
      'ls -l dir',
      'chmod 600 dir/two',
      'get dir/two down',
      'ln dir/two dir/three',
      'ln -s dir/two link',
      'ls',
      'rm dir/three',
      'rm link',
      'df',
    ]);
    expect(result).toMatchObject({ code: 0 });
    expect(readFileSync(path.join(clients.folder, 'down'))).toEqual(bytes);
    expect(statSync(path.join(open, 'dir/two')).mode & 0o777).toBe(0o600);
    expect(result.stdout).toMatch(/3000000 .* two\n/);
    expect(result.stdout).toMatch(/dir +link/);
    expect(existsSync(path.join(open, 'dir/three'))).toBe(false);
  }, 60_000);

  it('moves folders whole, with times and permissions', async (context) => {
    const sftp = requireTool(context, tools.sftp);
    using clients = transferClients(await login());
    mkdirSync(path.join(clients.folder, 'tree/deep'), { recursive: true });
    for (let index = 0; index < 20; index += 1) {
      writeFileSync(path.join(clients.folder, `tree/deep/${index}`), `file ${index}`, { mode: 0o640 });
    }
    const put = await clients.sftp(sftp, [`put -rp tree ${open}/tree`, `get -rp ${open}/tree back`]);
    expect(put).toMatchObject({ code: 0 });
    expect(readFileSync(path.join(clients.folder, 'back/deep/7'), 'utf8')).toBe('file 7');
    expect(statSync(path.join(open, 'tree/deep/7')).mode & 0o777).toBe(0o640);
  }, 60_000);

  it('P9: a denial is a line on stderr, and what comes next works', async (context) => {
    const sftp = requireTool(context, tools.sftp);
    using clients = transferClients(await login());
    writeFileSync(path.join(clients.folder, 'up'), 'x');
    const result = await clients.sftp(sftp, [
      `-put up ${sshd.folder}/denied`,
      `-get /etc/passwd stolen`,
      `put up ${open}/fine`,
    ]);
    expect(result.code).toBe(0);
    expect(result.stderr).toMatch(/POLICY_DENIED \[dec_\w+\] WRITE on [^\n]*\/denied: no rule allows it\./);
    expect(existsSync(path.join(sshd.folder, 'denied'))).toBe(false);
    expect(existsSync(path.join(clients.folder, 'stolen'))).toBe(false);
    expect(readFileSync(path.join(open, 'fine'), 'utf8')).toBe('x');
  }, 60_000);
});

describe("ssh2's sftp", () => {
  it('P9: a denial is the status PERMISSION_DENIED with its reason', async () => {
    await using client = await connectSsh2(await login());
    const sftp = await openSsh2Sftp(client);
    const denied = await sftp.failure('open', '/etc/passwd', 'r');
    expect(denied?.code).toBe(3);
    expect(denied?.message).toMatch(/^POLICY_DENIED \[dec_\w+\] READ on \/etc\/passwd: no rule allows it\./);
    expect(await sftp.failure('stat', open)).toBeUndefined();
  });

  it('reads and writes at many places at once', async () => {
    await using client = await connectSsh2(await login());
    const sftp = await openSsh2Sftp(client);
    const bytes = randomBytes(5_000_000);
    const local = path.join(sshd.folder, 'local');
    writeFileSync(local, bytes);
    await sftp.call('fastPut', local, `${open}/fast`, { concurrency: 32 });
    expect(sha256(readFileSync(path.join(open, 'fast')))).toBe(sha256(bytes));
    await sftp.call('fastGet', `${open}/fast`, `${local}.back`, { concurrency: 32 });
    expect(sha256(readFileSync(`${local}.back`))).toBe(sha256(bytes));
  }, 60_000);

  it('links the way ssh2 says it, and follows links to where they may lead', async () => {
    await using client = await connectSsh2(await login());
    const sftp = await openSsh2Sftp(client);
    writeFileSync(path.join(open, 'file'), 'inside');
    expect(await sftp.failure('symlink', 'file', `${open}/link`)).toBeUndefined();
    expect(await sftp.call('readlink', `${open}/link`)).toBe('file');
    expect(String(await sftp.call('readFile', `${open}/link`))).toBe('inside');
    expect(await sftp.call('realpath', `${open}/link`)).toBe(`${open}/file`);
  });

  it('names that a deny rule hits are not listed', async () => {
    await using client = await connectSsh2(await login());
    const sftp = await openSsh2Sftp(client);
    writeFileSync(path.join(open, 'shown'), '');
    writeFileSync(path.join(open, 'x.secret'), '');
    const names = (await sftp.call('readdir', open)) as { filename: string }[];
    expect(names.map(({ filename }) => filename).sort()).toEqual(['shown']);
    expect(await sftp.failure('stat', `${open}/x.secret`)).toMatchObject({ code: 3 });
  });
});

describe('on record', () => {
  it('P4: a transfer is one exchange, with its bytes and their hash', async () => {
    await using client = await connectSsh2(await login());
    const sftp = await openSsh2Sftp(client);
    const bytes = randomBytes(300_000);
    await sftp.call('writeFile', `${open}/hashed`, bytes);
    await sftp.call('readFile', `${open}/hashed`);
    const hash = sha256(bytes);
    type Passed = { readonly bytes?: number; readonly sha256?: string };
    const records = await gateway.recordsUntil((all) =>
      all.some(
        ({ type, result }) =>
          type === 'exchange.outcome' && (result as { read?: Passed } | undefined)?.read?.sha256 === hash,
      ),
    );
    const written = records.find(
      ({ type, result }) =>
        type === 'exchange.outcome' && (result as { written?: Passed }).written?.sha256 === hash,
    );
    expect(written).toMatchObject({ status: 'ok', result: { written: { bytes: 300_000 } } });
    const intent = records.find(
      ({ type, exchange }) => type === 'exchange.intent' && exchange === written?.['exchange'],
    );
    expect(intent).toMatchObject({
      effect: 'permit',
      rules: ['open'],
      request: { via: 'sftp', operation: 'WRITE', path: `${open}/hashed` },
    });
    const opened = records.filter(
      ({ type, request }) =>
        type === 'exchange.intent' &&
        (request as { path?: string; operation?: string }).path === `${open}/hashed` &&
        ['READ', 'WRITE'].includes((request as { operation?: string }).operation ?? ''),
    );
    expect(opened).toHaveLength(2);
  });

  it('P2: what is opened is where the links lead, and both are on record', async () => {
    await using client = await connectSsh2(await login());
    const sftp = await openSsh2Sftp(client);
    symlinkSync('/etc', path.join(open, 'out'));
    expect(await sftp.failure('readFile', `${open}/out/passwd`)).toMatchObject({ code: 3 });
    const records = await gateway.recordsUntil((all) =>
      all.some(({ request }) => (request as { resolved?: string } | undefined)?.resolved === '/etc/passwd'),
    );
    const intent = records.find(
      ({ request }) => (request as { resolved?: string } | undefined)?.resolved === '/etc/passwd',
    );
    expect(intent).toMatchObject({ effect: 'deny', request: { path: `${open}/out/passwd` } });
  });
});
