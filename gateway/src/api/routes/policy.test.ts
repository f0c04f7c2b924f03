import { describe, expect, it } from 'vitest';
import { explainAnswerSchema, policySummarySchema } from '../contract/policy.ts';
import { createApiFixture, problemOf } from '../testing/api-fixture.ts';

const asked = {
  as: { groups: ['agents'] },
  to: 'shop',
  account: 'app_ro',
  ask: { family: 'sql', body: 'SELECT id FROM public.orders' },
};

describe('GET /v1/policy', () => {
  it('names version, rules and where they stand, presets and warnings', async () => {
    const { read } = await createApiFixture();
    const body = await read('/v1/policy', { token: 'reader' });
    expect(policySummarySchema.parse(body)).toEqual(body);
    expect(body).toMatchObject({
      version: { hash: 'cd'.repeat(32), commit: 'ef'.repeat(20) },
      rules: expect.arrayContaining([
        {
          id: 'no-drop',
          effect: 'deny',
          on: 'sql',
          mode: 'enforce',
          source: 'main.yaml:5',
          phrase: expect.any(String),
          conditions: [{ on: 'kinds', wanted: 'DROP TABLE' }],
          message: 'Nothing is dropped here.',
          obligations: [],
        },
        expect.objectContaining({ preset: 'client-baseline/postgres' }),
      ]),
      presets: ['client-baseline/postgres', 'client-baseline/ssh'],
    });
  });
});

describe('POST /v1/policy/explain', () => {
  it('explains a permit and a denial rule by rule, as the command line does', async () => {
    const { read } = await createApiFixture();
    const body = await read('/v1/policy/explain', { token: 'reader', body: asked });
    expect(explainAnswerSchema.parse(body)).toEqual(body);
    expect(body).toMatchObject({ explanations: [{ decision: { effect: 'permit' } }] });
    const denied = await read('/v1/policy/explain', {
      body: { ...asked, ask: { family: 'sql', body: 'DROP TABLE public.orders' } },
    });
    expect(explainAnswerSchema.parse(denied)).toEqual(denied);
    expect(denied).toMatchObject({
      explanations: [
        {
          decision: {
            effect: 'deny',
            cause: 'rule',
            rules: ['no-drop'],
            message: 'Nothing is dropped here.',
          },
          rules: expect.arrayContaining([expect.objectContaining({ rule: 'no-drop', outcome: 'hits' })]),
        },
      ],
    });
  });

  it('records where and in which family was asked, and not the text, which may hold anything', async () => {
    const { read, accesses } = await createApiFixture();
    await read('/v1/policy/explain', { body: { ...asked, ask: { family: 'sql', body: "SELECT 'canary'" } } });
    expect(await accesses()).toMatchObject([{ details: { resource: 'shop', family: 'sql' } }]);
    expect(JSON.stringify(await accesses())).not.toContain('canary');
  });

  it('judges the connection of a resource, at the time that is named', async () => {
    const { read } = await createApiFixture();
    const ask = { family: 'connect', body: { database: 'shop' } };
    const body = await read('/v1/policy/explain', {
      body: { ...asked, at: '2026-11-26T20:00:00+01:00', ask },
    });
    expect(body).toMatchObject({
      explanations: [{ decision: { effect: 'permit', rules: ['agents-connect'] } }],
    });
  });

  it.each([
    ['an unknown resource', { ...asked, to: 'nowhere' }, 'nowhere'],
    ['an unknown family', { ...asked, ask: { family: 'ftp', body: 'x' } }, 'no family `ftp`'],
    ['text that is not SQL', { ...asked, ask: { family: 'sql', body: 'SELEKT' } }, 'not grammatical'],
    ['nothing that is asked', { ...asked, ask: { family: 'sql' } }, 'body.ask.body'],
    ['a time without offset', { ...asked, at: '2026-11-26T20:00:00' }, 'offset'],
    ['an unknown key', { ...asked, sudo: true }, 'sudo'],
    ['no principal', { to: 'shop', ask: asked.ask }, 'body.as'],
  ])('refuses %s and says so', async (_, body, message) => {
    const { ask } = await createApiFixture();
    const problem = await problemOf(await ask('/v1/policy/explain', { body }));
    expect(problem).toMatchObject({
      status: 400,
      code: 'ERR_API_INVALID',
      detail: expect.stringContaining(message),
    });
  });

  it('P10: explains nothing that would keep the gateway busy or fill its memory', async () => {
    const rule = (n: number): string =>
      `  - { id: r${n}, effect: allow, on: sql, match: { groups: [agents], kinds: [SELECT], tables: ["public.x${n}"] } }\n`;
    const rules = Array.from({ length: 200 }, (_, n) => rule(n)).join('');
    const { ask } = await createApiFixture({ policy: `apiVersion: sallyport.dev/v1\nrules:\n${rules}` });
    const tables = (count: number): unknown => {
      const names = Array.from({ length: count }, (_, n) => `t${n}`).join(',');
      return { ...asked, ask: { family: 'sql', body: `SELECT 1 FROM ${names}` } };
    };
    const problem = await problemOf(await ask('/v1/policy/explain', { body: tables(8000) }));
    expect(problem).toMatchObject({ status: 400, detail: expect.stringContaining('too much at once') });
    const answer = await ask('/v1/policy/explain', { body: tables(90) });
    const text = await answer.text();
    expect([answer.status, text.length < 1_000_000]).toEqual([200, true]);
    expect(text).toContain('and 70 more');
  });

  it.each([
    ['is larger than it may be', `{"a":"${'x'.repeat(70_000)}"}`, {}, 413, 'ERR_API_BODY_TOO_LARGE'],
    [
      'says that it is larger than it may be',
      '{}',
      { 'content-length': '999999999' },
      413,
      'ERR_API_BODY_TOO_LARGE',
    ],
    ['is no JSON', '{"as":', {}, 400, 'ERR_API_INVALID'],
    ['is a form', 'as=x', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'ERR_API_MEDIA_TYPE'],
    [
      'is plain text, as a page may send it anywhere',
      '{}',
      { 'content-type': 'text/plain' },
      415,
      'ERR_API_MEDIA_TYPE',
    ],
    [
      'is in another encoding',
      '{}',
      { 'content-type': 'application/json; charset=utf-16' },
      415,
      'ERR_API_MEDIA_TYPE',
    ],
  ])('refuses a body that %s', async (_, body, headers, status, code) => {
    const { ask } = await createApiFixture();
    expect(await problemOf(await ask('/v1/policy/explain', { body, headers }))).toMatchObject({
      status,
      code,
    });
  });
});
