/** The sign-in page of the demo: one form, no script, no outside resource. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import type { Directory } from './directory.ts';

const MAX_BODY_BYTES = 4_096;

/** Answers `/login/<uid>`; false when the request is for something else. */
export async function handleLogin(
  provider: Provider,
  directory: Directory,
  exchange: { readonly request: IncomingMessage; readonly response: ServerResponse },
): Promise<boolean> {
  const { request, response } = exchange;
  if (!/^\/login\/[\w-]+$/u.test(request.url ?? '')) return false;
  // Throws unless the browser holds the cookie of this very interaction, which also stops cross-site requests.
  const details = await provider.interactionDetails(request, response).catch(() => undefined);
  if (details === undefined || details.prompt.name !== 'login') {
    sendPage(response, 400, 'This sign-in has expired. Go back and start again.', request.url ?? '');
  } else if (request.method === 'GET') {
    sendPage(response, 200, '', request.url ?? '');
  } else if (request.method === 'POST') {
    const form = new URLSearchParams(await readBody(request));
    const person = directory.people.find(({ login }) => login === form.get('login'));
    if (person === undefined || !isEqual(person.password, form.get('password') ?? '')) {
      sendPage(response, 401, 'Name or password is wrong.', request.url ?? '');
    } else {
      await provider.interactionFinished(request, response, { login: { accountId: person.login } });
    }
  } else {
    sendPage(response, 405, 'Only GET and POST work here.', request.url ?? '');
  }
  return true;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return '';
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function isEqual(left: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}

/** `action` holds only word characters and slashes, `message` is ours: nothing in the page needs escaping. */
function sendPage(response: ServerResponse, status: number, message: string, action: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
  });
  response.end(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Sign in to the Sallyport demo</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 20rem; margin: 15vh auto; padding: 0 1rem; }
  label, input, button { display: block; width: 100%; box-sizing: border-box; font: inherit; }
  input, button { margin: .25rem 0 1rem; padding: .5rem; }
</style>
<main>
  <h1>Sign in</h1>
  <p role="alert">${message}</p>
  <form method="post" action="${action}">
    <label>Name <input name="login" autocomplete="username" required autofocus></label>
    <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
    <button>Sign in</button>
  </form>
</main>
</html>
`);
}
