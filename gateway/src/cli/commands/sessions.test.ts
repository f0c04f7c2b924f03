import { describe, expect, it } from 'vitest';
import {
  closed,
  intent,
  opened,
  openLog,
  outcome,
  temporaryFolder,
} from '../../../test/audit/audit-fixture.ts';
import { runCli } from '../cli.ts';
import { filterOf } from './sessions-list.ts';

async function run(...argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const texts = { out: '', err: '' };
  const code = await runCli(argv, {
    stdout: { write: (text) => (texts.out += text) },
    stderr: { write: (text) => (texts.err += text) },
  });
  return { code, ...texts };
}

async function makeLog(): Promise<string> {
  const folder = temporaryFolder();
  const log = await openLog(folder);
  await log.append([opened('ses_a'), intent('ses_a', 1, { request: { text: 'SELECT\n\tname FROM t' } })]);
  await log.append([
    intent('ses_a', 2, {
      request: { text: `DROP TABLE t -- \u001b]0;owned\u0007\u202e ${'x'.repeat(300)}` },
      effect: 'deny',
      rules: [],
      cause: 'default',
    }),
  ]);
  await log.append([outcome('ses_a', 1), intent('ses_a', 3), closed('ses_a', 3, 1), opened('ses_b', 'bob')]);
  await log.close();
  return folder;
}

describe('sallyport sessions list', () => {
  it('prints a table, the last opened first', async () => {
    const { code, out } = await run('sessions', 'list', '-d', await makeLog());
    expect(code).toBe(0);
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).toMatch(
      /^SESSION +OPENED \(.+\) +LASTED +PRINCIPAL +RESOURCE +EXCHANGES +REFUSED +STATE$/,
    );
    expect(lines[1]).toMatch(
      /^ses_b +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +claims-bot for bob +reader@pg-prod +0 +0 +open$/,
    );
    expect(lines[2]).toMatch(
      /^ses_a +.* \d+ ms +claims-bot for alice +reader@pg-prod +3 +1 +closed: client left$/,
    );
  });

  it('prints JSON and filters', async () => {
    const folder = await makeLog();
    const { out } = await run('sessions', 'list', '-d', folder, '--json', '--principal', 'bob');
    expect(JSON.parse(out)).toMatchObject([{ session: 'ses_b', state: 'open' }]);
    expect(
      JSON.parse((await run('sessions', 'list', '-d', folder, '--json', '--limit', '1')).out),
    ).toHaveLength(1);
    expect((await run('sessions', 'list', '-d', folder, '--resource', 'none')).out).toBe('no sessions\n');
  });

  it.each([
    [['--limit', '0'], '--limit'],
    [['--limit', '1e3x'], '--limit'],
    [['--since', 'yesterday'], '--since'],
    [['--since', '5'], '--since'],
  ])('exits 2 on %j', async (options, named) => {
    expect(await run('sessions', 'list', '-d', temporaryFolder(), ...options)).toMatchObject({
      code: 2,
      err: expect.stringContaining(named),
    });
  });

  it('understands a span and a point in time', () => {
    expect(filterOf({ limit: '5', since: '2h' }, 10_000_000)).toEqual({ limit: 5, sinceMs: 2_800_000 });
    expect(filterOf({ limit: '5', since: '2026-11-26T12:00:00Z' }, 0)).toEqual({
      limit: 5,
      sinceMs: Date.UTC(2026, 10, 26, 12),
    });
  });
});

describe('sallyport sessions show', () => {
  it('prints one line an exchange, cut to a line and without anything that drives a terminal', async () => {
    const { code, out } = await run('sessions', 'show', 'ses_a', '-d', await makeLog());
    expect(code).toBe(0);
    expect(out).toMatch(/^principal +alice of https:\/\/idp\.example$/m);
    expect(out).toMatch(/^claimed +application_name=psql \(unverified\)$/m);
    expect(out).toMatch(
      /^1 +\d\d:\d\d:\d\d\.\d{3} +permit: analytics-read +ok: SELECT 1 +3 ms +SELECT name FROM t$/m,
    );
    expect(out).toMatch(
      /^2 +.* deny: default +not forwarded +DROP TABLE t -- \\u\{1b\}\]0;owned\\u\{7\}\\u\{202e\} x+…$/m,
    );
    expect(out).toMatch(/^3 +.* permit: analytics-read +none yet +SELECT 3$/m);
    expect(out).toMatch(/closed .*: client left; 3 exchanges, 1 refused$/m);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what must not be there
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  });

  it('prints all records in full as JSON', async () => {
    const { code, out } = await run('sessions', 'show', 'ses_a', '-d', await makeLog(), '--json');
    expect(code).toBe(0);
    const records = JSON.parse(out) as { event: { type: string; request?: { text: string } } }[];
    expect(records).toHaveLength(6);
    expect(records[2]?.event.request?.text).toContain('x'.repeat(300));
  });

  it('exits 1 when there is no such session', async () => {
    const folder = await makeLog();
    expect(await run('sessions', 'show', 'ses_x', '-d', folder)).toEqual({
      code: 1,
      out: '',
      err: 'no session ses_x in the audit log\n',
    });
    expect(await run('sessions', 'show', 'ses_x', '-d', folder, '--json')).toMatchObject({
      code: 1,
      out: '[]\n',
    });
  });
});
