import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DoctorReport } from '../../../src/doctor/doctor.ts';
import type { CheckResult } from '../../../src/model/check-result.ts';
import { startTestGateway } from '../../support/gateway.ts';
import { type ConfigChange, type DoctorSite, POLICY, run, startDoctorSite } from './doctor-site.ts';

let site: DoctorSite;

beforeAll(async () => {
  site = await startDoctorSite();
});

afterAll(async () => {
  await site[Symbol.asyncDispose]();
});

async function examine(change: ConfigChange = {}): Promise<DoctorReport & { readonly code: number }> {
  const { code, out, err } = await run('doctor', '-c', site.config(change), '--json');
  expect(err).toBe('');
  return { ...(JSON.parse(out) as DoctorReport), code };
}

const bad = ({ results }: DoctorReport): readonly string[] =>
  results
    .filter(({ level }) => level !== 'ok')
    .map(({ check, level, message }) => `${level} ${check}: ${message}`);

const of = ({ results }: DoctorReport, check: string): readonly CheckResult[] =>
  results.filter((result) => result.check.startsWith(check));

describe('sallyport doctor', { timeout: 60_000 }, () => {
  it('prints one line a check, what to do, and what closes the direct path', async () => {
    const { code, out } = await run('doctor', '-c', site.config());
    expect(code).toBe(0);
    const plain = out
      .replaceAll(site.folder, '/site')
      .replaceAll(site.issuer.url, 'http://issuer')
      .replaceAll(String(site.postgres.server.port), '5432')
      .replace(/PostgreSQL [\d.]+/, 'PostgreSQL 18.1')
      .replace(/\d+ MiB are free/, 'N MiB are free')
      .replace(/sp1\.[\w.-]+/, 'sp1.CHALLENGE')
      .replaceAll(/ {2,}/g, '  ');
    await expect(plain).toMatchFileSnapshot('doctor.golden');
  });

  it('leaves nothing behind but the key of its challenges', async () => {
    await examine();
    expect(readdirSync(site.dataDir)).toEqual(['doctor.key']);
  });

  it('P6: tells no secret, whatever fails', async () => {
    const secret = 'canary-secret-of-the-account';
    writeFileSync(path.join(site.folder, 'wrong'), secret, { mode: 0o600 });
    const accounts = [{ name: 'app', credential: { file: path.join(site.folder, 'wrong') } }];
    const report = await examine({ resource: { accounts } });
    expect(report.code).toBe(1);
    expect(of(report, 'resource shop')).toMatchObject([
      { level: 'fail', remedy: "check the account's secret and pg_hba.conf" },
    ]);
    expect(JSON.stringify(report)).not.toContain(secret);
  });

  it('refuses a superuser, and says which attributes and tables a login has that it need not', async () => {
    const { user, password } = site.postgres.server.superuser;
    writeFileSync(path.join(site.folder, 'root'), password, { mode: 0o600 });
    const root = { name: 'root', user, credential: { file: path.join(site.folder, 'root') } };
    const refused = await examine({ resource: { accounts: [root] } });
    expect(bad(refused).join('\n')).toMatch(/fail resource shop, account root: .*superuser/);
    const allowed = await examine({ resource: { accounts: [{ ...root, allowSuperuser: true }] } });
    expect(bad(allowed).join('\n')).toMatch(/warn resource shop, account root: the login is SUPERUSER/);
    const owner = await site.postgres.createRole('owner', 'CREATEDB');
    await site.postgres.query('CREATE TABLE owned (id int); ALTER TABLE owned OWNER TO owner');
    writeFileSync(path.join(site.folder, 'owner'), owner.password, { mode: 0o644 });
    const accounts = [{ name: 'owner', credential: { file: path.join(site.folder, 'owner') } }];
    const text = bad(await examine({ resource: { accounts } })).join('\n');
    expect(text).toContain('the login is CREATEDB');
    expect(text).toContain('the login owns 1 tables');
    expect(text).toMatch(/warn resource shop, account owner: .*owner.* can be read/);
  });

  it('tells TLS that proves nothing, and a server of another name', async () => {
    const unverified = await examine({ resource: { tls: { mode: 'require' } } });
    expect(bad(unverified).join('\n')).toContain("the server's certificate is not verified");
    const ca = site.postgres.certificate.caFile;
    const other = await examine({ resource: { tls: { mode: 'verify-full', ca, serverName: 'other.test' } } });
    expect(of(other, 'resource')).toMatchObject([
      { level: 'fail', remedy: expect.stringContaining('serverName') },
    ]);
  });

  it('tells an issuer that does not answer, or whose clock is wrong for tokens', async () => {
    const issuers = [{ issuer: 'http://127.0.0.1:1', audience: ['a'] }];
    const report = await examine({ more: { identity: { issuers } } });
    expect(of(report, 'issuer')).toMatchObject([
      { level: 'fail', message: expect.stringContaining('ECONNREFUSED') },
    ]);
  });

  it('tells a data folder that is open to others, a policy that does not compile, a port that is taken', async () => {
    chmodSync(site.dataDir, 0o777);
    writeFileSync(site.policyFile, POLICY.replace('SELECT', 'SELEKT'));
    const listeners = [{ protocol: 'postgres', listen: `127.0.0.1:${site.postgres.server.port}` }];
    const report = await examine({ more: { listeners } });
    chmodSync(site.dataDir, 0o700);
    writeFileSync(site.policyFile, POLICY);
    const text = bad(report).join('\n');
    expect(report.code).toBe(1);
    expect(text).toContain('fail data folder: every user may write');
    expect(text).toMatch(/fail policy: .*policy\.yaml:4:\d+/);
    expect(text).toMatch(/fail listener postgres: cannot listen .*EADDRINUSE/);
  });

  it('examines a gateway that runs: its audit, its ports, and groups that nobody ever had', async () => {
    await using gateway = await startTestGateway({ policy: POLICY, durability: 'written' });
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: await gateway.url() });
    await client.connect();
    await client.end();
    await gateway.recordsUntil((records) => records.some(({ type }) => type === 'session.closed'));
    const listeners = [{ protocol: 'postgres', listen: `127.0.0.1:${gateway.port}` }];
    const report = await examine({ more: { dataDir: gateway.dataDir, listeners } });
    expect(of(report, 'listener')).toMatchObject([
      { level: 'ok', message: expect.stringContaining('answers') },
    ]);
    expect(of(report, 'audit')).toMatchObject([
      { level: 'ok', message: expect.stringContaining('verifies') },
    ]);
    expect(of(report, 'certificate')).toMatchObject([{ level: 'ok' }]);
    expect(of(report, 'groups')).toMatchObject([
      {
        level: 'warn',
        message: expect.stringContaining('"reporters", but nobody had it in the last 1 session'),
      },
    ]);
  });

  it('is called wrongly with exit code 2', async () => {
    expect((await run('doctor')).code).toBe(2);
    expect((await run('doctor', '--probe', 'nonsense')).err).toContain('ERR_DOCTOR_CHALLENGE');
    expect((await run('doctor', '-c', site.config(), '--from', site.policyFile)).err).toContain(
      'ERR_DOCTOR_ANSWER',
    );
  });
});
