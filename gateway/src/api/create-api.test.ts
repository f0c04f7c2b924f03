import { describe, expect, it } from 'vitest';
import { createApiFixture, problemOf } from './testing/api-fixture.ts';
import { endpointRequests as all } from './testing/endpoint-requests.ts';

const restricted = all.filter(({ role }) => role === 'reader' || role === 'auditor' || role === 'admin');

describe('every endpoint', () => {
  it.each(all)(
    '$method $path: without a token answers 401 with a challenge, and tells nothing',
    async ({ url, asking }) => {
      const { ask, events } = await createApiFixture();
      const response = await ask(url, { ...asking, token: '' });
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Bearer realm="sallyport"');
      expect(await problemOf(response)).toMatchObject({ code: 'ERR_API_UNAUTHENTICATED' });
      expect(await events()).toEqual(['authentication.failed']);
    },
  );

  it('P10: an address that fails too often is refused unheard, with 429', async () => {
    const { ask, events } = await createApiFixture({ failuresPerMinute: 2 });
    const statuses: number[] = [];
    for (const token of ['', 'for-someone-else', 'admin']) {
      statuses.push((await ask('/v1/whoami', { token })).status);
    }
    expect(statuses).toEqual([401, 401, 429]);
    expect(await events()).toEqual(['authentication.failed', 'authentication.failed']);
  });

  it.each(all)(
    '$method $path: a token for another audience is refused with the reason',
    async ({ url, asking }) => {
      const { ask, accesses } = await createApiFixture();
      const response = await ask(url, { ...asking, token: 'for-someone-else' });
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toMatch(
        /^Bearer realm="sallyport", error="invalid_token", error_description="[^"\\]+"$/,
      );
      expect(await problemOf(response)).toMatchObject({ code: 'ERR_IDENTITY_TOKEN_AUDIENCE' });
      expect(await accesses()).toEqual([]);
    },
  );

  it.each(all)(
    '$method $path: another Host is refused before the token is looked at',
    async ({ url, asking }) => {
      const { ask, events } = await createApiFixture();
      const response = await ask(url, { ...asking, headers: { host: 'attacker.example' } });
      expect(await problemOf(response)).toMatchObject({ status: 421, code: 'ERR_API_HOST' });
      expect(await events()).toEqual([]);
    },
  );

  it.each(all)('$method $path: a page of another origin is refused', async ({ url, asking }) => {
    const { ask, events } = await createApiFixture();
    const response = await ask(url, { ...asking, headers: { origin: 'https://attacker.example' } });
    expect(await problemOf(response)).toMatchObject({ status: 403, code: 'ERR_API_ORIGIN' });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    expect(await events()).toEqual([]);
  });

  it.each(all)(
    '$method $path: an unknown parameter is refused, so no token can hide in one',
    async ({ url, asking }) => {
      const { ask, accesses } = await createApiFixture();
      const response = await ask(`${url}?access_token=secret`, asking);
      expect(await problemOf(response)).toMatchObject({ status: 400, code: 'ERR_API_INVALID' });
      expect(JSON.stringify(await accesses())).not.toContain('secret');
    },
  );

  it.each(all)(
    'P4: $method $path: nothing is returned when the access cannot be recorded',
    async ({ url, asking }) => {
      const fixture = await createApiFixture();
      fixture.fillDisk();
      const response = await fixture.ask(url, asking);
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('5');
      expect(await problemOf(response)).toMatchObject({ code: 'ERR_API_UNRECORDED' });
    },
  );

  it.each(all)(
    'P4: $method $path: a permitted access is on record before it is answered',
    async ({ url, path, asking }) => {
      const { ask, accesses } = await createApiFixture();
      await ask(url, asking);
      expect(await accesses()).toMatchObject([
        {
          principal: { subject: 'admin', issuer: 'https://idp.example' },
          sourceAddress: '192.0.2.7',
          method: asking.method,
          route: path,
          outcome: 'permit',
        },
      ]);
    },
  );

  it.each(restricted)(
    '$method $path: whoever may not know gets the same answer, right or wrong',
    async ({ url, asking }) => {
      const { ask } = await createApiFixture();
      const right = await (await ask(url, { ...asking, token: 'stranger' })).text();
      const wrong = await (
        await ask(`${url.replace(/_0+1|_0123456789/, '_ffff')}?limit=x`, { ...asking, token: 'stranger' })
      ).text();
      expect(wrong).toBe(right);
    },
  );
});

