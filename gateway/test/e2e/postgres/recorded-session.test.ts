import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../../src/cli/cli.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

const POLICY = `apiVersion: sallyport.dev/v1
rules:
  - { id: connects, effect: allow, on: connect, match: { groups: [agents] } }
  - { id: reads, effect: allow, on: sql, match: { groups: [agents], kinds: [SELECT] } }
`;

describe('a recorded session', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway({
      policy: POLICY,
      setUp:
        "CREATE TABLE things (id int PRIMARY KEY, name text); INSERT INTO things SELECT n, 'thing ' || n FROM generate_series(1, 5) n; GRANT ALL ON things TO app",
    });
  }, 60_000);
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
  });

  async function cli(...argv: readonly string[]): Promise<string> {
    let out = '';
    const io = {
      stdout: { write: (text: string) => (out += text) },
      stderr: { write: (text: string) => (out += text) },
    };
    const code = await runCli([...argv, '--data-dir', gateway.dataDir], io);
    expect(`${code}: ${out}`).toMatch(/^0: /);
    return out;
  }

  it('is replayed with its questions, its answers and its refusals, and proved untouched', async () => {
    const client = new pg.Client({ connectionString: await gateway.url() });
    await client.connect();
    // Named, so that the second time nobody describes its rows but the gateway.
    const named = { name: 'by-id', text: 'SELECT id, name FROM things WHERE id <= $1 ORDER BY id' };
    await client.query({ ...named, values: [2] });
    await client.query({ ...named, values: [3] });
    await client.query('SELECT 1 / 0').catch(() => undefined);
    await client.query('DELETE FROM things').catch(() => undefined);
    await client.end();
    const records = await gateway.recordsUntil((all) => all.some(({ type }) => type === 'recording.closed'));
    const session = String(records.find(({ type }) => type === 'recording.closed')?.['session']);

    const story = await cli('sessions', 'replay', session, '--no-wait');
    expect(story).toContain('SELECT id, name FROM things WHERE id <= $1 ORDER BY id');
    expect(story).toMatch(/3\s*\|?\s*thing 3/);
    expect(story).toContain('division by zero');
    expect(story).toContain('DELETE FROM things');
    expect(story).toMatch(/POLICY_DENIED \[dec_\w+\] DELETE on public\.things/);
    expect(await cli('sessions', 'verify', session)).toContain('1 recordings checked');
    const lines = await cli('sessions', 'export', session, '--format', 'csv', '--exchange', '2');
    expect(lines).toContain('thing 3');
  });
});
