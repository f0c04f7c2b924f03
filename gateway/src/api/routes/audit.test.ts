import { describe, expect, it } from 'vitest';
import { opened } from '../../../test/audit/audit-fixture.ts';
import {
  type AuditHead,
  auditHeadSchema,
  type ExportList,
  exportListSchema,
  type Verification,
  verificationSchema,
} from '../contract/audit.ts';
import { type ApiFixture, createApiFixture, problemOf } from '../testing/api-fixture.ts';
import type { VerificationWord } from '../verification/run-verification.ts';

async function headOf(fixture: ApiFixture): Promise<AuditHead> {
  const body = await fixture.read('/v1/audit/head', { token: 'reader' });
  expect(auditHeadSchema.parse(body)).toEqual(body);
  return body as AuditHead;
}

async function verify(fixture: ApiFixture, body: unknown = {}): Promise<Verification> {
  const answer = await fixture.read('/v1/audit/verify', { token: 'reader', body });
  expect(verificationSchema.parse(answer)).toEqual(answer);
  return answer as Verification;
}

describe('GET /v1/audit/head', () => {
  it('gives an anchor that holds the record of this very access', async () => {
    const fixture = await createApiFixture();
    const head = await headOf(fixture);
    expect(head.keyId).toBe(fixture.audit.keyId);
    expect(head.anchor).toBe(`${head.seq}:${head.hash}`);
    expect(fixture.audit.head()).toMatchObject({ seq: head.seq, hash: head.hash });
    expect(await verify(fixture, { anchor: head.anchor })).toMatchObject({
      state: 'done',
      report: { ok: true },
    });
  });
});

describe('GET /v1/audit/exports', () => {
  const exports = [
    { name: 'siem', to: 'syslog', state: 'ok', seq: 1, lastSentMs: 1_000 },
    {
      name: 'lake',
      to: 'webhook',
      state: 'failing',
      seq: 0,
      lastFailure: { atMs: 2_000, reason: 'answered 503' },
    },
  ] as const;

  it('says of each how far it is behind, when it last took something, and what is wrong', async () => {
    const fixture = await createApiFixture({ exports });
    const body = await fixture.read('/v1/audit/exports', { token: 'reader' });
    expect(exportListSchema.parse(body)).toEqual(body);
    const { seq } = fixture.audit.head();
    expect(body).toMatchObject({
      exports: [
        { name: 'siem', to: 'syslog', state: 'ok', lastSentAt: '1970-01-01T00:00:01.000Z' },
        {
          name: 'lake',
          state: 'failing',
          lastFailure: { at: '1970-01-01T00:00:02.000Z', reason: 'answered 503' },
        },
      ],
    });
    const behind = (body as ExportList).exports.map((one) => one.behind);
    expect(behind[1]).toBe((behind[0] ?? 0) + 1);
    expect(behind[1]).toBeLessThanOrEqual(seq);
  });

  it.each([
    ['viewer', { auditors: ['nobody'], viewers: ['auditors'] }],
    ['nobody in particular', { auditors: ['nobody'] }],
  ])('is not for a %s', async (_what, groups) => {
    const fixture = await createApiFixture({ exports, groups });
    const answer = await fixture.ask('/v1/audit/exports', { token: 'reader' });
    expect(answer.status).toBe(403);
    expect(await answer.text()).not.toContain('siem');
  });
});

describe('POST /v1/audit/verify', () => {
  it('answers with the report, and finds what does not hold', async () => {
    const fixture = await createApiFixture();
    expect(await verify(fixture)).toMatchObject({
      state: 'done',
      report: { ok: true, live: true, findings: [] },
    });
    const anchor = `2:${'0'.repeat(64)}`;
    const { report } = await verify(fixture, { anchor });
    expect(report).toMatchObject({ ok: false, findings: [{ kind: 'anchor' }] });
    expect(fixture.logLines.join('')).toContain('the audit does not verify');
    expect(await fixture.accesses()).toMatchObject([{ details: {} }, { details: { anchor } }]);
  });

  it('finds a changed record', async () => {
    const fixture = await createApiFixture();
    await fixture.audit.append([opened('ses_1', 'alice')]);
    const { readFileSync, writeFileSync } = await import('node:fs');
    const file = `${fixture.folder}/audit/00000001.jsonl`;
    writeFileSync(file, readFileSync(file, 'utf8').replace('"subject":"alice"', '"subject":"carol"'));
    const { report } = await verify(fixture);
    expect(report).toMatchObject({ ok: false, findings: [{ kind: 'changed' }] });
  });

  it('P10: runs one at a time; a long one is answered with 202 and asked for later', async () => {
    const end = Promise.withResolvers<VerificationWord>();
    const fixture = await createApiFixture({ verification: { waitMs: 1, run: () => end.promise } });
    const response = await fixture.ask('/v1/audit/verify', { method: 'POST' });
    expect(response.status).toBe(202);
    const begun = (await response.json()) as Verification;
    expect(begun).toMatchObject({ state: 'running' });
    expect(await problemOf(await fixture.ask('/v1/audit/verify', { method: 'POST' }))).toMatchObject({
      status: 409,
      code: 'ERR_API_VERIFYING',
    });
    expect(await fixture.read(`/v1/audit/verify/${begun.id}`)).toMatchObject({ state: 'running' });
    end.resolve({ code: 'ERR_AUDIT_UNREADABLE', message: `cannot open ${fixture.folder}` });
    await end.promise;
    const over = await fixture.read(`/v1/audit/verify/${begun.id}`);
    expect(over).toMatchObject({ state: 'failed', failure: expect.stringMatching(/^ERR_AUDIT_UNREADABLE/) });
    // P6: no path of the machine.
    expect(JSON.stringify(over)).not.toContain(fixture.folder);
    expect(fixture.logLines.join('')).toContain(fixture.folder);
  });

  it.each([
    ['an anchor of another form', { anchor: '7' }],
    ['an anchor with a short hash', { anchor: `7:${'a'.repeat(63)}` }],
    ['a path to a key, which only the command line may name', { publicKey: '/etc/shadow' }],
  ])('refuses %s', async (_, body) => {
    const fixture = await createApiFixture();
    expect(await problemOf(await fixture.ask('/v1/audit/verify', { body }))).toMatchObject({
      code: 'ERR_API_INVALID',
    });
  });

  it('knows no verification that was not started here', async () => {
    const fixture = await createApiFixture();
    const problem = await problemOf(await fixture.ask('/v1/audit/verify/ver_00000000000000ff'));
    expect(problem).toMatchObject({ status: 404, code: 'ERR_API_UNKNOWN_VERIFICATION' });
  });
});