describe('the API', () => {
  it.each([
    ['Basic', 'Basic YWRtaW46eA=='],
    ['nothing behind the word', 'Bearer '],
    ['two tokens', 'Bearer admin, Bearer admin'],
    ['a token in quotes', 'Bearer "admin"'],
    ['a bare token', 'admin'],
  ])('refuses an Authorization header with %s', async (_, authorization) => {
    const { ask } = await createApiFixture();
    const response = await ask('/v1/whoami', { token: '', headers: { authorization } });
    expect(await problemOf(response)).toMatchObject({ status: 401, code: 'ERR_API_UNAUTHENTICATED' });
  });

  it('takes no token from a cookie', async () => {
    const { ask } = await createApiFixture();
    const response = await ask('/v1/whoami', {
      token: '',
      headers: { cookie: 'token=admin; authorization=Bearer admin' },
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('set-cookie')).toBeNull();
  });

  it('tells of life and readiness without a token, and of nothing else', async () => {
    const { ask, read } = await createApiFixture();
    expect(await read('/healthz', { token: '' })).toEqual({ status: 'ok' });
    expect(await read('/readyz', { token: '' })).toEqual({
      ready: true,
      audit: true,
      policy: true,
      issuers: true,
    });
    expect(await read('/openapi.json', { token: '' })).toMatchObject({ openapi: '3.1.0' });
    for (const path of ['/', '/v1', '/v1/', '/v1/secrets', '/v1/sessions/', '/metrics', '/v1/sessions/a/b']) {
      expect(await problemOf(await ask(path, { token: '' }))).toMatchObject({
        status: 404,
        code: 'ERR_API_NOT_FOUND',
      });
    }
  });

  it.each([
    ['DELETE', '/v1/sessions/ses_1', 'GET, HEAD'],
    ['GET', '/v1/sessions/ses_1/kill', 'POST'],
    ['PUT', '/v1/policy', 'GET, HEAD'],
    ['POST', '/healthz', 'GET, HEAD'],
    ['OPTIONS', '/v1/sessions', 'GET, HEAD'],
  ])('answers %s %s with 405 and what there is', async (method, path, allow) => {
    const { ask } = await createApiFixture();
    const response = await ask(path, { method });
    expect(response.headers.get('allow')).toBe(allow);
    expect(await problemOf(response)).toMatchObject({ status: 405, code: 'ERR_API_METHOD' });
  });

  it('answers HEAD as GET without a body, with the same checks', async () => {
    const { ask, accesses } = await createApiFixture();
    expect((await ask('/v1/sessions', { method: 'HEAD', token: 'stranger' })).status).toBe(403);
    const response = await ask('/v1/sessions', { method: 'HEAD' });
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect((await accesses()).map(({ method, outcome }) => `${method} ${outcome}`)).toEqual([
      'HEAD deny',
      'HEAD permit',
    ]);
  });

  it('P6: tells nothing of an unexpected failure but that the log knows more', async () => {
    const { ask, folder, logLines } = await createApiFixture();
    const { rmSync, mkdirSync } = await import('node:fs');
    rmSync(`${folder}/audit/00000001.jsonl`);
    mkdirSync(`${folder}/audit/00000001.jsonl`);
    const response = await ask('/v1/sessions');
    const problem = await problemOf(response);
    expect(problem).toMatchObject({ status: 500, code: 'ERR_API_INTERNAL' });
    expect(JSON.stringify(problem)).not.toContain('EISDIR');
    expect(logLines.join('')).toContain('EISDIR');
  });

  it.each([
    [['unknown'], false],
    [['unavailable'], false],
    [['ready', 'unknown'], false],
    [['stale'], true],
    [['ready', 'unavailable'], true],
  ] as const)('with issuers %j says that it is ready: %s', async (issuers, ready) => {
    const fixture = await createApiFixture({ issuers });
    const response = await fixture.ask('/readyz', { token: '' });
    expect(response.status).toBe(ready ? 200 : 503);
    expect(await response.json()).toMatchObject({ ready, issuers: ready, audit: true });
    expect(fixture.warmUps).toBe(
      issuers.some((state) => state === 'unknown' || state === 'unavailable') ? 1 : 0,
    );
  });

  it('is not ready while the audit cannot be written', async () => {
    const fixture = await createApiFixture();
    fixture.fillDisk();
    // The log learns of it by writing.
    await fixture.ask('/v1/whoami');
    const broken = await fixture.ask('/readyz', { token: '' });
    expect(broken.status).toBe(503);
    expect(await broken.json()).toMatchObject({ ready: false, audit: false });
    await fixture.freeDisk();
    expect((await fixture.ask('/readyz', { token: '' })).status).toBe(200);
  });

  it('says that a connection is authenticated only when a token was accepted', async () => {
    const { ask } = await createApiFixture();
    let calls = 0;
    const connection = { onAuthenticated: () => (calls += 1) } as { onAuthenticated(): void };
    await ask('/healthz', { connection });
    await ask('/v1/whoami', { token: '', connection });
    await ask('/v1/whoami', { token: 'nonsense', connection });
    expect(calls).toBe(0);
    await ask('/v1/whoami', { token: 'stranger', connection });
    expect(calls).toBe(1);
  });
});
