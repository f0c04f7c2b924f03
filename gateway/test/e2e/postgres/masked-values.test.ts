/** P5: what clients send and a mask is for is on no record: audit, recordings, state, API, logs. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../../src/cli/cli.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - id: reads
    effect: allow
    on: sql
    match: { groups: [agents], kinds: [SELECT], tables: [public.people] }
    mask: [ { columns: ['*.email', 'public.people.code'], with: redact } ]
  - { id: writes, effect: allow, on: sql, match: { groups: [agents], kinds: [INSERT, UPDATE, COPY], tables: [public.people] } }
  - id: removals
    effect: allow
    on: sql
    match: { groups: [agents], kinds: [DELETE], tables: [public.people] }
    approval: { by: [dba], within: 5m, wait: 0s }
`;

const SET_UP = `
CREATE TABLE people (id int PRIMARY KEY, name text, email text UNIQUE, code int);
GRANT ALL ON people TO app;
`;

/** Stands in everything that meets a masked column; as number, and as the hex of its bytes and of an int4. */
const CANARIES = ['canary', '918273645', Buffer.from('canary').toString('hex'), '36bbbe6d'];

describe('values that meet masked columns', () => {
  let gateway: TestGateway;
  let client: pg.Client;
  beforeAll(async () => {
    gateway = await startTestGateway({
      policy: POLICY,
      setUp: SET_UP,
      logLevel: 'debug',
      api: { groups: { auditors: ['auditors'] } },
    });
    client = new pg.Client({ connectionString: await gateway.url() });
    await client.connect();
  }, 60_000);
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
  });

  const refused = (text: string, values?: unknown[]): Promise<string> =>
    client.query(text, values).then(
      () => expect.unreachable('it ran'),
      (error: Error) => error.message,
    );

  it('P5: are digests on every record, and the server gets them as they are', async () => {
    await client.query(
      "INSERT INTO people VALUES (1, 'Ada', 'canary1', 918273645), (2, 'Bob', E'canary\\x32', 5)",
    );
    await client.query("UPDATE people SET email = 'canary3' WHERE id = 1");
    await client.query('INSERT INTO people (id, name, email, code) VALUES ($1, $2, $3, $4)', [
      3,
      'Cid',
      'canary4',
      918273645,
    ]);
    const binary = {
      text: 'UPDATE people SET email = $1 WHERE id = $2',
      values: [Buffer.from('canary5'), 2],
      name: 'b',
    };
    await client.query(binary);
    expect(await refused("SELECT id FROM people WHERE email = 'canary6'")).toContain('POLICY_DENIED');
    await refused('SELECT id FROM people WHERE email = $1 AND code = 918273645', ['canary7']);
    await refused("SELECT id FROM people WHERE lower(email) LIKE 'canary%' -- fine");
    await refused("WITH c AS (SELECT 'canary8' AS x) SELECT id FROM people, c WHERE email = x");
    await refused("SELEC 1 FROM people WHERE email = 'canary9' -- canary");
    await refused("DO $$ BEGIN PERFORM 'canary10'; END $$");
    expect(await refused("INSERT INTO people VALUES (9, 'x', 'canary3', 1)")).toMatch(/duplicate key/);
    expect(await refused("DELETE FROM people WHERE email = 'canary11' AND id = 4711")).toContain(
      'POLICY_DENIED',
    );
    expect(await refused('DELETE FROM people WHERE id = 4711')).toContain('APPROVAL_PENDING');
    await client.query("PREPARE p AS UPDATE people SET email = 'canary12' WHERE id = $1; SELECT 1");
    await client.query('DEALLOCATE p');
    const copy = client.query(copyFrom('COPY people (id, email) FROM STDIN'));
    await new Promise((resolve, reject) => {
      copy.on('finish', resolve).on('error', reject);
      copy.end('10\tcanary13\n11\tcanary14\n');
    });
    const rows = await gateway.postgres.query(
      "SELECT count(*)::int AS n FROM people WHERE email LIKE 'canary%'",
    );
    expect(rows).toEqual([{ n: 5 }]);
    await client.end();
    const records = await gateway.recordsUntil((all) => all.some(({ type }) => type === 'recording.closed'));
    const session = String(records.find(({ type }) => type === 'recording.closed')?.['session']);

    const texts = records
      .filter(({ type }) => type === 'exchange.intent')
      .map(({ request }) => (request as { readonly text: string }).text);
    expect(texts.join('\n')).toMatch(
      /UPDATE people SET email = '\[digest local:[0-9a-f]{32}\]' WHERE id = 1/,
    );
    const story = await cli('sessions', 'replay', session, '--no-wait', '--data-dir', gateway.dataDir);
    expect(story).toMatch(/UPDATE people SET email = '\[digest local:[0-9a-f]{32}\]' WHERE id = 1/);
    const told = await answers(session);
    expect(told).toMatch(/DELETE FROM people WHERE email = '\[digest local:[0-9a-f]{32}\]' AND id = 4711/);
    for (const canary of CANARIES) {
      expect(story).not.toContain(canary);
      expect(told).not.toContain(canary);
      expect(gateway.logLines.join('\n')).not.toContain(canary);
      expect(filesWith(gateway.dataDir, canary)).toEqual([]);
    }
  }, 60_000);

  async function run(...argv: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
    let out = '';
    const io = {
      stdout: { write: (text: string) => (out += text) },
      stderr: { write: (text: string) => (out += text) },
    };
    return { code: await runCli(argv, io), out };
  }

  async function cli(...argv: readonly string[]): Promise<string> {
    const { code, out } = await run(...argv);
    expect(`${code}: ${out}`).toMatch(/^0: /);
    return out;
  }

  /** The index of recordings follows them; a search that finds nothing yet ends with another code. */
  async function found(...argv: readonly string[]): Promise<string> {
    await expect.poll(async () => (await run(...argv)).code, { timeout: 20_000 }).toBe(0);
    return cli(...argv);
  }

  /** What people are told by the API. */
  async function answers(session: string): Promise<string> {
    const by = async (groups: readonly string[]): Promise<readonly string[]> => {
      const token = await gateway.issuer.token({ sub: groups.join(), groups, client_id: 'console' });
      return ['--api', gateway.api, '--ca', gateway.caFile, '--token', token];
    };
    const dba = await by(['dba']);
    const reader = await by(['auditors']);
    const list = await cli('approvals', 'list', '--json', ...dba);
    const ids = new Set(list.match(/\bapr_[\w-]{24}/g));
    const told = [list, await cli('sessions', 'replay', session, '--no-wait', ...reader)];
    for (const id of ids) told.push(await cli('approvals', 'show', id, ...dba));
    told.push(await cli('sessions', 'show', session, '--json', '--data-dir', gateway.dataDir));
    told.push(await found('sessions', 'search', 'people', '--json', ...reader));
    return told.join('\n');
  }
});

function filesWith(folder: string, text: string): readonly string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return filesWith(path, text);
    return readFileSync(path).includes(text) ? [path] : [];
  });
}
