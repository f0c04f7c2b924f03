import { describe, expect, it } from 'vitest';
import { closed, intent, opened, outcome, recordsOf } from '../../../test/audit/audit-fixture.ts';
import type { Principal } from '../../model/principal.ts';
import { streamAudit } from '../audit-stream.ts';
import { auditLineSchema } from '../contract/audit.ts';
import { issuedCredentialSchema } from '../contract/credential.ts';
import { ScanSlots } from '../scan-slots.ts';
import { type ApiFixture, createApiFixture, problemOf } from '../testing/api-fixture.ts';

const recluse: Principal = {
  issuer: 'https://idp.example',
  subject: 'rhea',
  groups: [],
  delegation: [],
  tokenDigest: '00',
  expiresAtMs: 9_000,
};
const PATH = '/v1/audit/records';
const MANY = 700;

type Line = Readonly<Record<string, unknown>>;

function toLines(text: string): readonly Line[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => auditLineSchema.parse(JSON.parse(line)));
}

async function linesOf({ ask }: ApiFixture, query = ''): Promise<readonly Line[]> {
  const response = await ask(`${PATH}${query}`, { token: 'reader' });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/x-ndjson');
  return toLines(await response.text());
}

describe('GET /v1/audit/records', () => {
  it('P4: gives all records up to now as they stand in the log, many too, each on record itself', async () => {
    const fixture = await createApiFixture();
    await fixture.audit.append([opened('ses_1')]);
    for (let n = 1; n <= MANY; n += 1) await fixture.audit.append([intent('ses_1', n)]);
    const lines = await linesOf(fixture, '?format=jsonl');
    const records = await recordsOf(fixture.folder);
    expect(lines.length).toBeGreaterThan(MANY);
    expect(lines).toEqual(records.slice(0, lines.length));
    expect((await fixture.accesses()).at(-1)).toMatchObject({
      route: PATH,
      principal: { subject: 'reader' },
      details: { format: 'jsonl' },
    });
  });

  it('gives those of a time as OCSF, told with what came before it', async () => {
    const fixture = await createApiFixture();
    await fixture.audit.append([opened('ses_1', 'rhea'), intent('ses_1', 1)]);
    await fixture.audit.append([outcome('ses_1', 1)]);
    await fixture.audit.append([closed('ses_1', 1)]);
    const records = await recordsOf(fixture.folder);
    const [ended, left] = ['exchange.outcome', 'session.closed'].map((type) =>
      records.find(({ event }) => event.type === type),
    );
    const query = new URLSearchParams({ since: ended?.at ?? '', until: left?.at ?? '' });
    const lines = await linesOf(fixture, `?${query}`);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      metadata: { version: '1.8.0', uid: ended?.hash },
      actor: { user: { uid: 'rhea' } },
    });
    expect((await fixture.accesses()).at(-1)).toMatchObject({
      details: { since: ended?.at, until: left?.at },
    });
  });

  it('P6: holds no secret that was minted, and no token', async () => {
    const fixture = await createApiFixture();
    const body = { resource: 'shop' };
    const answer = await fixture.read('/v1/credentials', { token: 'agent', body });
    const { secret, id } = issuedCredentialSchema.parse(answer);
    for (const format of ['ocsf', 'jsonl']) {
      const text = JSON.stringify(await linesOf(fixture, `?format=${format}`));
      expect(text).toContain(id);
      expect(text).not.toContain(secret);
    }
  });

  it('P10: leaves room for others, and gives its own back when the reader goes', async () => {
    const fixture = await createApiFixture({ maxScans: 2 });
    const reading = await fixture.ask(PATH, { token: 'reader' });
    const refused = await problemOf(await fixture.ask(PATH, { token: 'admin' }));
    expect(refused).toMatchObject({ status: 429, code: 'ERR_API_BUSY' });
    await fixture.read('/v1/sessions', { token: 'reader' });
    await reading.body?.cancel();
    expect((await linesOf(fixture)).length).toBeGreaterThan(0);
    // A HEAD reads nothing, and holds nothing.
    expect((await fixture.ask(PATH, { token: 'reader', method: 'HEAD' })).status).toBe(200);
    expect((await linesOf(fixture)).length).toBeGreaterThan(0);
  });

  it('P4: gives nothing without its record', async () => {
    const fixture = await createApiFixture();
    fixture.fillDisk();
    const problem = await problemOf(await fixture.ask(PATH, { token: 'reader' }));
    expect(problem.code).toBe('ERR_API_UNRECORDED');
  });

  it.each([
    { why: 'the token ends meanwhile', expiresAtMs: 2_000, isSame: true },
    { why: 'the groups of the reader were changed', expiresAtMs: 9_000, isSame: false },
  ])('P12: says in its last line that the rest is missing, where $why', async ({ expiresAtMs, isSame }) => {
    const { folder, audit } = await createApiFixture();
    await audit.append([opened('ses_1')]);
    const slots = new ScanSlots(1);
    const clock = { nowMs: () => 2_000 };
    const principal = { ...recluse, expiresAtMs };
    const services = {
      audit: { folder, scans: slots },
      approvals: { currentPrincipal: () => (isSame ? principal : recluse) },
      clock,
    } as unknown as Parameters<typeof streamAudit>[0];
    const range = { untilMs: Number.MAX_SAFE_INTEGER, format: 'ocsf', principal } as const;
    const lines = toLines(await new Response(streamAudit(services, range)).text());
    expect(lines).toMatchObject([{ type: 'error', problem: { code: 'ERR_API_TIMEOUT' } }]);
    // The slot is free again.
    slots.hold()();
  });

  it.each([
    'since=yesterday',
    'format=csv',
    'since=2026-11-27T00:00:00Z&until=2026-11-26T00:00:00Z',
    'since=2999-01-01T00:00:00Z',
    'session=ses_1',
  ])('answers 400 to %s', async (query) => {
    const { ask } = await createApiFixture();
    const problem = await problemOf(await ask(`${PATH}?${query}`, { token: 'reader' }));
    expect(problem).toMatchObject({ status: 400, code: 'ERR_API_INVALID' });
  });
});
