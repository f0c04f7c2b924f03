/** Evasions of rules for files, message by message through the real wire, against a real sftp server, with canaries on the machine. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Field } from '../../../src/protocols/ssh/sftp/wire/fields.ts';
import { OPEN, STATUS, TYPE } from '../../../src/protocols/ssh/sftp/wire/numbers.ts';
import type { SftpReply } from '../../../src/protocols/ssh/sftp/wire/replies.ts';
import { findTool, requireTool, tools } from '../../support/installed-tool.ts';
import { openRawSftp, type RawSftp } from '../../support/raw-sftp.ts';
import { connectSsh2, resultOf, type SshLogin, type TestClient } from '../../support/ssh-clients.ts';
import { type SshGateway, startSshGateway } from '../../support/ssh-gateway.ts';
import { startTestSshd, type TestSshd } from '../../support/sshd.ts';

const CANARY = 'CANARY-of-the-machine';
const ALL = 'READ, WRITE, LIST, STAT, SETSTAT, MKDIR, RMDIR, DELETE, RENAME, LINK, SYMLINK';

let sshd: TestSshd;
let gateway: SshGateway;
let client: TestClient;
/** What the rules are about. */
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
  - { id: open, effect: allow, on: files, match: { operations: [${ALL}], paths: ["${sshd.folder}/open/**"] } }
  - { id: shown, effect: allow, on: files, match: { operations: [READ, STAT], paths: ["${sshd.folder}/shown/**"] } }
  - { id: writable, effect: allow, on: files, match: { operations: [WRITE, STAT], paths: ["${sshd.folder}/writable/**"] } }
  - { id: secrets, effect: deny, on: files, match: { paths: ["/**/*.secret"] } }
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
  for (const name of ['open', 'closed', 'shown', 'writable']) {
    rmSync(path.join(sshd.folder, name), { recursive: true, force: true });
    mkdirSync(path.join(sshd.folder, name));
    chmodSync(path.join(sshd.folder, name), 0o777);
  }
  mkdirSync(path.join(closed, 'empty'));
  mkdirSync(path.join(open, 'dir'));
  writeFileSync(path.join(closed, 'secret'), CANARY);
  writeFileSync(path.join(sshd.folder, 'shown/file'), CANARY);
  writeFileSync(path.join(open, 'in'), 'inside');
  writeFileSync(path.join(open, 'x.secret'), CANARY);
  // The account could do all of it: nothing but the gateway stands in the way.
  const { uid, gid } = userOf(sshd.user);
  for (const name of [
    'closed',
    'closed/secret',
    'closed/empty',
    'open',
    'open/dir',
    'open/in',
    'open/x.secret',
  ]) {
    if (process.getuid?.() === 0) chownSync(path.join(sshd.folder, name), uid, gid);
  }
  symlinkSync(closed, path.join(open, 'out'));
  symlinkSync(path.join(closed, 'secret'), path.join(open, 'file-link'));
  symlinkSync('..', path.join(open, 'up'));
  symlinkSync('/', path.join(open, 'root'));
  symlinkSync('../closed/new', path.join(open, 'dangling'));
  symlinkSync('self', path.join(open, 'self'));
  symlinkSync('out/secret', path.join(open, 'chain'));
});

function userOf(name: string): { readonly uid: number; readonly gid: number } {
  const number = (flag: string): number => Number(execFileSync('id', [flag, name]).toString());
  return { uid: number('-u'), gid: number('-g') };
}

/** Everything of what nobody may touch. */
function snapshot(): unknown {
  const { mode, mtimeMs, nlink, uid } = statSync(path.join(closed, 'secret'));
  return [
    readdirSync(closed).sort(),
    readFileSync(path.join(closed, 'secret'), 'utf8'),
    [mode, mtimeMs, nlink, uid],
    statSync(path.join(open, 'x.secret')).nlink,
    readdirSync(path.join(sshd.folder, 'shown')),
  ];
}

const no: Field = { uint32: 0 };
const mode777: readonly Field[] = [{ uint32: 4 }, { uint32: 0o777 }];
const size0: readonly Field[] = [{ uint32: 1 }, { uint64: 0 }];
const isFailure = (reply: SftpReply): boolean => reply.kind === 'status' && reply.code !== STATUS.OK;

/** What is tried; `%` is the folder of all, `@` what nobody may touch. */
type Attempt = readonly [title: string, attempt: (sftp: RawSftp) => Promise<SftpReply>];

