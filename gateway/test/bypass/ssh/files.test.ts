/** Evasions of rules for files, message by message through the real wire, against a real sftp server, with canaries on the machine. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Field } from '../../../src/protocols/ssh/sftp/wire/fields.ts';
import { OPEN, TYPE } from '../../../src/protocols/ssh/sftp/wire/numbers.ts';
import type { SftpReply } from '../../../src/protocols/ssh/sftp/wire/replies.ts';
import { requireTool, tools } from '../../support/installed-tool.ts';
import { openRawSftp, type RawSftp } from '../../support/raw-sftp.ts';
import type { TestClient } from '../../support/ssh-clients.ts';
import { CANARY, type FileScene, isFailure, startFileScene } from './file-canaries.ts';

let files: FileScene;
let client: TestClient;
let open: string;
let closed: string;

beforeAll(async () => {
  const started = await startFileScene();
  if (started !== undefined) ({ client, open, closed } = files = started);
}, 60_000);
afterAll(async () => {
  await files?.[Symbol.asyncDispose]();
});
beforeEach((context) => {
  requireTool(context, tools.sshd);
  files.build();
});

const no: Field = { uint32: 0 };
const mode777: readonly Field[] = [{ uint32: 4 }, { uint32: 0o777 }];
const size0: readonly Field[] = [{ uint32: 1 }, { uint64: 0 }];
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
const at = (where: string): string => where.replaceAll('@', closed).replaceAll('%', files.scene.sshd.folder);

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
    const before = files.snapshot();
    const sftp = await openRawSftp(client);
    const reply = await attempt(sftp);
    expect(isFailure(reply), JSON.stringify(reply)).toBe(true);
    expect(sftp.received().includes(CANARY)).toBe(false);
    expect(files.snapshot()).toEqual(before);
    // P9: the session goes on.
    expect(await sftp.ask(TYPE.STAT, `${open}/in`)).toMatchObject({ kind: 'attributes' });
    sftp.channel.close();
  });
});
