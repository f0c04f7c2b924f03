/** People at the console of a test gateway: each signs in as whoever the test says, in a real Chromium. */
import { buildConsole } from '../../../console/build/build-console.ts';
import { openConsoleBrowser, type Visitor } from './console-browser.ts';
import type { TokenClaims } from './issuer.ts';
import { LOGIN_CLIENT } from './login-desk.ts';
import type { StartedGateway } from './running-gateway.ts';

/** Shorter than a test: what does not come says so itself. */
const PATIENCE_MS = 20_000;

/** For the option `api` of a test gateway: its console, and who reads there. */
export const CONSOLE_API: Readonly<Record<string, unknown>> = {
  console: { login: { clientId: LOGIN_CLIENT } },
  groups: { viewers: ['viewers'], auditors: ['auditors'], admins: ['admins'] },
};

/** A browser for some people. */
export interface ConsolePeople extends AsyncDisposable {
  /** Base of the pages, with a slash at its end. */
  readonly url: string;
  /** Somebody signs in, and sees the first page. */
  signIn(claims: TokenClaims): Promise<Visitor>;
}

/** The pages have to be built before a gateway with a console starts. */
export async function ensureConsoleBuilt(): Promise<void> {
  await buildConsole();
}

/** Opens a browser. @param chromium path of the program; @param gateway started with {@link CONSOLE_API} */
export async function openConsolePeople(chromium: string, gateway: StartedGateway): Promise<ConsolePeople> {
  const url = new URL('/console/', gateway.api).href;
  const browser = await openConsoleBrowser(chromium, url, gateway.caFile);
  return {
    url,
    async signIn(claims) {
      const visitor = await browser.visit();
      visitor.page.setDefaultTimeout(PATIENCE_MS);
      gateway.issuer.logins.browser = { client_id: LOGIN_CLIENT, ...claims };
      await visitor.page.goto(url);
      await visitor.page.getByRole('link', { name: 'Sign in' }).click();
      await visitor.page.getByRole('navigation', { name: 'Parts of the console' }).waitFor();
      return visitor;
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
}
