/**
 * The console at `/console/`: its page and files, signing in and out, and the API on behalf of who is signed in. What is not
 * its own it leaves to the API, which knows no cookies.
 */
import { randomBytes } from 'node:crypto';
import type { ApiConnection } from '../api/api-services.ts';
import { checkOrigin, toHostNames } from '../api/host-check.ts';
import { problemResponse } from '../api/problem-response.ts';
import { GatewayError } from '../model/gateway-error.ts';
import type { Log } from '../telemetry/log.ts';
import { askAsBrowser } from './ask-as-browser.ts';
import type { BrowserSessions } from './browser-sessions.ts';
import { type ConsoleFiles, NONCE_PLACE } from './console-files.ts';
import { clearCookie, readCookie, SESSION_COOKIE, SIGN_IN_COOKIE, writeCookie } from './cookies.ts';
import { fileHeaders, pageHeaders } from './page-headers.ts';
import { beginSignIn, finishSignIn, type SignInServices } from './sign-in.ts';

/** What the console works with. */
export interface ConsoleServices extends SignInServices {
  readonly files: ConsoleFiles;
  readonly sessions: BrowserSessions;
  /** Names by which the gateway may be called, as for the API. */
  readonly names: readonly string[];
  /** The API itself. */
  readonly api: (request: Request, connection: ApiConnection) => Response | Promise<Response>;
  readonly log: Log;
}

/** Answers what belongs to the console. */
export interface Console {
  /** Undefined for what is not the console's. */
  fetch(request: Request, connection: ApiConnection): Promise<Response> | undefined;
}

const BASE = '/console/';
const API = `${BASE}api`;
const CALLBACK = `${BASE}callback`;
const YEAR = 'public, max-age=31536000, immutable';

/** Makes the console. */
export function createConsole(services: ConsoleServices): Console {
  const names = toHostNames(services.names);
  return {
    fetch(request, connection) {
      const url = new URL(request.url);
      if (url.pathname === '/' || url.pathname === '/console') return Promise.resolve(goTo(BASE));
      if (!url.pathname.startsWith(BASE)) return undefined;
      return serve({ request, url, connection }, names, services);
    },
  };
}

/** A request to the console. */
interface Visit {
  readonly request: Request;
  readonly url: URL;
  readonly connection: ApiConnection;
}

async function serve(visit: Visit, names: ReadonlySet<string>, services: ConsoleServices): Promise<Response> {
  const { request, url, connection } = visit;
  const host = request.headers.get('host') ?? undefined;
  const origin = request.headers.get('origin') ?? undefined;
  try {
    checkOrigin({ host, origin, localAddress: connection.localAddress }, names);
    if (url.pathname.startsWith(`${API}/`)) return await askAsBrowser(visit, API, services);
    if (url.pathname === `${BASE}sign-out`) return signOut(visit, services);
    if (request.method !== 'GET' && request.method !== 'HEAD') return refused(405);
    if (url.pathname === `${BASE}sign-in`) return await signIn(visit, services);
    if (url.pathname === CALLBACK) return await comeBack(visit, services);
    const asset = services.files.assets.get(url.pathname.slice(BASE.length));
    if (asset !== undefined) {
      const isGzip = /\bgzip\b/.test(request.headers.get('accept-encoding') ?? '');
      const headers = {
        ...fileHeaders(url.host),
        'content-type': asset.type,
        'cache-control': YEAR,
        vary: 'accept-encoding',
        ...(isGzip ? { 'content-encoding': 'gzip' } : {}),
      };
      return new Response(new Uint8Array(isGzip ? asset.gzip : asset.bytes), { headers });
    }
    return isPage(url.pathname) ? page(url, services) : refused(404);
  } catch (error) {
    if (!(error instanceof GatewayError)) services.log.error('the console could not answer', said(error));
    return problemResponse(error);
  }
}

/** Paths of pages hold no dot: a file that is not there is not answered by a page. */
function isPage(path: string): boolean {
  return /^\/console\/[\w/%~-]*$/.test(path);
}

function page(url: URL, { files }: ConsoleServices): Response {
  const nonce = randomBytes(16).toString('base64url');
  return new Response(files.page.replaceAll(NONCE_PLACE, nonce), {
    headers: { ...pageHeaders(nonce, url.host), 'content-type': 'text/html; charset=utf-8' },
  });
}

async function signIn({ url }: Visit, services: ConsoleServices): Promise<Response> {
  try {
    const to = url.searchParams.get('to') ?? '';
    const page = isPage(to.split('?', 1)[0] ?? '') && /^[\x21-\x7e]{1,1024}$/.test(to) ? to : BASE;
    const start = await beginSignIn(page, `https://${url.host}${CALLBACK}`, services);
    const cookie = { maxAgeSeconds: start.maxAgeSeconds, sameSite: 'Lax' } as const;
    return goTo(start.url, [writeCookie(SIGN_IN_COOKIE, start.sealed, cookie)]);
  } catch (error) {
    return notSignedIn(error, services);
  }
}

/** A session begins with a word of its own, whatever the browser brought: nobody is signed in with a word of others. */
async function comeBack({ request, url, connection }: Visit, services: ConsoleServices): Promise<Response> {
  const cookies = request.headers.get('cookie') ?? undefined;
  try {
    const sealed = readCookie(cookies, SIGN_IN_COOKIE);
    const { token, principal, to } = await finishSignIn(
      url.searchParams,
      sealed,
      connection.remoteAddress,
      services,
    );
    await services.audit.append([
      {
        type: 'api.access',
        principal,
        sourceAddress: connection.remoteAddress,
        method: 'GET',
        route: CALLBACK,
        outcome: 'permit',
        details: {},
      },
    ]);
    services.sessions.end(readCookie(cookies, SESSION_COOKIE));
    const { word, maxAgeSeconds } = services.sessions.begin(token, principal);
    return goTo(to, [
      writeCookie(SESSION_COOKIE, word, { maxAgeSeconds, sameSite: 'Strict' }),
      clearCookie(SIGN_IN_COOKIE),
    ]);
  } catch (error) {
    return notSignedIn(error, services);
  }
}

/** People get a page that says why, by a code: no text of others is in it. */
function notSignedIn(error: unknown, { log }: ConsoleServices): Response {
  const code = error instanceof GatewayError ? error.code : 'ERR_CONSOLE_SIGN_IN_TOKEN';
  log.warn('somebody could not sign in at the console', said(error));
  return goTo(`${BASE}signed-out?because=${encodeURIComponent(code)}`, [clearCookie(SIGN_IN_COOKIE)]);
}

function said(error: unknown): { readonly code: string; readonly reason: string } {
  return {
    code: error instanceof GatewayError ? error.code : 'ERR_INTERNAL',
    reason: error instanceof Error ? error.message : String(error),
  };
}

function signOut({ request }: Visit, { sessions }: ConsoleServices): Response {
  if (request.method !== 'POST') return refused(405);
  sessions.end(readCookie(request.headers.get('cookie') ?? undefined, SESSION_COOKIE));
  return new Response(null, {
    status: 204,
    headers: { ...fileHeaders('localhost'), 'set-cookie': clearCookie(SESSION_COOKIE) },
  });
}

function goTo(location: string, cookies: readonly string[] = []): Response {
  const headers = new Headers({ ...fileHeaders('localhost'), location, 'cache-control': 'no-store' });
  for (const cookie of cookies) headers.append('set-cookie', cookie);
  return new Response(null, { status: 303, headers });
}

function refused(status: 404 | 405): Response {
  return new Response(null, { status, headers: fileHeaders('localhost') });
}
