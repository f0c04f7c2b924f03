import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectSsh2, type TestClient } from '../../../gateway/test/support/ssh-clients.ts';
import { RELEASES, writeMachineFiles } from './files.ts';
import { MACHINE_USER, type RunningMachine, startMachine } from './server.ts';

let folder: string;
let machine: RunningMachine;
beforeAll(async () => {
  folder = await writeMachineFiles(
    path.join(await mkdtemp(path.join(os.tmpdir(), 'sallyport-machine-')), 'home'),
  );
  machine = await startMachine(folder);
});
afterAll(async () => {
  await machine.stop();
  await rm(path.dirname(folder), { recursive: true, force: true });
});

function login(options: object, user = MACHINE_USER): Promise<TestClient> {
  const { host, port } = machine;
  return connectSsh2({ host, port, user, password: '' }, options);
}

describe('the machine', () => {
  it('runs commands in its folder, with input, output and exit status', async () => {
    await using client = await login({ privateKey: machine.loginKey });
    expect(await client.run('pwd; echo oops >&2; exit 3')).toMatchObject({
      code: 3,
      stdout: `${folder}\n`,
      stderr: 'oops\n',
    });
    expect(await client.run('cat', 'typed in')).toMatchObject({ code: 0, stdout: 'typed in' });
    expect(await client.run('kill -9 $$')).toMatchObject({ signal: 'SIGKILL' });
    expect(machine.arrivals.slice(-2)).toEqual(['cat', 'kill -9 $$']);
    expect((await readdir(path.join(folder, 'releases'))).sort()).toEqual([...RELEASES, 'CURRENT']);
  });

  it('lets in its one key, and nobody else', async () => {
    const other = await startMachine(folder);
    try {
      for (const options of [{ privateKey: other.loginKey }, { password: 'deploy' }, {}]) {
        await expect(login(options)).rejects.toThrow('authentication methods failed');
      }
      await expect(login({ privateKey: machine.loginKey }, 'root')).rejects.toThrow('authentication methods');
    } finally {
      await other.stop();
    }
  });

  it('ends what runs when its client goes', async () => {
    const client = await login({ privateKey: machine.loginKey });
    const channel = await client.open('echo $$; exec sleep 600');
    const pid = Number(await new Promise<Buffer>((resolve) => channel.once('data', resolve)));
    await client[Symbol.asyncDispose]();
    const isRunning = (): boolean => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    while (isRunning()) await new Promise((resolve) => setTimeout(resolve, 20));
  });
});