const read = (where: string): Attempt => [
  `read ${where}`,
  async (sftp) => {
    const opened = await sftp.open(at(where), OPEN.READ);
    if (opened.kind !== 'handle') return opened;
    return sftp.ask(TYPE.READ, opened.handle, { uint64: 0 }, { uint32: 1000 });
  },
];
const ask = (title: string, type: number, ...fields: readonly (Field | string)[]): Attempt => [
  title,
  (sftp) => sftp.ask(type, ...fields.map((field) => (typeof field === 'string' ? at(field) : field))),
];
const write = (title: string, where: string, flags: number): Attempt => [
  title,
  async (sftp) => {
    const opened = await sftp.open(at(where), flags);
    if (opened.kind !== 'handle') return opened;
    return sftp.ask(TYPE.WRITE, opened.handle, { uint64: 0 }, Buffer.from('spoilt'));
  },
];
const at = (where: string): string => where.replaceAll('@', closed).replaceAll('%', sshd.folder);

const EVASIONS: readonly Attempt[] = [
  ...[
    '@/secret',
    '%/open/../closed/secret',
    '%/open/./../closed/./secret',
    '%//open//..//closed//secret',
    '%/open/dir/../../closed/secret',
    '%/open/out/secret',
    '%/open/file-link',
    '%/open/file-link/',
    '%/open/file-link/.',
    '%/open/chain',
    '%/open/up/closed/secret',
    '%/open/up/open/out/secret',
    '%/open/root@/secret',
    '%/open/out/../closed/secret',
    '%/open/nothing/../../closed/secret',
    '%/open/in/../../closed/secret',
    '%/open/self/../../closed/secret',
    '../../../../../..@/secret',
    '..@/secret',
    '%/open/x.secret',
    '%/open/./x.secret',
    '%/open/dir/../x.secret',
    '%/closed/../closed/secret',
    '%/OPEN/../closed/secret',
    '%/open/**/../../closed/secret',
    '%/open*/../closed/secret',
    '%/open\\..\\closed\\secret/../../closed/secret',
    '/proc/self/root@/secret',
    '/proc/self/cwd/..@/secret',
  ].map(read),
  ask('list what is closed', TYPE.OPENDIR, '@'),
  ask('list by a link', TYPE.OPENDIR, '%/open/out'),
  ask('list by a link and a slash', TYPE.OPENDIR, '%/open/out/'),
  ask('list the root by a link', TYPE.OPENDIR, '%/open/root'),
  ask('stat what is closed', TYPE.STAT, '@/secret'),
  ask('stat by a link', TYPE.STAT, '%/open/file-link'),
  ask('lstat behind a link', TYPE.LSTAT, '%/open/out/secret'),
  ask('lstat by a link and a dot', TYPE.LSTAT, '%/open/out/.'),
  ask('read a link behind a link', TYPE.READLINK, '%/open/out/secret'),
  ask('chmod what is closed', TYPE.SETSTAT, '@/secret', ...mode777),
  ask('chmod by a link', TYPE.SETSTAT, '%/open/file-link', ...mode777),
  ask('chmod behind a link', TYPE.SETSTAT, '%/open/out/secret', ...mode777),
  ask('empty by attributes', TYPE.SETSTAT, '%/open/file-link', ...size0),
  ask('empty what may only be read', TYPE.SETSTAT, '%/shown/file', ...size0),
  [
    'chmod without following',
    (sftp) => sftp.ask(TYPE.EXTENDED, 'lsetstat@openssh.com', `${closed}/secret`, ...mode777),
  ],
  write('write what is closed', '@/secret', OPEN.WRITE),
  write('empty by a link', '%/open/file-link', OPEN.WRITE | OPEN.TRUNC),
  write('append by a link', '%/open/file-link', OPEN.WRITE | OPEN.APPEND),
  write('truncate and append', '@/secret', OPEN.TRUNC | OPEN.APPEND),
  write('make by a dangling link', '%/open/dangling', OPEN.WRITE | OPEN.CREAT),
  write('make behind a link', '%/open/out/new', OPEN.WRITE | OPEN.CREAT | OPEN.EXCL),
  write('make without writing', '@/new', OPEN.CREAT),
  write('read and write in one', '%/shown/file', OPEN.READ | OPEN.WRITE),
  write('read and make in one', '%/writable/new', OPEN.READ | OPEN.CREAT),
  ask('remove what is closed', TYPE.REMOVE, '@/secret'),
  ask('remove behind a link', TYPE.REMOVE, '%/open/out/secret'),
  ask('remove a folder', TYPE.RMDIR, '@/empty'),
  ask('remove a folder behind a link', TYPE.RMDIR, '%/open/out/empty'),
  ask('make a folder', TYPE.MKDIR, '@/new', no),
  ask('make a folder behind a link', TYPE.MKDIR, '%/open/out/new', no),
  ask('make a folder by a dangling link', TYPE.MKDIR, '%/open/dangling/', no),
  ask('rename out', TYPE.RENAME, '@/secret', '%/open/stolen'),
  ask('rename out behind a link', TYPE.RENAME, '%/open/out/secret', '%/open/stolen'),
  ask('rename into', TYPE.RENAME, '%/open/in', '@/put'),
  ask('rename into behind a link', TYPE.RENAME, '%/open/in', '%/open/out/put'),
  ask('rename what is hidden', TYPE.RENAME, '%/open/x.secret', '%/open/x.txt'),
  ask('rename a folder with what is hidden', TYPE.RENAME, '%/open', '%/open2'),
  ask('rename a link, so that another leads there', TYPE.RENAME, '%/open/out', '%/open/dir/out'),
  ask('rename from where only reading is allowed', TYPE.RENAME, '%/shown/file', '%/open/file'),
  ask('rename the folder of what is closed', TYPE.RENAME, '@', '%/open/closed'),
  [
    'rename over, as POSIX has it',
    (sftp) => sftp.ask(TYPE.EXTENDED, 'posix-rename@openssh.com', `${open}/in`, `${closed}/secret`),
  ],
  [
    'rename out, as POSIX has it',
    (sftp) => sftp.ask(TYPE.EXTENDED, 'posix-rename@openssh.com', `${closed}/secret`, `${open}/stolen`),
  ],
  ...[
    ['@/secret', '%/open/hard'],
    ['%/open/file-link', '%/open/hard'],
    ['%/open/out/secret', '%/open/hard'],
    ['%/open/in', '@/hard'],
    ['%/open/x.secret', '%/open/x.txt'],
    ['%/shown/file', '%/open/hard'],
  ].map(
    ([from = '', to = '']): Attempt => [
      `link ${from} ${to}`,
      (sftp) => sftp.ask(TYPE.EXTENDED, 'hardlink@openssh.com', at(from), at(to)),
    ],
  ),
  ...[
    '@',
    '@/secret',
    '../closed',
    'dir/../../closed',
    'out',
    'out/secret',
    '/',
    'up',
    '/etc/passwd',
  ].flatMap((says): readonly Attempt[] => [
    ask(`a link that says ${says}`, TYPE.SYMLINK, '%/open/new-link', says),
    ask(`a link in the other order that says ${says}`, TYPE.SYMLINK, says, '%/open/new-link'),
  ]),
  ['free space of what is closed', (sftp) => sftp.ask(TYPE.EXTENDED, 'statvfs@openssh.com', closed)],
  ['a copy on the machine', (sftp) => sftp.ask(TYPE.EXTENDED, 'copy-data', Buffer.of(0, 0, 0, 1))],
  ['a check of a file', (sftp) => sftp.ask(TYPE.EXTENDED, 'check-file-name', `${closed}/secret`)],
  ['another home', (sftp) => sftp.ask(TYPE.EXTENDED, 'expand-path@openssh.com', '~root')],
  ['an unknown type', (sftp) => sftp.ask(42, `${closed}/secret`)],
  ['a NUL', (sftp) => sftp.open(Buffer.from(`${open}/in\0${closed}/secret`), OPEN.READ)],
  ['a NUL in front', (sftp) => sftp.open(Buffer.from(`${closed}/secret\0${open}/in`), OPEN.READ)],
  ['no UTF-8', (sftp) => sftp.open(Buffer.concat([Buffer.from(`${open}/`), Buffer.of(0xff)]), OPEN.READ)],
  [
    'overlong dots and slashes',
    (sftp) => sftp.open(Buffer.concat([Buffer.from(open), Buffer.of(0xc0, 0xaf, 0xc0, 0xae)]), OPEN.READ),
  ],
  ['a path of 5,000 bytes', (sftp) => sftp.open(`${open}/${'../'.repeat(1600)}${closed}`, OPEN.READ)],
  ['a path of many parts', (sftp) => sftp.open(`${open}/${'a/'.repeat(1900)}x`, OPEN.READ)],
  ['unknown flags', (sftp) => sftp.open(`${open}/in`, 0x40)],
];

