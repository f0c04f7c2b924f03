/** Requests of the console's pages to the API: the cookie becomes the token that it stands for. */
import type { ApiConnection } from '../api/api-services.ts';
import { problemResponse } from '../api/problem-response.ts';
import type { BrowserSessions } from './browser-sessions.ts';
import { clearCookie, readCookie, SESSION_COOKIE } from './cookies.ts';
import { ConsoleError } from './errors.ts';

/** Only scripts of the same origin can send it without asking first (Fetch standard, CORS-safelisted headers). */
export const CONSOLE_HEADER = 'x-sallyport-console';

/** What of a request goes on to the API. */
const PASSED_HEADERS = ['host', 'origin', 'accept', 'content-type', 'content-length', 'last-event-id'];

/**
 * Asks the API for whoever is signed in.
 * @param prefix what stands before the API's own path
 */
export async function askAsBrowser(
  visit: { readonly request: Request; readonly url: URL; readonly connection: ApiConnection },
  prefix: string,
  { sessions, api }: Asked,
): Promise<Response> {
  const { request, url, connection } = visit;
  const site = request.headers.get('sec-fetch-site');
  if (request.headers.get(CONSOLE_HEADER) !== '1' || (site !== null && site !== 'same-origin')) {
    throw new ConsoleError(
      'ERR_CONSOLE_FORGED',
      'this request was not sent by the console; programs use the API with a token',
    );
  }
  const word = readCookie(request.headers.get('cookie') ?? undefined, SESSION_COOKIE);
  const token = sessions.tokenOf(word);
  if (token === undefined) return signedOut();
  const headers = new Headers({ authorization: `Bearer ${token}` });
  for (const name of PASSED_HEADERS) {
    const value = request.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  const { method } = request;
  const body = method === 'GET' || method === 'HEAD' ? null : request.body;
  const target = new URL(url);
  target.pathname = url.pathname.slice(prefix.length);
  const init = { method, headers, body, ...(body === null ? {} : { duplex: 'half' }) };
  const answer = await api(new Request(target, init as RequestInit), connection);
  // The token does not count any more: neither does what stands for it.
  if (answer.status === 401) sessions.end(word);
  return answer;
}

/** What is asked, and for whom. */
interface Asked {
  readonly sessions: BrowserSessions;
  readonly api: (request: Request, connection: ApiConnection) => Response | Promise<Response>;
}

function signedOut(): Response {
  const response = problemResponse(
    new ConsoleError('ERR_CONSOLE_SIGNED_OUT', 'you are not signed in at the console, or not any more'),
  );
  response.headers.append('set-cookie', clearCookie(SESSION_COOKIE));
  response.headers.delete('www-authenticate');
  return response;
}
