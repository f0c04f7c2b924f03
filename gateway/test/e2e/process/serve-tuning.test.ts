/** `sallyport serve` runs with a small young generation, which masked results need, and stays the process that was started. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewaySite, prepareSite } from './gateway-site.ts';

let site: GatewaySite;

beforeAll(async () => {
  site = await prepareSite();
});

afterAll(async () => {
  await site[Symbol.asyncDispose]();
});

/** The arguments of a process, as the system knows them. */
function argumentsOf(pid: number): readonly string[] {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
}

describe.runIf(process.platform === 'linux')('sallyport serve', () => {
  it('bounds the young generation, under the pid that was started, and serves', async () => {
    await using gateway = await site.start();
    const semiSpaces = argumentsOf(gateway.pid).filter((one) => one.startsWith('--max-semi-space-size='));
    expect(semiSpaces).toEqual(['--max-semi-space-size=2']);
    const client = await gateway.connect();
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await client.end();
    gateway.kill('SIGTERM');
    expect((await gateway.ended()).code).toBe(0);
  });

  it('leaves what the administrator chose, on the command line or in NODE_OPTIONS', async () => {
    await using chosen = await site.start({ nodeFlags: ['--max-semi-space-size=32'] });
    const flags = argumentsOf(chosen.pid).filter((one) => one.includes('semi-space'));
    expect(flags).toEqual(['--max-semi-space-size=32']);
    chosen.kill('SIGTERM');
    await chosen.ended();
    await using inherited = await site.start({ env: { NODE_OPTIONS: '--max_semi_space_size=32' } });
    expect(argumentsOf(inherited.pid).filter((one) => one.includes('semi-space'))).toEqual([]);
  });
});