describe('what rules for files do not allow', () => {
  it.each(EVASIONS)('P1: %s', async (_, attempt) => {
    const before = snapshot();
    const sftp = await openRawSftp(client);
    const reply = await attempt(sftp);
    expect(isFailure(reply), JSON.stringify(reply)).toBe(true);
    expect(sftp.received().includes(CANARY)).toBe(false);
    expect(snapshot()).toEqual(before);
    // P9: the session goes on.
    expect(await sftp.ask(TYPE.STAT, `${open}/in`)).toMatchObject({ kind: 'attributes' });
    sftp.channel.close();
  });
});

describe('handles', () => {
  it('that were made up, or closed, are none', async () => {
    const sftp = await openRawSftp(client);
    const opened = await sftp.open(`${open}/in`, OPEN.READ);
    if (opened.kind !== 'handle') throw new Error('not opened');
    const { handle } = opened;
    const folder = await sftp.ask(TYPE.OPENDIR, open);
    if (folder.kind !== 'handle') throw new Error('not opened');
    const read = (of: Buffer): Promise<SftpReply> => sftp.ask(TYPE.READ, of, { uint64: 0 }, { uint32: 10 });
    expect(await read(handle)).toMatchObject({ body: Buffer.from('inside') });
    for (const odd of ['', '\0', '\0\0\0\0', '\0\0\0\x09', 'x'.repeat(256), `${closed}/secret`]) {
      expect(await read(Buffer.from(odd))).toMatchObject({ kind: 'status', code: STATUS.FAILURE });
    }
    expect(await read(folder.handle)).toMatchObject({ code: STATUS.FAILURE });
    expect(await sftp.ask(TYPE.READDIR, handle)).toMatchObject({ code: STATUS.FAILURE });
    expect(await sftp.ask(TYPE.WRITE, handle, { uint64: 0 }, Buffer.from('x'))).toMatchObject({
      code: STATUS.FAILURE,
    });
    expect(await sftp.ask(TYPE.CLOSE, handle)).toMatchObject({ code: STATUS.OK });
    expect(await read(handle)).toMatchObject({ code: STATUS.FAILURE });
    expect(await sftp.ask(TYPE.CLOSE, handle)).toMatchObject({ code: STATUS.FAILURE });
    const again = await sftp.open(`${open}/in`, OPEN.READ);
    expect(again).not.toEqual(opened);
    // Another channel has handles of its own.
    const other = await openRawSftp(client);
    expect(await other.ask(TYPE.READ, folder.handle, { uint64: 0 }, { uint32: 10 })).toMatchObject({
      code: STATUS.FAILURE,
    });
    sftp.channel.close();
    other.channel.close();
  });

  it('of what may only be written are not read, and there are no more than a hundred', async () => {
    const sftp = await openRawSftp(client);
    const file = await sftp.open(`${sshd.folder}/writable/new`, OPEN.WRITE | OPEN.CREAT);
    if (file.kind !== 'handle') throw new Error('not opened');
    expect(await sftp.ask(TYPE.READ, file.handle, { uint64: 0 }, { uint32: 10 })).toMatchObject({
      code: STATUS.FAILURE,
    });
    const all = await Promise.all(Array.from({ length: 120 }, () => sftp.open(`${open}/in`, OPEN.READ)));
    expect(all.filter(({ kind }) => kind === 'handle')).toHaveLength(99);
    sftp.channel.close();
  });
});

