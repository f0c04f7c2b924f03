/** Session credentials across restarts of the process, and the config file read anew at SIGHUP. */
import { readFileSync, writeFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AUDIENCE } from '../../support/issuer.ts';
import type { GatewayProcess } from './gateway-process.ts';
import { type GatewaySite, prepareSite } from './gateway-site.ts';

let site: GatewaySite;

beforeAll(async () => {
  site = await prepareSite({ config: { api: { listen: '127.0.0.1:0' } } });
});

afterAll(async () => {
  await site[Symbol.asyncDispose]();
});

/** Mints by the command line: `KEY=value` of the JSON that it prints. */
async function mint(
  gateway: GatewayProcess,
  ...argv: readonly string[]
): Promise<{ url: string; id: string }> {
  const [, api = ''] = await gateway.says(/"api":"(https:[^"]+)"/);
  const token = await site.issuer.token();
  const login = ['--api', api, '--ca', gateway.caFile, '--token', token];
  const { code, stdout, stderr } = await site.run(
    'credential',
    'create',
    'shop',
    '--json',
    ...argv,
    ...login,
  );
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as { url: string; id: string };
}

/** The same credential at another port, because each process takes a free one. */
function at(gateway: GatewayProcess, url: string): string {
  return url.replace(/@localhost:\d+/, `@localhost:${gateway.port}`);
}

async function query(url: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query('SELECT 1 AS one')).rows;
  } finally {
    await client.end();
  }
}

function setIssuers(mapping: object): void {
  const config = JSON.parse(readFileSync(site.configFile, 'utf8')) as object;
  const issuers = [{ issuer: site.issuer.url, audience: [AUDIENCE], groupMapping: mapping }];
  writeFileSync(site.configFile, JSON.stringify({ ...config, identity: { issuers } }));
}

describe('session credentials', () => {
  it('P12: survive kill -9 with the uses that are left, and no more', async () => {
    let credential: { url: string; id: string };
    {
      await using gateway = await site.start();
      credential = await mint(gateway, '--uses', '2');
      expect(await query(credential.url)).toEqual([{ one: 1 }]);
      gateway.kill('SIGKILL');
      await gateway.ended();
    }
    await using gateway = await site.start();
    const url = at(gateway, credential.url);
    expect(await query(url)).toEqual([{ one: 1 }]);
    await expect(query(url)).rejects.toMatchObject({ code: '28P01' });
    const used = site.records().filter((one) => one['type'] === 'credential.used');
    expect(used.map((one) => one['credential'])).toEqual([credential.id, credential.id]);
  });

  it('P12: follow a group mapping that SIGHUP brings; a config with a mistake changes nothing', async () => {
    await using gateway = await site.start();
    const { url } = await mint(gateway);
    const live = new pg.Client({ connectionString: url });
    await live.connect();
    const ended = Promise.withResolvers<Error>();
    live.on('error', (error) => ended.resolve(error));
    const good = readFileSync(site.configFile, 'utf8');
    writeFileSync(site.configFile, 'listeners: [');
    gateway.kill('SIGHUP');
    await gateway.says(/config refused, the one in force stays/);
    expect((await live.query('SELECT 2 AS two')).rows).toEqual([{ two: 2 }]);

    writeFileSync(site.configFile, good);
    setIssuers({ map: { agents: ['nobodies'] } });
    gateway.kill('SIGHUP');
    expect(await ended.promise).toMatchObject({ message: expect.stringMatching(/^POLICY_DENIED/) });
    await expect(query(url)).rejects.toMatchObject({ code: '42501' });

    setIssuers({ map: { agents: ['agents'] } });
    gateway.kill('SIGHUP');
    const isBack = (): Promise<boolean> =>
      query(url).then(
        () => true,
        () => false,
      );
    while (!(await isBack()));
  });
});
