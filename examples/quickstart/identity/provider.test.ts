import { createHash, randomBytes } from 'node:crypto';
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type RunningIdentityProvider, startIdentityProvider } from './provider.ts';

const REDIRECT = 'http://127.0.0.1:9/callback';
let provider: RunningIdentityProvider;
const complaints: unknown[] = [];

beforeAll(async () => {
  for (const method of ['warn', 'info', 'error'] as const) {
    vi.spyOn(console, method).mockImplementation((...words) => void complaints.push(words));
  }
  provider = await startIdentityProvider();
  provider.registerConsole(REDIRECT);
});
afterAll(async () => {
  vi.restoreAllMocks();
  await provider.stop();
});

/** Verifies as the gateway does: discovery, key set, issuer, audience, algorithm. */
async function verify(token: string): Promise<JWTPayload> {
  const discovery = await fetch(`${provider.issuer}/.well-known/openid-configuration`);
  const { jwks_uri: keys } = (await discovery.json()) as { jwks_uri: string };
  const result = await jwtVerify(token, createRemoteJWKSet(new URL(keys)), {
    issuer: provider.issuer,
    audience: provider.audience,
    algorithms: ['RS256'],
    typ: 'at+jwt',
  });
  return result.payload;
}

it('issues access tokens that verify against its published keys', async () => {
  const claims = await verify(await provider.token('agent-1', { run: 'run-42', lifetimeSeconds: 120 }));
  expect(claims).toMatchObject({
    sub: 'agent-1',
    client_id: 'agent-1',
    groups: ['data-agents'],
    run_id: 'run-42',
    jti: expect.any(String),
  });
  expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(120);
});

it('puts approver and admin in their groups', async () => {
  expect(await verify(await provider.token('approver'))).toMatchObject({ groups: ['approvers'] });
  expect(await verify(await provider.token('admin'))).toMatchObject({ groups: ['admins'] });
});

it('gives each token a run of its own unless one is asked for, and refuses an unusable name', async () => {
  const runs = await Promise.all(
    [{}, {}, { run: 'a b\n' }].map(
      async (options) => (await verify(await provider.token('agent-1', options)))['run_id'],
    ),
  );
  expect(new Set(runs).size).toBe(3);
  for (const run of runs) expect(run).toMatch(/^run-[0-9a-f]{16}$/u);
});

it('names the person as subject and the agent as actor where an agent acts for somebody', async () => {
  expect(await verify(await provider.token('agent-2'))).toMatchObject({
    sub: 'ada',
    act: { sub: 'agent-2' },
  });
  expect(await verify(await provider.token('agent-1'))).not.toHaveProperty('act');
});

it('gives nobody a token without the secret', async () => {
  const response = await fetch(`${provider.issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa('admin:guess')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  expect(response.status).toBe(401);
});

it('has another key and other secrets at each start', async () => {
  const other = await startIdentityProvider();
  try {
    await expect(verify(await other.token('admin'))).rejects.toThrow();
    expect(other.people.map(({ password }) => password)).not.toEqual(
      provider.people.map(({ password }) => password),
    );
  } finally {
    await other.stop();
  }
});

/** A browser: follows redirects inside the provider, keeps cookies. */
function createBrowser(): (url: string, form?: Record<string, string>) => Promise<Response> {
  const cookies = new Map<string, string>();
  const visit = async (url: string, form?: Record<string, string>): Promise<Response> => {
    const response = await fetch(new URL(url, provider.issuer), {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/u.exec(line) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    return location === null || location.startsWith(REDIRECT) ? response : visit(location);
  };
  return visit;
}

interface SignIn {
  readonly browser: ReturnType<typeof createBrowser>;
  readonly verifier: string;
  readonly page: Response;
  readonly action: string;
}

async function beginSignIn(): Promise<SignIn> {
  const verifier = randomBytes(32).toString('base64url');
  const browser = createBrowser();
  const query = new URLSearchParams({
    client_id: 'console',
    response_type: 'code',
    redirect_uri: REDIRECT,
    scope: 'openid profile',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    state: 'xyz',
  });
  const page = await browser(`/auth?${query}`);
  const action = /action="([^"]+)"/u.exec(await page.clone().text())?.[1] ?? '';
  return { browser, verifier, page, action };
}

it('signs people in by code and PKCE, with their groups in the access token', async () => {
  const { browser, verifier, action } = await beginSignIn();
  const bo = provider.people.find(({ login }) => login === 'bo');
  const back = await browser(action, { login: 'bo', password: bo?.password ?? '' });
  const location = new URL(back.headers.get('location') ?? '');
  expect(location.searchParams.get('state')).toBe('xyz');
  const response = await fetch(`${provider.issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: 'console',
      code: location.searchParams.get('code') ?? '',
      redirect_uri: REDIRECT,
      code_verifier: verifier,
    }),
  });
  const tokens = (await response.json()) as { access_token: string };
  expect(await verify(tokens.access_token)).toMatchObject({ sub: 'bo', groups: ['approvers'] });
});

it('refuses a wrong password, a strange browser and a page that frames it', async () => {
  const { browser, page, action } = await beginSignIn();
  expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  expect((await browser(action, { login: 'cleo', password: 'guess' })).status).toBe(401);
  const cleo = provider.people.find(({ login }) => login === 'cleo');
  const stranger = await createBrowser()(action, { login: 'cleo', password: cleo?.password ?? '' });
  expect(stranger.status).toBe(400);
});

it('prints no warning of the library: every development default is replaced', () => {
  expect(complaints).toEqual([]);
});
