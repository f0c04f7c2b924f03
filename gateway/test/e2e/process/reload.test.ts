/** Policy that changes under a gateway that serves: good ones act at once, broken ones never. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALLOW_ALL, type AuditRecord } from '../../support/gateway.ts';
import { eventually, type GatewayProcess } from './gateway-process.ts';
import { type GatewaySite, prepareSite } from './gateway-site.ts';

const NO_SECRETS = `${ALLOW_ALL}  - { id: no-secrets, effect: deny, on: sql, match: { tables: [public.secrets] }, message: Ask the vault. }
`;
const BROKEN = `${ALLOW_ALL}  - { id: broken, effect: maybe, on: sql }\n`;

let site: GatewaySite;
let gateway: GatewayProcess;
let live: pg.Client;

beforeAll(async () => {
  site = await prepareSite({
    setUp: `CREATE TABLE secrets (n int); INSERT INTO secrets VALUES (42); GRANT ALL ON secrets TO app;`,
  });
  gateway = await site.start();
  live = await gateway.connect();
});

afterAll(async () => {
  await live.end();
  await gateway[Symbol.asyncDispose]();
  await site[Symbol.asyncDispose]();
});

const ask = async (client: pg.Client): Promise<unknown> =>
  (await client.query<{ n: number }>('SELECT n FROM secrets')).rows[0]?.n;

const recorded = (type: string): Promise<readonly AuditRecord[]> =>
  eventually(() => {
    const found = site.records().filter((record) => record['type'] === type);
    return found.length > 0 ? found : undefined;
  });

describe('reload', () => {
  it('P8: vulnerability class 29: a broken policy on file change is told loudly, recorded, and never takes effect', async () => {
    expect(await ask(live)).toBe(42);
    writeFileSync(site.policyFile, BROKEN);
    await gateway.says(
      /"level":"error".*policy refused, the last good one stays in force.*policy\.yaml:5:\d+/,
    );
    const [rejected] = await recorded('policy.rejected');
    const [loaded] = await recorded('policy.loaded');
    expect(rejected?.['errors']).toEqual([expect.stringMatching(/policy\.yaml:5:\d+: .*effect/s)]);
    expect(rejected?.['kept']).toEqual(loaded?.['policy']);
    expect(await ask(live)).toBe(42);
    const fresh = await gateway.connect();
    expect(await ask(fresh)).toBe(42);
    await fresh.end();
  });

  it('P8: so is one that SIGHUP brings, a file that is no YAML, and a folder that is gone', async () => {
    writeFileSync(site.policyFile, 'rules: [');
    gateway.kill('SIGHUP');
    await gateway.says(/policy refused.*flow sequence/);
    renameSync(site.policyFile, `${site.policyFile}.away`);
    gateway.kill('SIGHUP');
    await eventually(() => site.records().filter((one) => one['type'] === 'policy.rejected').length >= 3);
    rmSync(`${site.policyFile}.away`);
    expect(await ask(live)).toBe(42);
  });

  it('P8: a good policy acts on the next exchange of a live session, and back', async () => {
    writeFileSync(site.policyFile, NO_SECRETS);
    gateway.kill('SIGHUP');
    const denial = await eventually(() =>
      ask(live).then(
        () => undefined,
        (error: unknown) => error,
      ),
    );
    expect(denial).toMatchObject({ code: '42501', message: expect.stringContaining('Ask the vault') });
    expect((await live.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    const loaded = await recorded('policy.loaded');
    const intents = await recorded('exchange.intent');
    const denied = intents.find((intent) => intent['effect'] === 'deny');
    expect(denied).toMatchObject({ rules: ['no-secrets'], policy: loaded.at(-1)?.['policy'] });
    expect(denied?.['policy']).not.toEqual(intents[0]?.['policy']);
    writeFileSync(site.policyFile, ALLOW_ALL);
    await eventually(() =>
      ask(live).then(
        (n) => n === 42,
        () => undefined,
      ),
    );
  });
});
