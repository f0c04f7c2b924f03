import { mkdirSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProbeAnswer } from '../../../src/doctor/direct-path/answer.ts';
import type { DoctorReport } from '../../../src/doctor/doctor.ts';
import { postgres } from '../../../src/protocols/postgres/index.ts';
import { type DoctorSite, run, startDoctorSite } from './doctor-site.ts';

let site: DoctorSite;
/** Stands for the gateway, which the probe has to reach. */
const control = createServer((socket) => socket.destroy());
let gateway: string;

beforeAll(async () => {
  site = await startDoctorSite();
  await new Promise<void>((resolve) => control.listen(0, '127.0.0.1', resolve));
  gateway = `127.0.0.1:${(control.address() as AddressInfo).port}`;
});

afterAll(async () => {
  control.close();
  await site[Symbol.asyncDispose]();
});

async function doctor(config: string, ...more: readonly string[]): Promise<DoctorReport> {
  return JSON.parse(
    (await run('doctor', '-c', config, '--json', '--gateway', gateway, ...more)).out,
  ) as DoctorReport;
}

async function probe(challenge: string): Promise<ProbeAnswer & { readonly code: number }> {
  const { code, out } = await run('doctor', '--probe', challenge);
  return { ...(JSON.parse(out) as ProbeAnswer), code };
}

function save(answer: object): string {
  const file = path.join(site.folder, 'probe.json');
  writeFileSync(file, JSON.stringify(answer));
  return file;
}

/** What the doctor says of the direct path when it is given this answer. */
async function judged(
  config: string,
  { code: _, ...answer }: ProbeAnswer & { code: number },
): Promise<string> {
  const { results } = await doctor(config, '--from', save(answer));
  return results
    .filter(({ check }) => check === 'direct path')
    .map(({ level, message }) => `${level} ${message}`)
    .join('\n');
}

async function challengeOf(config: string): Promise<string> {
  return (await doctor(config)).challenge ?? '';
}

/** Puts lines in front of the server's pg_hba.conf, as a superuser of it. */
async function hba(lines: readonly string[]): Promise<() => Promise<void>> {
  const [file] = await site.postgres.query("SELECT pg_read_file(current_setting('hba_file')) AS text");
  const old = String(file?.['text']);
  const write = async (text: string): Promise<void> => {
    const [place] = await site.postgres.query("SELECT current_setting('hba_file') AS file");
    writeFileSync(String(place?.['file']), text);
    const problems = await site.postgres.query('SELECT error FROM pg_hba_file_rules WHERE error IS NOT NULL');
    expect(problems).toEqual([]);
    await site.postgres.query('SELECT pg_reload_conf()');
  };
  await write([...lines, old].join('\n'));
  return () => write(old);
}

const config = {
  ...postgres.resourceSchema.parse({
    host: 'db.test',
    database: 'postgres',
    accounts: [{ name: 'app', credential: { file: '/secret' } }],
  }),
};

const hbaFor = (address: string): readonly string[] =>
  postgres.doctor.closingLines(config, [address])[0]?.lines ?? [];

describe('the direct path', { timeout: 30_000 }, () => {
  it('is open where the server asks for a password, and the doctor fails', async () => {
    const file = site.config();
    const answer = await probe(await challengeOf(file));
    expect(answer).toMatchObject({ code: 1, targets: [{ verdict: 'open' }], controls: [{ reached: true }] });
    expect(JSON.stringify(answer)).not.toContain('app-secret');
    const text = await judged(file, answer);
    expect(text).toMatch(/^fail postgres:\/\/app@127\.0\.0\.1:\d+\/postgres: open/);
    expect(text).toContain('warn the probe ran on the machine of the doctor itself');
  });

  it('is refused by the lines that the doctor prints, and the gateway still gets in by them', async () => {
    const file = site.config();
    const challenge = await challengeOf(file);
    const undoOther = await hba(hbaFor('127.0.0.9'));
    await expect
      .poll(async () => (await probe(challenge)).targets.map(({ verdict }) => verdict), { timeout: 10_000 })
      .toEqual(['refused']);
    const barred = await probe(challenge);
    expect(barred.code).toBe(0);
    expect(await judged(file, barred)).toMatch(
      /^warn postgres:.*refused, PostgreSQL answers; its pg_hba\.conf refuses/,
    );
    await undoOther();
    const undoOwn = await hba(hbaFor('127.0.0.1'));
    const { results, closing } = await doctor(file);
    expect(results.filter(({ check }) => check.startsWith('resource'))).toMatchObject([{ level: 'ok' }]);
    expect(closing[0]?.lines[0]).toBe('hostssl "postgres" "app" 127.0.0.1/32 scram-sha-256');
    await undoOwn();
  });

  it('is closed where nothing listens, and unknown where the name is; both are proof', async () => {
    const unused = createServer();
    await new Promise<void>((resolve) => unused.listen(0, '127.0.0.1', resolve));
    const { port } = unused.address() as AddressInfo;
    await new Promise<void>((resolve) => unused.close(() => resolve()));
    const file = site.config({ resource: { port } });
    const answer = await probe(await challengeOf(file));
    expect(await judged(file, answer)).toMatch(
      /^ok postgres:.*closed, nothing listens there \(ECONNREFUSED\)/,
    );
    const named = site.config({ resource: { host: 'db.invalid' } });
    expect(await judged(named, await probe(await challengeOf(named)))).toMatch(/^ok postgres:.*unresolved/);
  });

  it('a service that says nothing, or something else, is an open way', async () => {
    const silent = createServer((socket) => socket.on('error', () => undefined).end('SSH-2.0-else\r\n'));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const answer = await probe(await challengeOf(site.config({ resource: { port } })));
    expect(answer.targets).toMatchObject([{ verdict: 'open' }]);
    silent.close();
  });

  it('an answer proves nothing when the probe reached nothing at all', async () => {
    const file = site.config();
    const answer = await probe(await challengeOf(file));
    const controls = [{ address: gateway, reached: false, detail: 'ETIMEDOUT' }];
    const targets = answer.targets.map((target) => ({ ...target, verdict: 'filtered' as const }));
    expect(await judged(file, { ...answer, targets, controls })).toContain(
      'fail the probe did not reach the gateway either',
    );
  });

  it('an answer proves nothing to a question that was forged, is of another gateway, or of an older config', async () => {
    const file = site.config();
    const answer = await probe(await challengeOf(file));
    const [prefix, text = '', seal] = answer.challenge.split('.');
    const question = JSON.parse(Buffer.from(text, 'base64url').toString()) as object;
    const forged = Buffer.from(JSON.stringify({ ...question, atMs: Date.now() + 1 })).toString('base64url');
    const forgery = { ...answer, challenge: [prefix, forged, seal].join('.') };
    expect(await judged(file, forgery)).toContain('a challenge that this gateway did not make');
    const dataDir = path.join(site.folder, 'other');
    mkdirSync(dataDir, { mode: 0o700 });
    expect(await judged(site.config({ more: { dataDir } }), answer)).toContain(
      'a challenge that this gateway did not make',
    );
    const changed = site.config({ resource: { database: 'template1' } });
    expect(await judged(changed, answer)).toMatch(
      /fail .*template1 was not probed: the config has changed since/,
    );
  });
});
