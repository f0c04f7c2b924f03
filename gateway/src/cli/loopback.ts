/** A login in a browser: the page is opened, and what it comes back with is waited for on loopback (RFC 8252 section 7.3). */
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { CliError } from './errors.ts';

/** Waits for one redirect. */
export interface Loopback extends AsyncDisposable {
  readonly redirectUri: string;
  /** The query of the redirect that has this state; others are told off and change nothing. */
  callback(state: string, timeoutMs: number): Promise<URLSearchParams>;
}

const PAGE = 'Logged in. This window can be closed.\n';

/** Listens on a port of 127.0.0.1 that nobody else may reach. */
export async function openLoopback(): Promise<Loopback> {
  const came = Promise.withResolvers<URLSearchParams>();
  let wanted: string | undefined;
  const server = createServer((request, response) => {
    const url = URL.parse(request.url ?? '', 'http://127.0.0.1');
    const isIt =
      request.method === 'GET' &&
      url?.pathname === '/callback' &&
      wanted !== undefined &&
      url.searchParams.get('state') === wanted;
    response.writeHead(isIt ? 200 : 404, { 'content-type': 'text/plain', connection: 'close' });
    response.end(isIt ? PAGE : 'nothing is here\n');
    if (isIt) came.resolve(url.searchParams);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    redirectUri: `http://127.0.0.1:${port}/callback`,
    async callback(state, timeoutMs) {
      wanted = state;
      const late = setTimeout(
        () =>
          came.reject(new CliError('ERR_CLI_USAGE', 'nobody logged in in time; try again, or with --device')),
        timeoutMs,
      );
      try {
        return await came.promise;
      } finally {
        clearTimeout(late);
      }
    },
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
    },
  };
}

/** Whether a browser is at hand: a desktop, and nobody who came over SSH. */
export function hasBrowser(): boolean {
  const { env, platform } = process;
  if (env['SSH_CONNECTION'] !== undefined) return false;
  return platform === 'darwin' || env['DISPLAY'] !== undefined || env['WAYLAND_DISPLAY'] !== undefined;
}

/** Opens a page, if it can. The URL is an argument and no text of a shell. */
export function openBrowser(url: string): void {
  const program = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const child = spawn(program, [url], { stdio: 'ignore', detached: true });
  child.once('error', () => undefined);
  child.unref();
}
