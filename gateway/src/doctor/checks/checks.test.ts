import { appendFileSync, chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { opened, openLog, temporaryFolder } from '../../../test/audit/audit-fixture.ts';
import { createTestCertificate } from '../../../test/support/certificates.ts';
import { AccessSite, DORA, ONCALL, offer, wanting } from '../../approvals/testing/access-fixture.ts';
import type { CheckResult } from '../../model/check-result.ts';
import { openStore } from '../../store/open-store.ts';
import { doctorContext } from '../testing/doctor-context.ts';
import { checkAudit } from './audit.ts';
import { checkCertificate } from './certificate.ts';
import { checkDataFolder } from './data-folder.ts';
import { checkIssuers } from './issuers.ts';
import { checkReviews } from './reviews.ts';
import { checkStateStore } from './state-store.ts';

const DAY_MS = 86_400_000;

const told = (results: readonly CheckResult[]): readonly string[] =>
  results.filter(({ level }) => level !== 'ok').map(({ level, message }) => `${level} ${message}`);

describe('the doctor on certificates', () => {
  async function site(options: { readonly agoDays?: number; readonly names?: readonly string[] } = {}) {
    const folder = temporaryFolder();
    const now = Date.now();
    const made = await createTestCertificate(path.join(folder, 'ca'), now - (options.agoDays ?? 0) * DAY_MS);
    const cert = path.join(folder, 'server.crt');
    const key = path.join(folder, 'server.key');
    writeFileSync(cert, made.cert);
    writeFileSync(key, made.key, { mode: 0o600 });
    const config = { tls: { cert, key, names: options.names ?? [] } };
    return { cert, key, made, check: () => checkCertificate(doctorContext({ config, nowMs: now })) };
  }

  it('finds one that is good good', async () => {
    expect(told(await (await site()).check())).toEqual([]);
  });

  it('tells one that ends soon, and one that has ended', async () => {
    expect(told(await (await site({ agoDays: 80 })).check())).toEqual([
      expect.stringMatching(/^warn the certificate ends in \d days$/),
    ]);
    expect(told(await (await site({ agoDays: 91 })).check())).toEqual([
      expect.stringMatching(/^fail .*expired at/),
    ]);
  });

  it('tells names that it lacks, and a key that others can read', async () => {
    const one = await site({ names: ['gateway.example'] });
    chmodSync(one.key, 0o640);
    expect(told(await one.check())).toEqual([
      expect.stringContaining('warn the certificate does not name gateway.example'),
      expect.stringContaining('has mode 640'),
    ]);
    chmodSync(one.key, 0o604);
    expect(told(await one.check()).join()).toContain('fail');
  });

  it('tells a chain out of order, and a key of another certificate, without a word of the key', async () => {
    const one = await site();
    const other = await site();
    writeFileSync(one.cert, one.made.cert + other.made.cert);
    expect(told(await one.check())).toContainEqual(
      expect.stringMatching(/^fail certificate \d of .* is not the issuer/),
    );
    writeFileSync(one.key, other.made.key);
    const text = told(await one.check()).join();
    expect(text).toContain('is not the key of the first certificate');
    expect(text).not.toContain('PRIVATE');
  });
});

describe('the doctor on the data folder', () => {
  it('takes a folder that is not there yet for what the first start makes', async () => {
    const context = doctorContext();
    rmSync(context.plan.dataDir, { recursive: true });
    expect(told(await checkDataFolder(context))).toEqual([]);
    expect(told(await checkStateStore(context))).toEqual([]);
  });

  it('tells a file in its place', async () => {
    const context = doctorContext();
    rmSync(context.plan.dataDir, { recursive: true });
    writeFileSync(context.plan.dataDir, '');
    expect(told(await checkDataFolder(context))).toEqual([expect.stringContaining('is no folder')]);
  });

  it('tells an audit that was changed, and one whose end a crash left torn', async () => {
    const context = doctorContext();
    const { dataDir } = context.plan;
    const log = await openLog(dataDir);
    await log.append([opened('ses_a')]);
    await log.close();
    expect(told(await checkAudit(context))).toEqual([]);
    const segment = path.join(dataDir, 'audit', '00000001.jsonl');
    const whole = readFileSync(segment, 'utf8');
    appendFileSync(segment, '{"seq":99');
    expect(told(await checkAudit(context))).toEqual([
      expect.stringContaining('warn a crash left 9 incomplete bytes'),
    ]);
    expect(told(await checkAudit({ ...context, isRunning: true }))).toEqual([]);
    writeFileSync(segment, whole.replace('ses_a', 'ses_b'));
    expect(told(await checkAudit(context))).toEqual([expect.stringMatching(/^fail .*changed/)]);
  });

  it('makes no key where there is none, and tells one that is lost', async () => {
    const context = doctorContext();
    expect(await checkAudit(context)).toMatchObject([{ level: 'ok', message: 'no audit yet' }]);
    const log = await openLog(context.plan.dataDir);
    await log.close();
    rmSync(path.join(context.plan.dataDir, 'audit-signing.key'));
    expect(told(await checkAudit(context))).toEqual([expect.stringContaining('restore the key')]);
  });

  it('tells a store that is damaged, or open to others', async () => {
    const context = doctorContext();
    const file = path.join(context.plan.dataDir, 'deep', 'state.sqlite');
    mkdirSync(path.dirname(file));
    openStore(file, []).close();
    expect(told(await checkStateStore(context))).toEqual([]);
    chmodSync(file, 0o644);
    expect(told(await checkStateStore(context))).toEqual([expect.stringContaining('has mode 644')]);
    writeFileSync(
      file,
      'not a database, but something long enough to be read as the header of one '.repeat(4),
    );
    expect(told(await checkStateStore(context)).join()).toContain('fail');
  });
});

describe('the doctor on issuers', () => {
  it('tells a clock that differs, by the Date of the answer, and an issuer without keys', async () => {
    const server = createServer((request, response) => {
      const metadata = { issuer: url, jwks_uri: `${url}/jwks` };
      response.setHeader('date', new Date(Date.now() - 120_000).toUTCString());
      response.end(JSON.stringify(request.url === '/jwks' ? { keys: [] } : metadata));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const identity = { issuers: [{ issuer: url, audience: ['a'] }] };
    expect(told(await checkIssuers(doctorContext({ config: { identity } })))).toEqual([
      'fail it publishes no key that can be used',
      expect.stringMatching(/^fail its clock differs from the gateway's by -1(19|20|21) s/),
    ]);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('the doctor on reviews of emergencies', () => {
  const DUE = Date.UTC(2026, 10, 28);
  const ask = {
    ...wanting({ principal: ONCALL, breakGlass: true }),
    offers: [offer({ breakGlass: { by: ['oncall'], reviewWithinMs: DAY_MS } })],
  };

  it('lists those that are open, says which are overdue, and nothing once somebody else looked', async () => {
    const site = new AccessSite();
    const dataDir = site.folder;
    const check = async (nowMs: number): Promise<readonly string[]> =>
      told(await checkReviews({ ...doctorContext({ nowMs }), plan: { ...doctorContext().plan, dataDir } }));
    expect(await check(DUE)).toEqual([]);
    mkdirSync(path.join(dataDir, 'state'));
    const approvals = await site.start({}, path.join(dataDir, 'state', 'state.sqlite'));
    expect(await check(DUE)).toEqual([]);
    const { id } = await approvals.access.ask(ask);
    expect(await check(DUE - 1)).toEqual([`warn 1 emergencies have their review open: ${id}`]);
    expect(await check(DUE)).toEqual([`warn 1 of 1 open reviews of emergencies are overdue: ${id}`]);
    await approvals.inbox.review(id, 'fine', DORA);
    expect(await check(DUE)).toEqual([]);
  });
});
