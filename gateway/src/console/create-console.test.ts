import { describe, expect, it } from 'vitest';
import type { ApiConnection } from '../api/api-services.ts';
import { tokenError } from '../identity/errors.ts';
import { createFailedAuthentications } from '../listener/failed-authentications.ts';
import type { AuditEvent } from '../model/audit-event.ts';
import type { Principal } from '../model/principal.ts';
import { BrowserSessions } from './browser-sessions.ts';
import { type Console, createConsole } from './create-console.ts';
import { IdentityProvider } from './identity-provider.ts';
import { StateSeal } from './sealed-state.ts';

const HOST = 'gateway.example:8443';
const NOW_MS = Date.parse('2026-11-27T12:00:00Z');
const principal: Principal = {
  issuer: 'https://idp.example',
  subject: 'cleo',
  groups: ['admins'],
  delegation: [],
  tokenDigest: '00',
  expiresAtMs: NOW_MS + 3_600_000,
};

interface Bench {
  readonly console: Console;
  readonly audit: AuditEvent[];
  readonly asked: Request[];
  readonly sessions: BrowserSessions;
  ask(path: string, init?: RequestInit): Promise<Response>;
  /** Signs in, and resolves to the `Cookie` header of who is signed in. */
  signIn(query?: Record<string, string>): Promise<Response>;
  nowMs: number;
}

function createBench(options: { readonly token?: string; readonly apiStatus?: number } = {}): Bench {
  const audit: AuditEvent[] = [];
  const asked: Request[] = [];
  const bench = { nowMs: NOW_MS };
  const clock = { nowMs: () => bench.nowMs };
  const sessions = new BrowserSessions(clock, { perPrincipal: 2 });
  const log = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: () => undefined,
  };
  const connection: ApiConnection = { remoteAddress: '10.0.0.9', localAddress: '10.0.0.1' };
  const console = createConsole({
    issuer: 'https://idp.example',
    provider: new IdentityProvider({
      issuer: {
        issuer: 'https://idp.example',
        login: { clientId: 'console', scopes: ['openid'], parameters: { audience: 'urn:gateway' } },
      },
      timeoutMs: 5_000,
      clock,
      fetch: () =>
        Promise.resolve({
          issuer: 'https://idp.example',
          authorization_endpoint: 'https://idp.example/auth?tenant=1',
          token_endpoint: 'https://idp.example/token',
        }),
      post: (_url, form) =>
        Promise.resolve(
          form['code'] === 'good'
            ? { status: 200, body: { access_token: options.token ?? 'token', token_type: 'Bearer' } }
            : { status: 400, body: { error: 'invalid_grant' } },
        ),
    }),
    identity: {
      verify: (token) =>
        token === 'token'
          ? Promise.resolve(principal)
          : Promise.reject(tokenError('ERR_IDENTITY_TOKEN_MALFORMED', 'bad', 'get another')),
    },
    audit: {
      append: (events: readonly AuditEvent[]) => (audit.push(...events), Promise.resolve()),
      enqueue: (event: AuditEvent) => void audit.push(event),
    } as never,
    failures: createFailedAuthentications({ limits: { perMinute: 3 }, clock, onSummary: () => undefined }),
    seal: new StateSeal(clock),
    clock,
    files: {
      page: '<script nonce="SALLYPORT-NONCE"></script><meta nonce="SALLYPORT-NONCE">',
      assets: new Map([
        ['assets/a-1.js', { type: 'text/javascript', bytes: Buffer.from('plain'), gzip: Buffer.from('zip') }],
      ]),
    },
    sessions,
    names: ['gateway.example'],
    api: (request) => {
      asked.push(request);
      return new Response('{}', { status: options.apiStatus ?? 200 });
    },
    log,
  });
  const ask = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = { host: HOST, ...(init.headers as Record<string, string>) };
    const answer = console.fetch(new Request(`https://${HOST}${path}`, { ...init, headers }), connection);
    if (answer === undefined) throw new Error('not of the console');
    return await answer;
  };
  return Object.assign(bench, {
    console,
    audit,
    asked,
    sessions,
    ask,
    async signIn(query: Record<string, string> = {}) {
      const start = await ask('/console/sign-in?to=/console/runs');
      const state = new URL(start.headers.get('location') ?? '').searchParams.get('state') ?? '';
      const search = new URLSearchParams({ code: 'good', state, ...query });
      return await ask(`/console/callback?${search}`, { headers: { cookie: cookieOf(start) } });
    },
  });
}

function cookieOf(response: Response): string {
  return response.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0] ?? '')
    .filter((pair) => !pair.endsWith('='))
    .join('; ');
}

