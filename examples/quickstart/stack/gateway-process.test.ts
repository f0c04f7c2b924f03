import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Folders, foldersAt } from './folders.ts';
import { startGateway } from './gateway-process.ts';

let state: string;
beforeEach(async () => {
  state = await mkdtemp(path.join(os.tmpdir(), 'sallyport-process-'));
});
afterEach(() => rm(state, { recursive: true, force: true }));

/** A program in the place of the `sallyport` command: what is tested here is how a process is handled. */
async function standIn(program: string): Promise<Folders> {
  const sallyport = path.join(state, 'stand-in.mjs');
  await writeFile(sallyport, program);
  return { ...foldersAt(state), sallyport };
}

const READY = { event: 'ready', listeners: [], api: 'https://127.0.0.1:1', ca: '/ca.crt' };

it('waits for the line that says ready, past other lines, and stops the process by SIGTERM', async () => {
  const marker = path.join(state, 'stopped-in-order');
  const folders = await standIn(`
    import { writeFileSync } from 'node:fs';
    process.on('SIGTERM', () => { writeFileSync(${JSON.stringify(marker)}, process.argv.slice(2).join(' ')); process.exit(0); });
    console.log('a line of something else');
    console.log('{"event":"starting"}');
    console.log(${JSON.stringify(JSON.stringify(READY))});
    setInterval(() => undefined, 1000);`);
  const gateway = await startGateway(folders);
  expect(gateway.ready).toEqual(READY);
  await Promise.all([gateway.stop(), gateway.ended]);
  await gateway.stop();
  expect(await readFile(marker, 'utf8')).toBe(`serve -c ${folders.gatewayConfig}`);
});

it('reports the last words of a gateway that does not start', async () => {
  const folders = await standIn(`console.error('sallyport.yaml:3:1: no such key'); process.exit(2);`);
  await expect(startGateway(folders)).rejects.toMatchObject({
    code: 'ERR_QUICKSTART_GATEWAY',
    message: expect.stringContaining('sallyport.yaml:3:1: no such key'),
  });
});

it('notices when a running gateway ends by itself', async () => {
  const folders = await standIn(`
    console.log(${JSON.stringify(JSON.stringify(READY))});
    setTimeout(() => process.exit(3), 50);`);
  const gateway = await startGateway(folders);
  await gateway.ended;
  await gateway.stop();
});
