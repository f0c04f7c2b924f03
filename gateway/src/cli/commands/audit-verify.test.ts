import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { closed, intent, opened, openLog, temporaryFolder } from '../../../test/audit/audit-fixture.ts';
import { runCli } from '../cli.ts';

const CONFIG = `
dataDir: .
identity: { issuers: [{ issuer: "https://idp.example", audience: [gateway] }] }
policy: { folder: rules }
listeners: [{ protocol: postgres, listen: "127.0.0.1:0" }]
resources:
  - name: pg
    protocol: postgres
    host: 127.0.0.1
    database: shop
    tls: { mode: verify-full }
    defaultAccount: app
    accounts: [{ name: app, credential: { env: PG_PASSWORD } }]
`;

interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(...argv: readonly string[]): Promise<Result> {
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
  await log.append([opened('ses_a'), intent('ses_a', 1, { effect: 'deny' }), closed('ses_a', 1, 1)]);
  await log.close();
  return folder;
}

function tamper(folder: string): void {
  const path = join(folder, 'audit', '00000001.jsonl');
  writeFileSync(path, readFileSync(path, 'utf8').replace('SELECT 1', 'SELECT 2'));
}

describe('sallyport audit verify', () => {
  it('exits 0 for a log that is as it was written, and prints a head that serves as anchor later', async () => {
    const folder = await makeLog();
    const { code, out } = await run('audit', 'verify', '--data-dir', folder);
    expect(code).toBe(0);
    expect(out).toContain('ok: 6 records in 1 segments');
    const [, anchor = ''] = /^head (\S+)$/m.exec(out) ?? [];
    const again = await run(
      'audit',
      'verify',
      '--data-dir',
      folder,
      '--anchor',
      anchor,
      '--public-key',
      join(folder, 'audit-signing.pub'),
    );
    expect(again.code).toBe(0);
    expect(again.out).not.toContain('note:');
  });

  it('exits 1 for a broken log and names segment, line and record', async () => {
    const folder = await makeLog();
    tamper(folder);
    const { code, out } = await run('audit', 'verify', '--data-dir', folder);
    expect(code).toBe(1);
    expect(out).toMatch(
      /^00000001\.jsonl:4: changed: record 4 was changed: its hash says [0-9a-f]{64}, its bytes hash to [0-9a-f]{64}$/m,
    );
    expect(out).toContain('FAIL: 1 finding: ');
  });

  it('exits 1 for a log that was begun anew with another key, against a public key kept elsewhere', async () => {
    const folder = await makeLog();
    const kept = join(temporaryFolder(), 'kept.pub');
    cpSync(join(folder, 'audit-signing.pub'), kept);
    for (const name of ['audit', 'audit-signing.key', 'audit-signing.pub'])
      rmSync(join(folder, name), { recursive: true });
    await (await openLog(folder)).close();
    expect((await run('audit', 'verify', '-d', folder)).code).toBe(0);
    const { code, out } = await run('audit', 'verify', '-d', folder, '--public-key', kept);
    expect(code).toBe(1);
    expect(out).toContain('signature: the segment names key');
  });

  it('prints the report as JSON', async () => {
    const folder = await makeLog();
    tamper(folder);
    const { code, out } = await run('audit', 'verify', '--data-dir', folder, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      records: 6,
      findings: [{ kind: 'changed', file: '00000001.jsonl', line: 4, seq: 4 }],
    });
  });

  it('takes the data folder from the config file', async () => {
    const folder = await makeLog();
    const config = join(folder, 'sallyport.yaml');
    writeFileSync(config, CONFIG);
    expect(await run('audit', 'verify', '--config', config)).toMatchObject({ code: 0, err: '' });
    rmSync(join(folder, 'audit'), { recursive: true });
    expect(await run('audit', 'verify', '--config', config)).toMatchObject({
      code: 2,
      err: expect.stringContaining(folder),
    });
  });

  it('exits 2 when there is nothing to read, no folder is named, or the anchor is none', async () => {
    const folder = await makeLog();
    expect(await run('audit', 'verify', '--data-dir', temporaryFolder())).toMatchObject({
      code: 2,
      err: expect.stringContaining('there is no audit log'),
    });
    expect(await run('audit', 'verify')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--data-dir'),
    });
    expect(await run('audit', 'verify', '-d', folder, '--anchor', '7')).toMatchObject({
      code: 2,
      err: expect.stringContaining('seq:hash'),
    });
    expect(await run('audit', 'verify', '-d', folder, '--public-key', join(folder, 'none'))).toMatchObject({
      code: 2,
      err: expect.stringContaining('ERR_AUDIT_KEY'),
    });
    const noKey = import.meta.filename;
    expect(await run('audit', 'verify', '-d', folder, '--public-key', noKey)).toMatchObject({
      code: 2,
      err: expect.stringContaining('it is no public key in PEM'),
    });
  });
});