const OWN = { 'x-sallyport-console': '1', 'sec-fetch-site': 'same-origin' };

describe('the page', () => {
  it('has a nonce of its own each time, and a policy that lets nothing else in', async () => {
    const { ask } = createBench();
    const [first, second] = await Promise.all([ask('/console/'), ask('/console/runs/run_abc')]);
    const nonce = /nonce="([\w-]+)"/.exec(await first.text())?.[1] ?? '';
    expect(nonce).toHaveLength(22);
    const policy = first.headers.get('content-security-policy') ?? '';
    expect(policy).toContain(`style-src 'self' 'nonce-${nonce}'`);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    // The terminal player is WebAssembly; text is no code all the same.
    expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';");
    expect(policy.replace("'wasm-unsafe-eval'", '')).not.toContain('unsafe');
    expect(await second.text()).not.toContain(nonce);
    expect(first.headers.get('strict-transport-security')).toBe('max-age=31536000');
    expect(first.headers.get('cache-control')).toBe('no-store');
  });

  it('serves exactly the files of the build, compressed for who can read that, for ever', async () => {
    const { ask } = createBench();
    const zipped = await ask('/console/assets/a-1.js', { headers: { 'accept-encoding': 'br, gzip' } });
    expect([await zipped.text(), zipped.headers.get('content-encoding')]).toEqual(['zip', 'gzip']);
    const plain = await ask('/console/assets/a-1.js');
    expect(await plain.text()).toBe('plain');
    expect(plain.headers.get('cache-control')).toContain('immutable');
    for (const path of [
      'assets/../package.json',
      'assets/b.js',
      'index.html',
      '%2e%2e%2fpackage.json',
      '.env',
    ]) {
      const status = (await ask(`/console/${path}`)).status;
      expect([path, status]).toEqual([path, 404]);
    }
  });

  it('leaves the API to the API, and answers no other name and no other origin', async () => {
    const { console, ask } = createBench();
    expect(console.fetch(new Request('https://x/v1/whoami'), {} as ApiConnection)).toBeUndefined();
    expect((await ask('/console/', { headers: { host: 'evil.example' } })).status).toBe(421);
    expect((await ask('/console/', { headers: { origin: 'https://evil.example' } })).status).toBe(403);
    expect((await ask('/console/', { method: 'POST' })).status).toBe(405);
  });
});

describe('signing in', () => {
  it('asks by code and PKCE, and comes back to the page that was wanted, with a cookie no script sees', async () => {
    const bench = createBench();
    const start = await bench.ask('/console/sign-in?to=/console/runs');
    const url = new URL(start.headers.get('location') ?? '');
    expect(url.origin + url.pathname).toBe('https://idp.example/auth');
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      tenant: '1',
      audience: 'urn:gateway',
      response_type: 'code',
      redirect_uri: `https://${HOST}/console/callback`,
      code_challenge_method: 'S256',
    });
    const back = await bench.signIn();
    expect(back.headers.get('location')).toBe('/console/runs');
    expect(back.headers.getSetCookie()[0]).toMatch(
      /^__Host-sallyport=[\w-]{43}; Path=\/; Max-Age=3600; Secure; HttpOnly; SameSite=Strict$/,
    );
    expect(bench.audit).toMatchObject([
      { type: 'api.access', outcome: 'permit', route: '/console/callback' },
    ]);
  });

  it.each([
    ['https://evil.example/'],
    ['//evil.example'],
    ['/console/..//evil.example'],
    ['/v1/whoami'],
    ['javascript:alert(1)'],
    ['/console/\\evil'],
  ])('leads to no other place: %s', async (to) => {
    const bench = createBench();
    const start = await bench.ask(`/console/sign-in?to=${encodeURIComponent(to)}`);
    const state = new URL(start.headers.get('location') ?? '').searchParams.get('state') ?? '';
    const back = await bench.ask(`/console/callback?code=good&state=${state}`, {
      headers: { cookie: cookieOf(start) },
    });
    expect(back.headers.get('location')).toBe('/console/');
  });

  it.each<[string, Record<string, string>, string]>([
    ['another state', { state: 'guessed' }, 'ERR_CONSOLE_SIGN_IN_STATE'],
    ['an error', { error: 'access_denied' }, 'ERR_CONSOLE_SIGN_IN_REFUSED'],
    ['a code of nobody', { code: 'bad' }, 'ERR_CONSOLE_SIGN_IN_TOKEN'],
    ['another provider', { iss: 'https://evil.example' }, 'ERR_CONSOLE_SIGN_IN_REFUSED'],
  ])('with %s signs nobody in, and says why', async (_name, query, code) => {
    const bench = createBench();
    const back = await bench.signIn(query);
    expect(back.headers.get('location')).toBe(`/console/signed-out?because=${code}`);
    expect(bench.sessions.count).toBe(0);
    expect(bench.audit).toMatchObject([{ type: 'authentication.failed', code }]);
  });

  it('takes no token that the gateway does not accept', async () => {
    const refused = await createBench({ token: 'opaque' }).signIn();
    expect(refused.headers.get('location')).toContain('ERR_CONSOLE_SIGN_IN_TOKEN');
  });

  it('P10: an address that fails too often is not heard any more', async () => {
    const bench = createBench();
    for (let tries = 0; tries < 3; tries += 1) await bench.ask('/console/callback?code=x&state=y');
    const back = await bench.signIn();
    expect(back.headers.get('location')).toContain('ERR_LISTENER_THROTTLED');
  });

  it('ends the session that was there before, and of one person the oldest', async () => {
    const bench = createBench();
    const words = [await bench.signIn(), await bench.signIn(), await bench.signIn()].map(cookieOf);
    expect(bench.sessions.count).toBe(2);
    const first = await bench.ask('/console/api/v1/whoami', { headers: { ...OWN, cookie: words[0] ?? '' } });
    expect(first.status).toBe(401);
    expect(new Set(words).size).toBe(3);
  });
});

