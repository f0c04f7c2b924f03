/** People at the console: a real Chromium that trusts the gateway's own certificate, and counts what its pages break. */
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { verifiedKey } from './pinned-key.ts';

/** Somebody with a browser. */
export interface Visitor {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Violations of the content security policy, errors of scripts, answers with 500: must be empty. */
  readonly trouble: readonly string[];
}

/** A browser for some people, each with cookies of their own. */
export interface ConsoleBrowser {
  visit(options?: {
    readonly colorScheme?: 'light' | 'dark';
    readonly viewport?: { readonly width: number; readonly height: number };
  }): Promise<Visitor>;
  close(): Promise<void>;
}

/** Flags without which a headless Chromium in a closed network talks to places that are not there. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** @param executablePath of Chromium; @param url of the console; @param ca file of the gateway's CA */
export async function openConsoleBrowser(
  executablePath: string,
  url: string,
  ca: string,
): Promise<ConsoleBrowser> {
  const key = await verifiedKey(new URL(url), ca);
  const browser: Browser = await chromium.launch({
    executablePath,
    args: [...FLAGS, `--ignore-certificate-errors-spki-list=${key}`],
  });
  return {
    async visit(options = {}) {
      const context = await browser.newContext({
        viewport: { width: 1360, height: 900 },
        reducedMotion: 'reduce',
        ...options,
      });
      const page = await context.newPage();
      const trouble: string[] = [];
      page.setDefaultTimeout(60_000);
      page.on('pageerror', (error) => trouble.push(`error: ${error.message}`));
      page.on('response', (response) => {
        if (response.status() >= 500) trouble.push(`${response.status()} ${response.url()}`);
      });
      page.on('console', (message) => {
        const text = message.text();
        if (/Content Security Policy|Trusted|Refused to/i.test(text)) trouble.push(text);
      });
      return { context, page, trouble };
    },
    close: () => browser.close(),
  };
}

/** Signs in with name and password at the identity provider, and comes back. */
export async function signIn(
  page: Page,
  url: string,
  { name, password }: { readonly name: string; readonly password: string },
): Promise<void> {
  await page.goto(url);
  await page.getByRole('link', { name: 'Sign in' }).click();
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Parts of the console' }).waitFor();
}
