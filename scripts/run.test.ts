import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from './check/source-files.ts';

const supervise = path.join(repositoryRoot, 'scripts/bootstrap/supervise-child.mjs');

/** A parent that supervises a child which runs `script`; resolves when the child has said that it is ready. */
async function startSupervised(script: string): Promise<ChildProcess> {
  const parent = `
    import { spawn } from 'node:child_process';
    import { superviseChild } from ${JSON.stringify(supervise)};
    process.exitCode = await superviseChild(spawn(process.execPath, ['-e', ${JSON.stringify(script)}], { stdio: 'inherit' }));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', parent], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

async function exitOf(child: ChildProcess): Promise<readonly unknown[]> {
  return await once(child, 'exit');
}

const waiting = `process.stdout.write('ready'); setInterval(() => {}, 1000);`;

describe('the supervisor of the real script', () => {
  it('passes the exit code on', async () => {
    const child = await startSupervised(`process.stdout.write('ready'); process.exitCode = 7;`);
    expect(await exitOf(child)).toEqual([7, null]);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'passes %s on and lets the script end in order',
    async (signal) => {
      const child = await startSupervised(`process.on('${signal}', () => process.exit(3)); ${waiting}`);
      child.kill(signal);
      expect(await exitOf(child)).toEqual([3, null]);
    },
  );

  it('says with which signal the script was ended', async () => {
    const child = await startSupervised(waiting);
    child.kill('SIGTERM');
    expect(await exitOf(child)).toEqual([128 + 15, null]);
  });
});

describe('scripts/run.mjs', () => {
  it('refuses an unknown task and names the known ones', async () => {
    const child = spawn(process.execPath, [path.join(repositoryRoot, 'scripts/run.mjs'), 'fly']);
    const said: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(Buffer.concat(said).toString()).toMatch(/unknown task 'fly'\n.*npm run start, npm run test/);
  });
});