describe('what is told', () => {
  it('P9: a denial is the same whether something is there or not', async () => {
    const sftp = await openRawSftp(client);
    const words = async (type: number, name: string): Promise<string> => {
      expect(
        isFailure(
          await sftp.ask(type, `${closed}/${name}`, ...(type === TYPE.OPEN ? [{ uint32: 1 }, no] : [])),
        ),
      ).toBe(true);
      return sftp
        .lastWords()
        .replaceAll(name, 'NAME')
        .replace(/dec_\w+/g, 'ID');
    };
    // Names of their own: what is asked for again and again is told less.
    for (const type of [TYPE.STAT, TYPE.LSTAT, TYPE.OPEN, TYPE.OPENDIR, TYPE.READLINK]) {
      writeFileSync(path.join(closed, `there-${type}`), CANARY);
      expect(await words(type, `there-${type}`)).toBe(await words(type, `absent-${type}`));
    }
    sftp.channel.close();
  });

  it('REALPATH answers by the letters of the path where nothing may be looked at', async () => {
    symlinkSync('secret', path.join(closed, 'link'));
    const sftp = await openRawSftp(client);
    const real = async (where: string): Promise<string> => {
      const reply = await sftp.ask(TYPE.REALPATH, where);
      return reply.kind === 'names' ? (reply.entries[0]?.name ?? '') : JSON.stringify(reply);
    };
    for (const name of ['secret', 'absent', 'link']) {
      expect(await real(`${closed}/${name}`)).toBe(`${closed}/${name}`);
      expect(await real(`${closed}/../closed/./${name}`)).toBe(`${closed}/${name}`);
    }
    expect(await real(`${open}/out`)).toBe(`${open}/out`);
    expect(await real(`${open}/chain`)).toBe(`${open}/chain`);
    expect(await real(`${open}/dir/..`)).toBe(open);
    sftp.channel.close();
  });

  it('names that a deny rule hits are in no listing', async () => {
    const sftp = await openRawSftp(client);
    const folder = await sftp.ask(TYPE.OPENDIR, open);
    if (folder.kind !== 'handle') throw new Error('not opened');
    const reply = await sftp.ask(TYPE.READDIR, folder.handle);
    const names = reply.kind === 'names' ? reply.entries.map(({ name }) => name) : [];
    expect(names).toContain('in');
    expect(sftp.received().includes('x.secret')).toBe(false);
    sftp.channel.close();
  });

  it('a pipe is not opened, and nobody waits for it', async () => {
    execFileSync('mkfifo', ['-m', '666', path.join(open, 'pipe')]);
    const sftp = await openRawSftp(client);
    expect(await sftp.open(`${open}/pipe`, OPEN.READ)).toMatchObject({ code: STATUS.FAILURE });
    sftp.channel.close();
  });

  it('a hard link that is there already is a name like any other, as the documentation says', async () => {
    linkSync(path.join(closed, 'secret'), path.join(open, 'hard'));
    const sftp = await openRawSftp(client);
    expect(await sftp.open(`${open}/hard`, OPEN.READ)).toMatchObject({ kind: 'handle' });
    sftp.channel.close();
  });
});

