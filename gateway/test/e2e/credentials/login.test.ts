/** Real clients log in by a session credential, with nothing but the URL of the API's answer. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { runPsql } from '../../support/psql.ts';
import { mintCredential } from '../../support/session-credentials.ts';
import { askApi } from '../api/api-client.ts';

let gateway: TestGateway;
const secrets: string[] = [];

beforeAll(async () => {
  gateway = await startTestGateway({
    api: {},
    listener: { allowLoopbackPlaintext: true },
    resource: { databases: ['postgres', 'template1'] },
  });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
});

async function minted(wish: Record<string, unknown> = {}): ReturnType<typeof mintCredential> {
  const issued = await mintCredential(gateway, wish);
  secrets.push(issued.secret);
  return issued;
}

describe('a session credential', () => {
  it('opens a session in psql, bound to the TLS channel or not', async (context) => {
    const { url } = await minted();
    for (const mode of ['disable', 'prefer', 'require']) {
      const result = await runPsql(context, {
        url: `${url}&channel_binding=${mode}`,
        script: 'SELECT current_user;',
      });
      expect({ mode, ...result }).toMatchObject({ code: 0, stdout: 'app\n' });
    }
    const wrong = await runPsql(context, { url: url.replace(/slp_..../, 'slp_0000'), script: 'SELECT 1;' });
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('FATAL:  password authentication failed: the session credential is');
  });

  it('opens sessions in node-postgres, with channel binding as well', async () => {
    const { url } = await minted();
    for (const enableChannelBinding of [false, true]) {
      const client = new pg.Client({ connectionString: url, enableChannelBinding });
      await client.connect();
      expect((await client.query('SELECT $1::int AS n', [7])).rows).toEqual([{ n: 7 }]);
      await client.end();
    }
  });

  it('opens sessions in postgres.js', async () => {
    const { url } = await minted();
    const sql = postgres(url, { ssl: { ca: readFileSync(gateway.caFile) }, max: 2 });
    expect(await sql`SELECT ${'x'}::text AS x`).toEqual([{ x: 'x' }]);
    await sql.end();
  });

  it('opens a session without TLS where a listener permits that to this machine: SCRAM sends no secret', async () => {
    const { url } = await minted();
    const client = new pg.Client({ connectionString: url.replace(/\?.*/, '') });
    await client.connect();
    expect((await client.query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }]);
    await client.end();
  });

  it('opens another database where it is named', async () => {
    const client = new pg.Client({ connectionString: (await minted({ database: 'template1' })).url });
    await client.connect();
    expect((await client.query('SELECT current_database() AS name')).rows).toEqual([{ name: 'template1' }]);
    await client.end();
  });

  it('P11: is recorded as what its token proved, with the run as a hint', async () => {
    const { id, url } = await minted({ run: 'run-42', claims: { sub: 'ada', act: { sub: 'bot' } } });
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.end();
    const records = await gateway.recordsUntil((all) =>
      all.some((one) => one['type'] === 'credential.used' && one['credential'] === id),
    );
    const used = records.find((one) => one['type'] === 'credential.used' && one['credential'] === id);
    const opened = records.find(
      (one) => one['type'] === 'session.opened' && one['session'] === used?.['session'],
    );
    expect(opened).toMatchObject({
      principal: { subject: 'ada', groups: ['agents'], delegation: [{ subject: 'bot' }] },
      hints: { run: 'run-42' },
      details: { credential: id },
    });
    expect(opened?.['principal']).not.toHaveProperty('run');
    const token = await gateway.issuer.token({ groups: ['admins'] });
    const listed = await askApi(gateway, '/v1/sessions?principal=ada', { token });
    expect(listed.json).toMatchObject({ sessions: [{ session: opened?.['session'], credential: id }] });
    const issued = records.find((one) => one['type'] === 'credential.issued' && one['credential'] === id);
    expect(issued).toMatchObject({ resource: 'shop', account: 'app', run: 'run-42' });
  });

  it('P6: its secret is in no record, no log and no store', async () => {
    const files = readdirSync(gateway.dataDir, { recursive: true, encoding: 'utf8' })
      .map((name) => join(gateway.dataDir, name))
      .filter((file) => statSync(file).isFile());
    const written =
      files.map((file) => readFileSync(file, 'latin1')).join('\n') + gateway.logLines.join('\n');
    expect(written).toContain('SCRAM-SHA-256$4096:');
    expect(secrets.length).toBeGreaterThan(4);
    for (const secret of secrets) expect(written).not.toContain(secret);
  });
});
