import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { acquireInstanceLock } from './instance-lock.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'sallyport-lock-'));
  file = path.join(folder, 'quickstart.lock');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('refuses a second owner, names the first one, and lets it in after the release', async () => {
  const first = await acquireInstanceLock(folder);
  await expect(acquireInstanceLock(folder)).rejects.toMatchObject({
    code: 'ERR_QUICKSTART_RUNNING',
    message: expect.stringContaining(`process ${process.pid}`),
  });
  await first.release();
  await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' });
  await (await acquireInstanceLock(folder)).release();
});

it('takes over the lock of a dead owner, even when its port is in other hands by now', async () => {
  const stranger = createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1');
  await once(stranger, 'listening');
  const address = stranger.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  await writeFile(file, JSON.stringify({ pid: process.pid, port, nonce: 'gone' }));
  const lock = await acquireInstanceLock(folder);
  expect(JSON.parse(await readFile(file, 'utf8'))).not.toMatchObject({ nonce: 'gone' });
  await lock.release();
  stranger.close();
});

it.each(['', 'not json', '{"pid":1,"port":"x"}', 'null'])(
  'takes over a damaged lock: %j',
  async (content) => {
    await writeFile(file, content);
    await (await acquireInstanceLock(folder)).release();
  },
);

it('does not remove a lock that somebody else has taken meanwhile', async () => {
  const lock = await acquireInstanceLock(folder);
  await writeFile(file, JSON.stringify({ pid: 1, port: 1, nonce: 'another' }));
  await lock.release();
  expect(await readFile(file, 'utf8')).toContain('another');
});
