/** The disk of the recordings fills up while a result streams to a client of a real gateway. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from './gateway-process.ts';
import { prepareSite } from './gateway-site.ts';

/** Forty megabytes, of which the disk takes four. */
const LARGE = "SELECT n, repeat('x', 1000) AS filler FROM generate_series(1, 40000) n";

describe('a disk of recordings that fills up', () => {
  it('P4: stops the result and ends the session; the gateway serves on when there is room', async (context) => {
    await using site = await prepareSite({ config: { recording: { resultBytes: 1_000_000_000 } } });
    const folder = path.join(site.dataDir, 'recordings');
    mkdirSync(folder, { recursive: true });
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'sallyport-test', folder], { stdio: 'pipe' });
    } catch {
      context.skip('a small tmpfs can be mounted by root only');
    }
    try {
      await using gateway = await site.start();
      const client = await gateway.connect();
      const ended = new Promise<void>((resolve) => client.once('end', resolve));
      let rows = 0;
      const error = await client.query(LARGE).then(
        (result) => (rows = result.rows.length),
        (cause: unknown) => cause,
      );
      expect(error).toMatchObject({ code: '58030', message: expect.stringMatching(/cannot record/) });
      // Its log comes by another pipe than the answer.
      await eventually(() => gateway.output().includes('ERR_RECORDING_UNWRITABLE'));
      expect(rows).toBe(0);
      await ended;
      const failed = await eventually(() => site.records().find(({ type }) => type === 'recording.failed'));
      const session = String(failed['session']);
      expect(failed['cause']).toContain('ENOSPC');
      await eventually(() =>
        site.records().some((one) => one['type'] === 'session.closed' && one['session'] === session),
      );
      execFileSync('mount', ['-o', 'remount,size=64m', folder], { stdio: 'pipe' });
      const next = await gateway.connect();
      expect((await next.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
      await next.end();
      gateway.kill('SIGTERM');
      expect((await gateway.ended()).code).toBe(0);
      expect(statSync(folder).isDirectory()).toBe(true);
      await using again = await site.start();
      await eventually(() =>
        site
          .records()
          .some(
            (one) =>
              one['type'] === 'recording.closed' && one['session'] === session && one['reason'] === 'cut',
          ),
      );
      again.kill('SIGTERM');
      await again.ended();
      const verified = await site.run('sessions', 'verify', '-c', site.configFile);
      expect(verified.code, verified.stdout).toBe(0);
    } finally {
      execFileSync('umount', ['--lazy', folder], { stdio: 'pipe' });
    }
  });
});
