/** Files message by message: handles that are none, what denials and listings tell, and messages that nobody can read. */
import { execFileSync } from 'node:child_process';
import { linkSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Field } from '../../../src/protocols/ssh/sftp/wire/fields.ts';
import { OPEN, STATUS, TYPE } from '../../../src/protocols/ssh/sftp/wire/numbers.ts';
import type { SftpReply } from '../../../src/protocols/ssh/sftp/wire/replies.ts';
import { requireTool, tools } from '../../support/installed-tool.ts';
import { openRawSftp } from '../../support/raw-sftp.ts';
import { resultOf, type TestClient } from '../../support/ssh-clients.ts';
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
    const file = await sftp.open(`${files.scene.sshd.folder}/writable/new`, OPEN.WRITE | OPEN.CREAT);
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
    await using second = await files.scene.connect();
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