describe('messages that are none', () => {
  it('P10: end the channel, and not the connection', async () => {
    for (const bytes of [
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.from('000000050100000002', 'hex'),
      Buffer.from('7fffffff01', 'hex'),
      Buffer.alloc(64),
    ]) {
      const channel = await client.subsystem('sftp');
      const result = resultOf(channel);
      channel.write(bytes);
      expect(await result).toMatchObject({ code: 126, stderr: expect.stringMatching(/\[ERR_SFTP_\w+\]/) });
    }
    const sftp = await openRawSftp(client);
    expect(await sftp.askBytes(TYPE.OPEN, Buffer.alloc(40, 0xff))).toMatchObject({
      code: STATUS.BAD_MESSAGE,
    });
    expect(await sftp.askBytes(TYPE.WRITE, Buffer.alloc(3))).toMatchObject({ code: STATUS.BAD_MESSAGE });
    expect(await sftp.ask(TYPE.STAT, `${open}/in`)).toMatchObject({ kind: 'attributes' });
    sftp.channel.close();
  });

  it('P10: a client that takes nothing keeps nobody from changing names', async () => {
    writeFileSync(path.join(open, 'large'), Buffer.alloc(4_000_000));
    const idle = await openRawSftp(client);
    const opened = await idle.open(`${open}/large`, OPEN.READ);
    if (opened.kind !== 'handle') throw new Error('not opened');
    idle.channel.pause();
    idle.channel.removeAllListeners('data');
    const unread = Array.from({ length: 300 }, (_, index) =>
      idle.ask(TYPE.READ, opened.handle, { uint64: index * 10_000 }, { uint32: 200_000 }),
    );
    const looks = Array.from({ length: 20 }, () => idle.ask(TYPE.STAT, `${open}/in`));
    for (const one of [...unread, ...looks]) one.catch(() => undefined);
    await using second = await connectSsh2(await login());
    const sftp = await openRawSftp(second);
    for (let index = 0; index < 5; index += 1) {
      expect(await sftp.ask(TYPE.MKDIR, `${open}/new-${index}`, no)).toMatchObject({ code: STATUS.OK });
    }
    idle.channel.close();
  }, 30_000);

  it('P10: many at once are answered, each once', async () => {
    const sftp = await openRawSftp(client);
    const replies = await Promise.all(Array.from({ length: 500 }, () => sftp.ask(TYPE.STAT, `${open}/in`)));
    expect(replies.every(({ kind }) => kind === 'attributes')).toBe(true);
    sftp.channel.close();
  });
});
