import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from './check/source-files.ts';

const supervise = path.join(repositoryRoot, 'scripts/bootstrap/supervise-child.mjs');

/** The text of a program that supervises a child which runs `script`. */
function parentOf(script: string): string {
  return `
    import { spawn } from 'node:child_process';
    import { superviseChild } from ${JSON.stringify(supervise)};
    process.exitCode = await superviseChild(spawn(process.execPath, ['-e', ${JSON.stringify(script)}], { stdio: 'inherit' }));`;
}

/** Starts such a program; resolves when the child has said that it is ready. */
async function startSupervised(script: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', parentOf(script)], {
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

describe('the supervisor under npm', () => {
  it('ends the script when npm is killed', async () => {
    // A stand-in for npm: it starts the supervisor and is killed without a chance to pass that on.
    const scriptText = `process.on('SIGTERM', () => { process.stdout.write(' ended'); process.exit(); }); ${waiting}`;
    const supervisor = parentOf(scriptText);
    const npm = `
      require('node:child_process').spawn(process.execPath, ['--input-type=module', '-e', ${JSON.stringify(supervisor)}],
        { stdio: 'inherit' });`;
    const child = spawn(process.execPath, ['-e', npm], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, npm_lifecycle_event: 'start' },
    });
    const said: string[] = [];
    child.stdout.setEncoding('utf8').on('data', (text: string) => said.push(text));
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    // The pipe closes when the last of them is gone.
    await once(child.stdout, 'close');
    expect(said.join('')).toBe('ready ended');
  });

  it('is reached by signals, because the scripts of package.json replace the shell', () => {
    const { scripts } = JSON.parse(readFileSync(path.join(repositoryRoot, 'package.json'), 'utf8'));
    for (const command of Object.values(scripts)) expect(command).toMatch(/^exec node scripts\/run\.mjs /);
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
