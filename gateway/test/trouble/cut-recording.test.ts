/** A recording that is cut in the middle of a record: it is replayed as far as it goes, and never passes for a whole one. */
import { cpSync, existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../e2e/process/gateway-process.ts';
import { type GatewaySite, prepareSite, readAudit } from '../e2e/process/gateway-site.ts';

let site: GatewaySite;
let session = '';
let file = '';

beforeAll(async () => {
  site = await prepareSite();
  await using gateway = await site.start();
  const client = await gateway.connect();
  for (let i = 0; i < 20; i += 1) await client.query(`SELECT ${i} AS n, repeat('x', 100) AS filler`);
  const recordings = path.join(site.dataDir, 'recordings');
  const name = await eventually(() =>
    readdirSync(recordings, { recursive: true, encoding: 'utf8' }).find((one) => one.endsWith('.rec')),
  );
  file = path.join(recordings, name);
  session = path.basename(name, '.rec');
  // A second look of the last statement: what is written is there.
  await eventually(() => readFileSync(file).includes('SELECT 19'));
  await eventually(() => site.records().some((one) => one['type'] === 'recording.mark'));
  gateway.kill('SIGKILL');
  await gateway.ended();
});

afterAll(async () => {
  await site[Symbol.asyncDispose]();
});

/** Bytes of a recording that the audit was told of. */
const told = (): number =>
  Math.max(
    ...site
      .records()
      .filter((one) => one['type'] === 'recording.mark')
      .map((one) => Number(one['bytes'])),
  );

/** The data folder of the dead gateway, with a recording of so many bytes. */
function cutTo(bytes: number): string {
  const dataDir = `${site.dataDir}-${bytes}`;
  cpSync(site.dataDir, dataDir, { recursive: true });
  truncateSync(file.replace(site.dataDir, dataDir), bytes);
  return dataDir;
}

/** Starts and stops a gateway over a data folder; gives its config. */
async function startedOnce(dataDir: string): Promise<string> {
  const config = `${dataDir}.json`;
  const keys = JSON.parse(readFileSync(site.configFile, 'utf8')) as object;
  writeFileSync(config, JSON.stringify({ ...keys, dataDir }));
  await using gateway = await site.start({ configFile: config });
  gateway.kill('SIGTERM');
  expect((await gateway.ended()).code).toBe(0);
  return config;
}

describe('a recording that is cut mid-record', () => {
  it('is replayed and exported up to its last whole frame, wherever it was cut', async () => {
    const { length } = readFileSync(file);
    let before = 0;
    for (const bytes of [17, 40, Math.floor(length / 3), Math.floor(length / 2), length - 9, length - 1]) {
      const dataDir = cutTo(bytes);
      const replayed = await site.run('sessions', 'replay', session, '--no-wait', '--data-dir', dataDir);
      expect(replayed.stderr).not.toMatch(/internal|\n\s+at /i);
      const exported = await site.run('sessions', 'export', session, '--data-dir', dataDir);
      const lines = exported.stdout.split('\n').filter((line) => line !== '');
      for (const line of lines) JSON.parse(line);
      expect(lines.length).toBeGreaterThanOrEqual(before);
      before = lines.length;
    }
    expect(before).toBeGreaterThan(20);
  });

  it('P4: is closed by the next start; cut behind what the audit was told it is proved, cut before it is found out', async () => {
    const bytes = readFileSync(file).length;
    for (const [length, isWhole] of [
      [bytes - 1, bytes - 1 >= told()],
      [told() - 1, false],
    ] as const) {
      const dataDir = cutTo(length);
      const config = await startedOnce(dataDir);
      const closed = readAudit(dataDir).find((one) => one['type'] === 'recording.closed');
      expect(closed).toMatchObject({ session, reason: 'cut' });
      const verified = await site.run('sessions', 'verify', '-c', config);
      expect(verified.code === 0, verified.stdout).toBe(isWhole);
      const replayed = await site.run('sessions', 'replay', session, '--no-wait', '--data-dir', dataDir);
      expect(replayed.code, 'as the help says').toBe(1);
      expect(replayed.stdout).toMatch(/cut/i);
    }
  });

  it('P4: cut to less than its first frame it is removed by the next start, and found to be gone', async () => {
    const dataDir = cutTo(40);
    const config = await startedOnce(dataDir);
    expect(existsSync(file.replace(site.dataDir, dataDir))).toBe(false);
    expect(readAudit(dataDir).filter((one) => one['type'] === 'recording.closed')).toEqual([]);
    const verified = await site.run('sessions', 'verify', '-c', config);
    expect(verified.code).toBe(1);
    expect(verified.stdout).toContain('its recording is gone, and the audit does not say why');
  });
});