describe('the API behind a cookie', () => {
  it('P6: is asked with the token, which the browser never has; other headers stay outside', async () => {
    const bench = createBench();
    const cookie = cookieOf(await bench.signIn());
    expect(cookie).not.toContain('token');
    const answer = await bench.ask('/console/api/v1/approvals/apr_1/approve?x=1', {
      method: 'POST',
      body: '{"digest":"1"}',
      headers: {
        ...OWN,
        cookie,
        'content-type': 'application/json',
        authorization: 'Bearer mine',
        'x-other': '1',
      },
    });
    expect(answer.status).toBe(200);
    const [asked] = bench.asked;
    expect(asked?.url).toBe(`https://${HOST}/v1/approvals/apr_1/approve?x=1`);
    expect(asked?.headers.get('authorization')).toBe('Bearer token');
    expect(asked?.headers.get('cookie')).toBeNull();
    expect(asked?.headers.get('x-other')).toBeNull();
    expect(await asked?.text()).toBe('{"digest":"1"}');
  });

  it.each<[string, Record<string, string>]>([
    ['without the header', { 'sec-fetch-site': 'same-origin' }],
    ['from another site', { ...OWN, 'sec-fetch-site': 'cross-site' }],
    ['from another host of the same site', { ...OWN, 'sec-fetch-site': 'same-site' }],
    ['by an address that was typed', { ...OWN, 'sec-fetch-site': 'none' }],
  ])('is not asked %s', async (_name, headers) => {
    const bench = createBench();
    const cookie = cookieOf(await bench.signIn());
    const answer = await bench.ask('/console/api/v1/whoami', { headers: { ...headers, cookie } });
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ code: 'ERR_CONSOLE_FORGED' });
    expect(bench.asked).toEqual([]);
  });

  it('is not asked by a cookie that is there twice, is nobody’s, or is over', async () => {
    const bench = createBench();
    const cookie = cookieOf(await bench.signIn());
    for (const header of [`${cookie}; ${cookie}`, `__Host-sallyport=${'A'.repeat(43)}`, '']) {
      expect(
        (await bench.ask('/console/api/v1/whoami', { headers: { ...OWN, cookie: header } })).status,
      ).toBe(401);
    }
    bench.nowMs = principal.expiresAtMs;
    expect((await bench.ask('/console/api/v1/whoami', { headers: { ...OWN, cookie } })).status).toBe(401);
    expect(bench.asked).toEqual([]);
  });

  it('ends a session whose token the gateway accepts no more, and one that is signed out', async () => {
    const refusing = createBench({ apiStatus: 401 });
    const cookie = cookieOf(await refusing.signIn());
    await refusing.ask('/console/api/v1/whoami', { headers: { ...OWN, cookie } });
    expect(refusing.sessions.count).toBe(0);
    const bench = createBench();
    const own = cookieOf(await bench.signIn());
    expect((await bench.ask('/console/sign-out', { headers: { cookie: own } })).status).toBe(405);
    const out = await bench.ask('/console/sign-out', { method: 'POST', headers: { cookie: own } });
    expect(out.headers.getSetCookie()[0]).toContain('Max-Age=0');
    expect(bench.sessions.count).toBe(0);
  });
});
